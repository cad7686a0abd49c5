// ForgettingTable removes erased people from rows. When a person is erased, one
// record destroys the person's data keys, so that nothing of the person can be
// read any more. The same record also cleans all rows of the person that are
// not events. Otherwise a new conversation with the person would be mixed up
// with these rows. But there may be more events about the person than one
// record may change. A Forgetting is the work that is left to do. It has a row
// of its own until the work is done.
//
// The rows of events and sends stay, without the person and without content,
// because cursors, the search for duplicates, and request ids depend on them.
// Items as received are overwritten. All other rows are deleted.
//
// The Applier (applier.h) calls ForgettingTable on the applying thread (the
// only thread that writes the database), inside that thread's transaction; see
// apply_forget.cc. Every error comes from the database.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"
#include "server/state/rows.h"

namespace linktor::state {

struct Forgetting {
  // It is 0 until Save gives it a number.
  std::int64_t no = 0;
  std::int64_t channel_no = 0;
  // An empty id stands for everybody whom the channel knew.
  std::string user_id;
  // Later events about the person belong to another conversation, which began
  // after the erasure. The field means nothing when a whole channel is erased,
  // because an erased channel gets no more webhooks.
  std::int64_t through_seq = 0;
  // For a person, this is the event to clean next; it is 0 when none is left.
  // For a channel, it is the last event that was looked at.
  std::int64_t next_seq = 0;
};

// People are erased rarely, so each call prepares its SQL statements anew.
class ForgettingTable {
 public:
  // `database` must outlive this object.
  explicit ForgettingTable(sqlite::Database& database) : database_(database) {}

  // Returns whether everything of that channel is being erased.
  absl::StatusOr<bool> HasChannel(std::int64_t channel_no);
  // Returns at most `limit` forgettings that are not done; -1 means all of
  // them. The forgettings of people come before the forgettings of channels,
  // because a channel may take long. Within each group they are in the order of
  // their numbers.
  absl::StatusOr<std::vector<Forgetting>> Oldest(int limit);
  // Stores how far the work has come. The first call gives the forgetting a
  // number.
  absl::Status Save(Forgetting& forgetting);
  absl::Status Remove(const Forgetting& forgetting);

  // Returns the ids of at most `limit` data keys of the person. When `of` is a
  // whole channel, it returns data keys of all its people and of the channel
  // itself.
  absl::StatusOr<std::vector<std::int64_t>> KeysOf(const Forgetting& of,
                                                   int limit);

  // An EventRow is the part of an event's row that says what else must be
  // erased.
  struct EventRow {
    std::int64_t before_seq = 0;
    RawId mid_key;
  };
  // Returns nullopt when the event is deleted.
  absl::StatusOr<std::optional<EventRow>> ReadEvent(std::int64_t seq);
  // Returns the first `limit` events of the channel that name a person or have
  // content. It looks at the events after `after_seq` and up to `through_seq`.
  absl::StatusOr<std::vector<std::int64_t>> EventsOf(std::int64_t channel_no,
                                                     std::int64_t after_seq,
                                                     std::int64_t through_seq,
                                                     int limit);
  // Removes the person from the event's row, and marks the event as erased. The
  // content must have been overwritten before, because this call resizes the
  // row: SQLite may leave parts of a resized row in its pages.
  absl::Status ForgetEvent(std::int64_t seq);

  // A Send has the number of a send's row and the numbers of its contents. A
  // number is 0 where there is no content.
  struct Send {
    std::int64_t no = 0;
    std::array<std::int64_t, 3> contents{};
  };
  // Returns at most `limit` sends, but none that is PENDING, because the
  // outcome of a PENDING send is still to come.
  absl::StatusOr<std::vector<Send>> SendsOf(const Forgetting& of, int limit);
  // Removes the person, the mid and the hash of the content from the row. The
  // request id stays, so that a repeated request does not send the message
  // again. A FAILED send loses its request id, too, because nobody has its
  // message.
  absl::Status ForgetSend(std::int64_t no);
  // Returns whether any send of the channel is PENDING.
  absl::StatusOr<bool> HasPending(std::int64_t channel_no);

  // Cleans the rows of other kinds, at most `limit` of each kind. It deletes
  // held echoes, echoes that belong to no send so far, and calls that the quota
  // counts. It overwrites items as received that no event leads to. Returns the
  // greatest number of rows of one kind.
  absl::StatusOr<int> ForgetRest(const Forgetting& of, int limit);

 private:
  // Deletes at most `limit` calls that the quota counts, and returns how many.
  absl::StatusOr<std::int64_t> ForgetCalls(const Forgetting& of, int limit);
  // Returns the numbers that a statement selects. The statement has the
  // condition LINKTOR_OF_PEOPLE (forgetting_table.cc) and a limit.
  absl::StatusOr<std::vector<std::int64_t>> Select(const char* sql,
                                                   const Forgetting& of,
                                                   int limit);
  // Runs a statement whose only parameter is `no`.
  absl::Status Run(const char* sql, std::int64_t no);

  sqlite::Database& database_;
};

// Returns whether any forgetting is not done. Readers call it on their own
// connection.
absl::StatusOr<bool> HasForgetting(sqlite::Database& database);

}  // namespace linktor::state
