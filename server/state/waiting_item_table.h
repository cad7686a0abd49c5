// This table has the items that wait for the message of their mid. Such an item
// says nothing that its message does not say, so it has no event; when the
// message does not come, the item is all that is known of it and becomes an
// event. The raw bytes of an item are left out, because the event has them. The
// Applier calls this on the applying thread, inside that thread's transaction.
// An error is the database's.

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

// A WaitingItem is one that was taken out, with all that its event needs.
struct WaitingItem {
  std::int64_t no = 0;
  // It is the time of the webhook's record, in ms since the epoch; the event
  // gets it as its own.
  std::int64_t receive_ms = 0;
  journal::WebhookItem item;
};

class WaitingItemTable {
 public:
  // `database` must outlive this.
  explicit WaitingItemTable(sqlite::Database& database);

  // Adds an item, which `state` numbers and counts. It adds nothing when
  // another one waits for the same message already.
  absl::Status Add(const journal::WebhookItem& item, std::int64_t receive_ms,
                   LogState& state);
  // Removes the item that waits for the message of that mid, if there is one,
  // and leaves nothing of its content in its page.
  absl::Status Remove(std::string_view mid_key, LogState& state);
  // Removes at most `limit` items about that person in the same way, or about
  // anybody of the channel where the person is empty. Returns how many.
  absl::StatusOr<int> RemoveOf(std::int64_t channel_no,
                               std::string_view user_id, int limit,
                               LogState& state);
  // Takes out at most `limit` items that were born at or before `born_ms`, in
  // the order in which they came. A row that cannot be read is deleted, because
  // it would hold up all others for ever; its place in the list has no item.
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

// Returns whether an item was born at or before `born_ms`, on any connection.
absl::StatusOr<bool> HasWaitingItem(sqlite::Database& database,
                                    std::int64_t born_ms);

}  // namespace linktor::state
