// Erasure: zeros of the same length over every copy of a message's content, and
// keys that are destroyed. Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/sqlite/statement.h"
#include "server/state/rows.h"

namespace linktor {

class ErasureTable {
 public:
  explicit ErasureTable(Database& database);

  // The event's content and that of its item as received.
  absl::Status EraseEvent(std::int64_t seq);
  // The send's content and error, and the events that tell of it, whose
  // sequences are added to `events`.
  absl::Status EraseMessage(const MessageRow& row,
                            std::vector<std::int64_t>& events);
  // Items as received that no event leads to.
  absl::Status EraseItems(std::string_view mid_key);
  // An echo that is held.
  absl::Status EraseHeld(std::string_view mid_key);
  // The key goes, and is never stored again.
  absl::Status DestroyKey(std::int64_t id);

 private:
  absl::Status EraseContent(std::int64_t no);
  absl::Status EraseRaw(std::int64_t no);

  Statement erase_event_;
  Statement raw_of_event_;
  Statement erase_raw_;
  Statement erase_content_;
  Statement message_events_;
  Statement erase_items_;
  Statement find_held_;
  Statement update_held_;
  Statement erase_key_;
  Statement remove_key_;
  Statement destroy_key_;
};

}  // namespace linktor
