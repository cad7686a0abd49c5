// ErasureTable erases content: it writes zeros of the same length over every
// copy of a message's content, and destroys data keys (ADR 16). It has no table
// of its own. The Applier (applier.h) calls ErasureTable on the applying thread
// (the only thread that writes the database), inside that thread's transaction.
// It does so for records that ask for an erasure, and for messages that their
// senders take back (unsend). The old bytes stay in the files until a
// checkpoint, which ErasureWorker (journal/erasure_worker.h) makes. Every error
// comes from the database.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/sqlite/statement.h"
#include "server/state/rows.h"

namespace linktor::state {

// No function here resizes a row that has sealed (encrypted) content. SQLite
// may leave parts of a resized row in its pages, so zeros in place are the only
// way to leave no copy.
class ErasureTable {
 public:
  // `database` must outlive this object.
  explicit ErasureTable(sqlite::Database& database);

  // Erases the content of the event, and of the received item from which the
  // event was made. It is no error when the event is deleted, or is erased
  // already.
  absl::Status EraseEvent(std::int64_t seq);
  // Erases the content and the error of the send, and the events about the
  // send. It adds the sequences of these events to `events`. The live ring
  // (events/live_ring.h) needs them, because it has these events in the clear
  // (not encrypted).
  absl::Status EraseMessage(const MessageRow& row,
                            std::vector<std::int64_t>& events);
  // Erases a row of the table `contents`. It does nothing for 0, which stands
  // for no row.
  absl::Status EraseContent(std::int64_t no);
  // Erases the received item whose number is `no`. It does nothing for 0, which
  // stands for no item.
  absl::Status EraseRaw(std::int64_t no);
  // Erases the received items that have this mid but no event. Such an item is
  // an issue, or its webhook is in quarantine (DeliveryAnswer of effects.h).
  absl::Status EraseItems(std::string_view mid_key);
  // Erases the echoes that are held with this mid (held_echo_table.h), and the
  // received items of these echoes. It fails with DATA_LOSS when the row of a
  // held echo cannot be read.
  absl::Status EraseHeld(std::string_view mid_key);
  // Overwrites and removes the key, and notes that a key with this id must
  // never be stored again. It notes this also for a key that is not stored.
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
