// The table of items that were redriven: which event each became, and which
// instagram.unknown event that one replaces. It says that an item needs no
// other event, and leads an erasure from an event to the one that it replaces,
// which holds the same content. The Applier calls this on the applying thread,
// inside that thread's transaction. An error is the database's.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlite/statement.h"

namespace linktor::state {

// The items have rows of their own, which are never resized, so that this is
// beside them (ADR 16).
class RedriveTable {
 public:
  // `database` must outlive this.
  explicit RedriveTable(sqlite::Database& database);

  // Returns whether the item as received of that number has become an event.
  absl::StatusOr<bool> Has(std::int64_t raw_no);
  // Notes that the item has become the event `seq`, which replaces the event
  // `replaces_seq`; 0 when it replaces none.
  absl::Status Add(std::int64_t raw_no, std::int64_t seq,
                   std::int64_t replaces_seq);
  // Returns the sequence of the event that the event `seq` replaces; 0 when it
  // replaces none.
  absl::StatusOr<std::int64_t> ReplacedBy(std::int64_t seq);
  // Forgets what became events before `oldest_seq`, which are deleted. Their
  // items as received are gone, too, since those go first.
  absl::Status Trim(std::int64_t oldest_seq);

 private:
  sqlite::Statement has_;
  sqlite::Statement add_;
  sqlite::Statement replaced_;
  sqlite::Statement trim_;
};

}  // namespace linktor::state
