// POST /emulator/messages takes many kinds of events. These functions read the
// JSON of all kinds except messages, taps and reactions: seen marks, edits,
// opt-ins, handovers, feedback, comments and more. ReadCustomerEvent() and
// ReadOwnerEvent() call them. Reading is strict; the functions are pure.

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "emulator/customer_event.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// These members of a body name such an item. A body has at most one of them.
inline constexpr std::array<std::string_view, 12> kItemNames = {
    "read",           "edit",         "optin",
    "handover",       "feedback",     "policy_enforcement",
    "comment",        "live_comment", "mention",
    "story_insights", "unsend",       "other"};

// Returns the member of kItemNames that the body has; the result is empty when
// it has none.
std::string_view ItemNameOf(const JsonReader& body);

// Reads the member `name` of the body, which is one of kItemNames. `from` is
// the customer; it is empty when the body names none. An error becomes a
// problem of the reader (see json_reader.h); then do not use the result.
CustomerEvent ReadItem(JsonReader& body, std::string_view name,
                       const std::string& from);

}  // namespace linktor::emulator
