// The table of channels. The Applier calls it on the applying thread, inside
// that thread's transaction; readers have functions of their own below.
// Refusals are answers. An error is the database's, and then the transaction is
// rolled back.

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

namespace linktor::state {

// A deleted channel's id stays taken for so long, in milliseconds: twice the
// 36 h for which Meta may still deliver its webhooks.
inline constexpr std::int64_t kChannelIdRestMs = 72LL * 60 * 60 * 1000;

// Channels change rarely, so statements are prepared anew in each call.
class ChannelTable {
 public:
  // `database` must outlive this.
  explicit ChannelTable(sqlite::Database& database) : database_(database) {}

  // Stores a channel at revision 1. Answers, in this order, kReplayed or
  // kReused when the request id was used before; kIdTaken; kAccountTaken.
  // `state` tells the expiry time, by which the rest of a deleted id is
  // measured.
  absl::StatusOr<ChannelAnswer> Create(const journal::CreateChannel& record,
                                       const LogState& state);
  // Replaces the body. Answers kNotFound; kChanged when the revision is not the
  // expected one; kAccountTaken.
  absl::StatusOr<ChannelAnswer> Update(const journal::UpdateChannel& record);
  // Marks the channel as deleted and removes what is sealed of it. The row
  // stays, so that its id rests and its last events can be read. `state` tells
  // the last event: one more, which the record has, tells of the deletion.
  // Answers kNotFound; kChanged when a revision is expected and this is
  // another.
  absl::StatusOr<ChannelAnswer> Delete(const journal::DeleteChannel& record,
                                       std::int64_t time_ms,
                                       const LogState& state);
  // Returns whether the channel exists and is not deleted. It reads the table
  // only the first time after a change.
  absl::StatusOr<bool> IsLive(std::int64_t channel_no);
  // Notes that all that is stored of the channel is being erased. Returns false
  // when that was noted before.
  absl::StatusOr<bool> MarkErased(std::int64_t channel_no);
  // Returns whether that was noted.
  absl::StatusOr<bool> IsErased(std::int64_t channel_no);
  // Forgets what is kept in memory of the table. After a rollback it may be
  // wrong.
  void ForgetCached() { live_.reset(); }

 private:
  // Looks for a channel that the same request id has created. Answers kReplayed
  // with it; kReused when the fingerprint is another or the channel is deleted;
  // nothing when there is none or the record has no request id.
  absl::StatusOr<std::optional<ChannelAnswer>> FindCreation(
      const journal::CreateChannel& record);
  absl::StatusOr<std::optional<ChannelRow>> FindLive(std::string_view id);
  // Returns whether a live channel has the id, or one that was deleted less
  // than kChannelIdRestMs ago by the expiry time.
  absl::StatusOr<bool> IsIdTaken(std::string_view id, const LogState& state);
  // Returns the id of the live channel, other than `no`, that has one of the
  // body's ids as its account or page.
  absl::StatusOr<std::optional<std::string>> FindOwner(
      const journal::ChannelBody& body, std::int64_t no);

  sqlite::Database& database_;
  // It has the numbers of the live channels. Every item of a webhook asks for
  // them, so they are in memory; it is not set until IsLive has read them.
  std::optional<absl::flat_hash_set<std::int64_t>> live_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns all live channels, sorted by id.
absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(
    sqlite::Database& database);

// Returns the numbers of the channels that have or had that id; see
// StateReader.
absl::StatusOr<std::vector<std::int64_t>> ReadChannelNumbers(
    sqlite::Database& database, std::string_view channel_id);

// Returns whether a channel of that id was deleted so lately that its events
// may still be stored.
absl::StatusOr<bool> MayHaveStoredEvents(sqlite::Database& database,
                                         std::string_view deleted_channel_id);

}  // namespace linktor::state
