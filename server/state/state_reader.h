// Reads of the state, in the domain's terms. Each is one snapshot; they read
// the disk: call them on an executor. Thread-safe.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/read_pool.h"
#include "server/state/rows.h"

namespace linktor {

class StateReader final : public KeySource {
 public:
  // `pool` must outlive this.
  explicit StateReader(ReadPool& pool) : pool_(pool) {}

  // ---- Channels and API keys
  absl::StatusOr<std::vector<ChannelRow>> LiveChannels();
  // Whether a channel of that id was deleted so lately that its events may
  // still be stored.
  absl::StatusOr<bool> MayHaveStoredEvents(std::string_view channel_id);
  absl::StatusOr<std::vector<ApiKeyRow>> ApiKeys();

  // ---- Messages and conversations
  // `id` may also be that of an echo which turned out to be a send's.
  absl::StatusOr<std::optional<MessageRow>> MessageById(std::string_view id);
  absl::StatusOr<std::optional<MessageRow>> MessageByRequest(
      std::int64_t channel_no, std::string_view request_id);
  // Oldest first.
  absl::StatusOr<std::vector<MessageRow>> PendingMessages();
  absl::StatusOr<std::int64_t> CountUnconfirmed();
  // Empty but for its ids when nothing is known.
  absl::StatusOr<ConversationRow> Conversation(std::int64_t channel_no,
                                               std::string_view user_id);

  // ---- The log
  // The number of the oldest event that is kept; that of the next event while
  // none is.
  absl::StatusOr<std::int64_t> OldestSeq();
  // When the oldest event that is kept came, in ms since the epoch; 0 without
  // events.
  absl::StatusOr<std::int64_t> OldestEventMs();
  // See FirstSeqSince of event_table.h; with the oldest that is kept.
  struct Since {
    std::int64_t first_seq = 0;
    std::int64_t oldest_seq = 0;
  };
  absl::StatusOr<Since> EventsSince(std::int64_t time_ms,
                                    std::int64_t last_seq);

  // The number of the last erasure that is due in this data folder's files; 0
  // when none is.
  absl::StatusOr<std::int64_t> LastDueErasure();

  // ---- Data keys
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope& scope) override;
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) override;

 private:
  ReadPool& pool_;
};

}  // namespace linktor
