// This table has the items that wait for the message of their mid. An example
// is the edit with the number 0, which comes with every message. Such an item
// says nothing that its message does not say, so at first it has no event. When
// the message does not come, the item is all that is known of the message, and
// it becomes an event. The bytes as received are not stored here, because the
// item's event has the item's raw JSON, too. The Applier (applier.h) calls
// WaitingItemTable on the applying thread (the only thread that writes the
// database), inside that thread's transaction. Every error comes from the
// database.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"

namespace linktor::state {

// A WaitingItem is an item that was taken out of the table, with everything
// that its event needs.
struct WaitingItem {
  std::int64_t no = 0;
  // It is the time of the webhook's record, in ms since the epoch. The event
  // gets it as its receive time.
  std::int64_t receive_ms = 0;
  journal::WebhookItem item;
};

class WaitingItemTable {
 public:
  // `database` must outlive this object.
  explicit WaitingItemTable(sqlite::Database& database);

  // Adds an item. `state` gives it a number and counts it. Nothing is added
  // when another item waits for the same message already.
  absl::Status Add(const journal::WebhookItem& item, std::int64_t receive_ms,
                   LogState& state);
  // Removes the item that waits for the message with that mid, if there is one.
  // It first overwrites the item's content, so that nothing of it is left in
  // the page of the row.
  absl::Status Remove(std::string_view mid_key, LogState& state);
  // Removes at most `limit` items about that person in the same way. An empty
  // `user_id` stands for everybody of the channel. Returns how many it has
  // removed.
  absl::StatusOr<int> RemoveOf(std::int64_t channel_no,
                               std::string_view user_id, int limit,
                               LogState& state);
  // Takes out at most `limit` items whose age began at or before `born_ms`
  // (expiry.h), in the order in which their ages began. A row that cannot be
  // read is deleted, because it would hold up all other rows for ever. The list
  // has an entry with an empty item for such a row.
  absl::StatusOr<std::vector<WaitingItem>> TakeBorn(std::int64_t born_ms,
                                                    int limit, LogState& state);

 private:
  sqlite::Statement add_;
  sqlite::Statement find_;
  sqlite::Statement read_;
  sqlite::Statement of_person_;
  sqlite::Statement erase_;
  sqlite::Statement remove_;

  // Overwrites the row's content, and then deletes the row.
  absl::Status RemoveRow(std::int64_t no, LogState& state);
};

// Returns whether the age of any item began at or before `born_ms`. It may be
// called on any connection.
absl::StatusOr<bool> HasWaitingItem(sqlite::Database& database,
                                    std::int64_t born_ms);

}  // namespace linktor::state
