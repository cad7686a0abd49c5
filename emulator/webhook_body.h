// The bodies of webhooks, as Meta writes them. Pure.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/graph_api.h"

namespace linktor::emulator {

// Each is one envelope with one item. `now` is when Meta sends it.
std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now);
std::string EchoBody(const SentMessage& sent, absl::Time now);

}  // namespace linktor::emulator
