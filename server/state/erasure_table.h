// Erases content: it writes zeros of the same length over every copy of a
// message's content, and destroys keys (ADR 16). It has no table of its own.
// The Applier calls it on the applying thread, inside that thread's
// transaction, for an Erase record and for an unsend. The bytes are still in
// the files until a checkpoint; ErasureWorker sees to that. An error is the
// database's.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/sqlite/statement.h"
#include "server/state/rows.h"

namespace linktor::state {

// Nothing here resizes a row that has sealed content: zeros in place are the
// only way to leave no copy of it in SQLite's pages.
class ErasureTable {
 public:
  // `database` must outlive this.
  explicit ErasureTable(sqlite::Database& database);

  // Erases the event's content and that of its item as received. An event that
  // is gone, or is erased already, is no error.
  absl::Status EraseEvent(std::int64_t seq);
  // Erases the send's content and error, and the events that tell of it. Their
  // sequences are added to `events`, for the live ring, which has them in the
  // clear.
  absl::Status EraseMessage(const MessageRow& row,
                            std::vector<std::int64_t>& events);
  // Erases a row of `contents`. It does nothing for 0, which stands for no row.
  absl::Status EraseContent(std::int64_t no);
  // Erases the item as received of that number; 0 stands for none.
  absl::Status EraseRaw(std::int64_t no);
  // Erases items as received to which no event leads: those of issues and of
  // webhooks in quarantine.
  absl::Status EraseItems(std::string_view mid_key);
  // Erases the echoes that are held with this mid, and their items as received.
  // DATA_LOSS when a held row cannot be read.
  absl::Status EraseHeld(std::string_view mid_key);
  // Overwrites and removes the key, and notes that it may never be stored
  // again. A key that is not stored is noted, too.
  absl::Status DestroyKey(std::int64_t id);

 private:
  sqlite::Statement erase_event_;
  sqlite::Statement raw_of_event_;
  sqlite::Statement erase_raw_;
  sqlite::Statement erase_content_;
  sqlite::Statement message_events_;
  sqlite::Statement erase_items_;
  sqlite::Statement find_held_;
  sqlite::Statement update_held_;
  sqlite::Statement erase_key_;
  sqlite::Statement remove_key_;
  sqlite::Statement destroy_key_;
};

}  // namespace linktor::state
