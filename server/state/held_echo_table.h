// This is the table of echoes that wait until sends have ended. An echo is
// Instagram's webhook about a message that the account has sent. It may come
// before the answer to the send, and only this answer names the mid of the
// send. While a send to the customer is PENDING, nobody knows whether an echo
// with an unknown mid belongs to that send. So the echo is held here, and has
// no event yet. The Applier (applier.h) calls HeldEchoTable on the applying
// thread (the only thread that writes the database), inside that thread's
// transaction. Every error comes from the database.

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

// A HeldEcho is an echo that was taken out of the table, with everything that
// its event needs.
struct HeldEcho {
  std::int64_t no = 0;
  // It is the time of the webhook's record, in ms since the epoch. The event
  // gets it as its receive time.
  std::int64_t receive_ms = 0;
  // It is the number of the item as received; 0 means that there is none.
  std::int64_t raw_no = 0;
  // The item does not have its bytes as received, because they have a row of
  // their own.
  journal::WebhookItem item;
};

// Webhooks add rows, and the outcomes of sends remove them. So there are no
// rows for a customer without a PENDING send.
class HeldEchoTable {
 public:
  // `database` must outlive this object.
  explicit HeldEchoTable(sqlite::Database& database);

  // Holds an echo. `state` gives it a number. The row does not repeat the bytes
  // as received, because the item `raw_no` (delivery_table.h) has them.
  absl::Status Add(const journal::WebhookItem& item, std::int64_t receive_ms,
                   std::int64_t raw_no, LogState& state);
  // Returns whether an echo with that mid is held. If so, another delivery of
  // the same echo is a duplicate. A mid key is a hash of the channel and the
  // mid.
  absl::StatusOr<bool> HoldsMid(std::string_view mid_key);
  // Takes the customer's echoes out of the table, in the order in which they
  // came. It takes all of them, or only the echoes with `mid_key` when this is
  // not empty. It fails with DATA_LOSS when a row cannot be read.
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
