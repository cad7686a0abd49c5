// This is the table of items that were redriven. An item is redriven when it
// had no event of a known type at first, and a Redrive record makes one later.
// The table says which event each item became, and which instagram.unknown
// event this new event replaces. So it shows that the item needs no other
// event. It also leads an erasure from the new event to the replaced event,
// which has the same content. The Applier (applier.h) calls RedriveTable on the
// applying thread (the only thread that writes the database), inside that
// thread's transaction. Every error comes from the database.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

// The items as received have rows of their own, but these rows are never
// resized (ADR 16). So this table is separate from them.
class RedriveTable {
 public:
  // `database` must outlive this object.
  explicit RedriveTable(sqlite::Database& database);

  // Returns whether a Redrive has made an event of the item as received with
  // that number.
  absl::StatusOr<bool> Has(std::int64_t raw_no);
  // Notes that the item has become the event `seq`, which replaces the event
  // `replaces_seq`. `replaces_seq` is 0 when the new event replaces none.
  absl::Status Add(std::int64_t raw_no, std::int64_t seq,
                   std::int64_t replaces_seq);
  // Returns the sequence of the event that the event `seq` replaces; 0 when it
  // replaces none.
  absl::StatusOr<std::int64_t> ReplacedBy(std::int64_t seq);
  // Deletes the rows of items that became events before `oldest_seq`, because
  // these events are deleted. Their items as received are gone, too, because
  // items are deleted before their events.
  absl::Status Trim(std::int64_t oldest_seq);

 private:
  sqlite::Statement has_;
  sqlite::Statement add_;
  sqlite::Statement replaced_;
  sqlite::Statement trim_;
};

}  // namespace linktor::state
