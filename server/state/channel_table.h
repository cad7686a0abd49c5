// This is the table of channels. The Applier (applier.h) calls ChannelTable on
// the applying thread (the only thread that writes the database), inside that
// thread's transaction. Readers call the functions at the end of this file. A
// refusal is an answer (effects.h) and not an error. Every error comes from the
// database, and then the transaction is rolled back.

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

// The id of a deleted channel cannot be used again for this many milliseconds.
// Meta may still deliver webhooks of the channel for 36 h, and this is twice as
// long.
inline constexpr std::int64_t kChannelIdRestMs = 72LL * 60 * 60 * 1000;

// Channels change rarely, so each call prepares its SQL statements anew.
class ChannelTable {
 public:
  // `database` must outlive this object.
  explicit ChannelTable(sqlite::Database& database) : database_(database) {}

  // Stores a channel at revision 1. It looks for a refusal in this order:
  // - it answers kReplayed or kReused when the request id was used before;
  // - it answers kIdTaken when the id is in use, or was in use within the last
  //   kChannelIdRestMs, measured by the expiry time (expiry.h) in `state`;
  // - it answers kAccountTaken when another channel has the account or the
  //   page.
  absl::StatusOr<ChannelAnswer> Create(const journal::CreateChannel& record,
                                       const LogState& state);
  // Replaces the body of a channel. It answers kNotFound when there is no such
  // live channel, and kChanged when the revision is not the expected one. It
  // answers kAccountTaken when another channel has the account or the page.
  absl::StatusOr<ChannelAnswer> Update(const journal::UpdateChannel& record);
  // Marks the channel as deleted and removes its sealed (encrypted) fields. The
  // row stays, so that the id stays taken for a while and the channel's last
  // events can be read. The row also gets the sequence of the last event of the
  // log, so that MayHaveStoredEvents can tell whether events of the channel are
  // left. `state` has this sequence. If the record has an event about the
  // deletion, the row gets the next sequence, because that event will have it.
  // It answers kNotFound when there is no live channel with the id. It answers
  // kChanged when the record expects a revision and the channel has another
  // one.
  absl::StatusOr<ChannelAnswer> Delete(const journal::DeleteChannel& record,
                                       std::int64_t time_ms,
                                       const LogState& state);
  // Returns whether the channel exists and is not deleted. It reads the table
  // in the first call, and then only after a channel was created or deleted, or
  // after ForgetCached.
  absl::StatusOr<bool> IsLive(std::int64_t channel_no);
  // Notes that everything that is stored of the channel is being erased.
  // Returns false when this was noted before.
  absl::StatusOr<bool> MarkErased(std::int64_t channel_no);
  // Returns whether the channel is deleted and MarkErased was called for it.
  absl::StatusOr<bool> IsErased(std::int64_t channel_no);
  // Forgets what this object keeps in memory of the table. It is called after a
  // rollback, because the memory may be wrong then.
  void ForgetCached() { live_.reset(); }

 private:
  // Looks for a channel that the same request id has created. It answers
  // kReplayed with that channel. It answers kReused when the fingerprint of the
  // request is different, or when the channel is deleted. It returns nullopt
  // when there is no such channel, or when the record has no request id.
  absl::StatusOr<std::optional<ChannelAnswer>> FindCreation(
      const journal::CreateChannel& record);
  absl::StatusOr<std::optional<ChannelRow>> FindLive(std::string_view id);
  // Returns whether the id is taken. It is taken by a live channel, or by a
  // channel that was deleted less than kChannelIdRestMs ago. The expiry time
  // measures how long ago that was.
  absl::StatusOr<bool> IsIdTaken(std::string_view id, const LogState& state);
  // Returns the id of a live channel that has the account or the page of `body`
  // as its own account or page. It does not look at the channel `no` itself.
  absl::StatusOr<std::optional<std::string>> FindOwner(
      const journal::ChannelBody& body, std::int64_t no);

  sqlite::Database& database_;
  // It has the numbers of the live channels. They are in memory because every
  // item of a webhook asks for them. It is nullopt until IsLive has read them.
  std::optional<absl::flat_hash_set<std::int64_t>> live_;
};

// ---- For readers, on their own connection -----------------------------------

// Returns all live channels, sorted by id.
absl::StatusOr<std::vector<ChannelRow>> ReadLiveChannels(
    sqlite::Database& database);

// Returns the numbers of the channels that have or had that id; see
// StateReader::ChannelNumbers.
absl::StatusOr<std::vector<std::int64_t>> ReadChannelNumbers(
    sqlite::Database& database, std::string_view channel_id);

// Returns whether a channel with that id was deleted so recently that its
// events may still be stored.
absl::StatusOr<bool> MayHaveStoredEvents(sqlite::Database& database,
                                         std::string_view deleted_channel_id);

}  // namespace linktor::state
