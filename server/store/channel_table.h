// Channels, and the data keys of all that is sealed.
// Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

// How long a deleted channel's id stays taken: as long as Meta may still
// deliver its webhooks (36 h), twice.
inline constexpr std::int64_t kChannelIdRestMs = 72LL * 60 * 60 * 1000;

class ChannelTable {
 public:
  explicit ChannelTable(Database& database);

  absl::StatusOr<ChannelOutcome> Create(const CreateChannelRecord& record);
  absl::StatusOr<ChannelOutcome> Update(const UpdateChannelRecord& record);
  // `last_seq`: of the newest event, which is the last it can have.
  absl::StatusOr<ChannelOutcome> Delete(const DeleteChannelRecord& record,
                                        std::int64_t last_seq);
  absl::StatusOr<bool> IsLive(std::int64_t channel_no);
  // What is kept in memory of the table may be wrong now: after a rollback.
  void ForgetCached() { live_.reset(); }

  absl::Status AddKey(const NewKey& key);

 private:
  absl::StatusOr<std::optional<ChannelRow>> FindLive(std::string_view id);
  // The live channel, other than `no`, that has one of the ids as its account
  // or page.
  absl::StatusOr<std::optional<std::string>> FindOwner(
      const v1::Channel& channel, std::int64_t no);

  Database& database_;
  // Asked of every item. The numbers of the live channels; read when asked for.
  std::optional<absl::flat_hash_set<std::int64_t>> live_;
  Statement add_key_;
};

// All live channels, by id.
absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(Database& database);

// Whether a channel of that id was deleted so lately that its events may still
// be stored. For readers, on their own connection.
absl::StatusOr<bool> MayHaveStoredEvents(Database& database,
                                         std::string_view deleted_channel_id);

}  // namespace linktor
