// These are the bodies of webhooks, as Meta writes them: the members, their
// order and the escapes are Meta's, because the signature covers the bytes. The
// functions are pure.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/graph_api.h"

namespace linktor::emulator {

// Each makes one envelope with one item. Meta sends it at `now`, which is also
// the item's own time where the event has none. A change has no time.
std::string CustomerEventBody(const CustomerEvent& event,
                              const std::string& account_id, absl::Time now);
// The echo has the text and attachments that were sent, in the form of the
// webhook, and the account as its sender.
std::string EchoBody(const SentMessage& sent, absl::Time now);

}  // namespace linktor::emulator
