// This is the JSON of what is neither a message nor a tap nor a reaction, as
// POST /emulator/messages takes it: seen marks, edits, opt-ins, handovers,
// feedback, comments and more. ReadCustomerEvent and ReadOwnerEvent ask it.
// Reading is strict; the functions are pure.

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "emulator/customer_event.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// The members of a body that name such an item. A body has at most one.
inline constexpr std::array<std::string_view, 12> kItemNames = {
    "read",           "edit",         "optin",
    "handover",       "feedback",     "policy_enforcement",
    "comment",        "live_comment", "mention",
    "story_insights", "unsend",       "other"};

// Returns the one of kItemNames that the body has; empty when it has none.
std::string_view ItemNameOf(const JsonReader& body);

// Reads the member `name` of the body, which is one of kItemNames. `from` is
// the customer; empty when the body names none. What is wrong is the reader's
// problem, and the result is then of no use.
CustomerEvent ReadItem(JsonReader& body, std::string_view name,
                       const std::string& from);

}  // namespace linktor::emulator
