// The table of echoes that wait for the end of sends. An echo may come before
// the answer that names its mid; while a send to the customer is PENDING,
// nobody knows whether an unknown echo is that send's, so the echo has no event
// yet. The Applier calls this on the applying thread, inside that thread's
// transaction. An error is the database's.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"
#include "server/state/rows.h"

namespace linktor::state {

// A HeldEcho is an echo that was taken out, with all that its event needs.
struct HeldEcho {
  std::int64_t no = 0;
  // It is the time of the webhook's record, in ms since the epoch; the event
  // gets it as its own.
  std::int64_t receive_ms = 0;
  // It is the number of the item as received; 0 for none.
  std::int64_t raw_no = 0;
  // It lacks the raw bytes, which have a row of their own.
  journal::WebhookItem item;
};

// Rows come with webhooks and go with the outcomes of sends, so that there are
// none to a customer without a PENDING send.
class HeldEchoTable {
 public:
  // `database` must outlive this.
  explicit HeldEchoTable(sqlite::Database& database);

  // Holds an echo. `state` numbers it. Its raw bytes are left out, because they
  // are stored as an item already, under `raw_no`.
  absl::Status Add(const journal::WebhookItem& item, std::int64_t receive_ms,
                   std::int64_t raw_no, LogState& state);
  // Returns whether an echo with that mid is held. Another delivery of such an
  // echo is a duplicate. A mid key names the channel, too.
  absl::StatusOr<bool> HoldsMid(std::string_view mid_key);
  // Takes the customer's echoes out, in the order in which they came: all, or
  // only those with `mid_key` where it is not empty. DATA_LOSS when a row
  // cannot be read.
  absl::StatusOr<std::vector<HeldEcho>> Take(std::int64_t channel_no,
                                             std::string_view user_id,
                                             std::string_view mid_key);

 private:
  sqlite::Statement add_;
  sqlite::Statement holds_mid_;
  sqlite::Statement read_;
  sqlite::Statement remove_;
};

}  // namespace linktor::state
