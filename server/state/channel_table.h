// Channels. Used by the writer thread inside its transaction; readers have
// functions of their own below.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/effects.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor {

// How long a deleted channel's id stays taken: as long as Meta may still
// deliver its webhooks (36 h), twice.
inline constexpr std::int64_t kChannelIdRestMs = 72LL * 60 * 60 * 1000;

class ChannelTable {
 public:
  explicit ChannelTable(Database& database) : database_(database) {}

  absl::StatusOr<ChannelAnswer> Create(const journal::CreateChannel& record,
                                       const LogState& state);
  absl::StatusOr<ChannelAnswer> Update(const journal::UpdateChannel& record);
  // The channel's events are not newer than `state` is.
  absl::StatusOr<ChannelAnswer> Delete(const journal::DeleteChannel& record,
                                       std::int64_t time_ms,
                                       const LogState& state);
  absl::StatusOr<bool> IsLive(std::int64_t channel_no);
  // What is kept in memory of the table may be wrong now: after a rollback.
  void ForgetCached() { live_.reset(); }

 private:
  absl::StatusOr<std::optional<ChannelAnswer>> FindCreation(
      const journal::CreateChannel& record);
  absl::StatusOr<std::optional<ChannelRow>> FindLive(std::string_view id);
  absl::StatusOr<bool> IsIdTaken(std::string_view id, const LogState& state);
  // The live channel, other than `no`, that has one of the ids as its account
  // or page.
  absl::StatusOr<std::optional<std::string>> FindOwner(
      const journal::ChannelBody& body, std::int64_t no);

  Database& database_;
  // The numbers of the live channels, which every item asks for; read when they
  // are asked for.
  std::optional<absl::flat_hash_set<std::int64_t>> live_;
};

// ---- For readers, on their own connection -----------------------------------

// All live channels, by id.
absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(Database& database);

// Whether a channel of that id was deleted so lately that its events may still
// be stored.
absl::StatusOr<bool> MayHaveStoredEvents(Database& database,
                                         std::string_view deleted_channel_id);

}  // namespace linktor
