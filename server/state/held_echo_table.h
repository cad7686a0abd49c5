// Echoes that wait for the end of sends; see schema.cc.
// Used by the writer thread inside its transaction.

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

namespace linktor {

struct HeldEcho {
  std::int64_t no = 0;
  std::int64_t receive_ms = 0;
  std::int64_t raw_no = 0;
  journal::WebhookItem item;
};

class HeldEchoTable {
 public:
  explicit HeldEchoTable(Database& database);

  absl::Status Add(const journal::WebhookItem& item, std::int64_t receive_ms,
                   std::int64_t raw_no, LogState& state);
  // Whether an echo with that mid to that person is held.
  absl::StatusOr<bool> Holds(const journal::NewEvent& event,
                             std::string_view mid_key);
  // Takes the person's echoes out, in the order in which they came: all, or
  // only those with `mid_key` where it is not empty.
  absl::StatusOr<std::vector<HeldEcho>> Take(std::int64_t channel_no,
                                             std::string_view user_id,
                                             std::string_view mid_key);

 private:
  Statement add_;
  Statement holds_;
  Statement read_;
  Statement remove_;
};

}  // namespace linktor
