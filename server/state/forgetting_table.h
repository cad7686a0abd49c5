// Takes erased people out of rows. When a person is erased, their keys are
// destroyed at once, so that nothing of theirs can be read any more, and so is
// all that a new conversation with them would be mixed up with. But there may
// be more events about them than one record may change. A Forgetting is what is
// left to do, and has a row of its own until it is done.
//
// The rows of events and sends stay, without the person and without content:
// cursors, duplicates and request ids depend on them. All else goes.
//
// The Applier calls it on the applying thread, inside that thread's transaction
// (apply_forget.cc). An error is the database's.

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
  // It is 0 until Save has numbered it.
  std::int64_t no = 0;
  std::int64_t channel_no = 0;
  // An empty one stands for everybody whom the channel knew.
  std::string user_id;
  // Later events about the person are of another conversation, which began
  // afterwards. It does not count for a channel, which gets no more webhooks.
  std::int64_t through_seq = 0;
  // This is the event of the person to clean next; 0 when none is left. Of a
  // channel it is the last event that was looked at.
  std::int64_t next_seq = 0;
};

// People are erased rarely, so statements are prepared anew in each call.
class ForgettingTable {
 public:
  // `database` must outlive this.
  explicit ForgettingTable(sqlite::Database& database) : database_(database) {}

  // Returns whether all of that channel is being erased.
  absl::StatusOr<bool> HasChannel(std::int64_t channel_no);
  // Returns the forgettings that are not done, at most `limit`: those of people
  // first, because one of a channel may take long, and then the oldest first.
  absl::StatusOr<std::vector<Forgetting>> Oldest(int limit);
  // Stores how far it has come, and numbers it the first time.
  absl::Status Save(Forgetting& forgetting);
  absl::Status Remove(const Forgetting& forgetting);

  // Returns at most `limit` keys of that person; with an empty person, of the
  // whole channel, its own included.
  absl::StatusOr<std::vector<std::int64_t>> KeysOf(const Forgetting& of,
                                                   int limit);

  // An EventRow is as much of an event as tells what else is to be erased.
  struct EventRow {
    std::int64_t before_seq = 0;
    RawId mid_key;
  };
  // Returns nothing when the event is deleted.
  absl::StatusOr<std::optional<EventRow>> ReadEvent(std::int64_t seq);
  // Returns the first `limit` events of the channel, after `after_seq` and up
  // to `through_seq`, that tell of people or have content.
  absl::StatusOr<std::vector<std::int64_t>> EventsOf(std::int64_t channel_no,
                                                     std::int64_t after_seq,
                                                     std::int64_t through_seq,
                                                     int limit);
  // Takes the person out of the event's row, and says there that it was erased.
  // Its content must have been overwritten before, because the row is resized.
  absl::Status ForgetEvent(std::int64_t seq);

  // A Send is a row of the table of sends with the numbers of its contents; a
  // number is 0 where there is none.
  struct Send {
    std::int64_t no = 0;
    std::array<std::int64_t, 3> contents{};
  };
  // Returns at most `limit` sends, but none that is PENDING.
  absl::StatusOr<std::vector<Send>> SendsOf(const Forgetting& of, int limit);
  // Takes the person, the mid and the hash of the content out of the row. A
  // request id stays, so that it sends nothing again, unless the send FAILED.
  absl::Status ForgetSend(std::int64_t no);
  // Returns whether a send to anybody of the channel is PENDING.
  absl::StatusOr<bool> HasPending(std::int64_t channel_no);

  // Deletes at most `limit` echoes that wait for a send, or for the end of one,
  // and as many calls that the quota counts, and overwrites at most `limit`
  // items as received to which no event leads. Returns the greatest of these
  // numbers.
  absl::StatusOr<int> ForgetRest(const Forgetting& of, int limit);

 private:
  // Deletes at most `limit` calls that the quota counts, and returns how many.
  absl::StatusOr<std::int64_t> ForgetCalls(const Forgetting& of, int limit);
  // Returns the numbers that a statement selects with LINKTOR_OF_PEOPLE and a
  // limit.
  absl::StatusOr<std::vector<std::int64_t>> Select(const char* sql,
                                                   const Forgetting& of,
                                                   int limit);
  // Runs a statement of one number.
  absl::Status Run(const char* sql, std::int64_t no);

  sqlite::Database& database_;
};

// Returns whether any forgetting is not done. It is for readers, on their own
// connection.
absl::StatusOr<bool> HasForgetting(sqlite::Database& database);

}  // namespace linktor::state
