// This is the JSON of what customers and the account's owner write, tap and
// react with, and of the members that all events have; customer_json.h and
// owner_json.h ask it. Each function reads one member of a body. What is wrong
// is the reader's problem, and the result is then of no use. The functions are
// pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// What an id of a customer must be, as errors say it.
inline constexpr std::string_view kCustomerId =
    "an Instagram-scoped id: a string of 1 to 32 digits";

// Reads "text" and "attachments", of which there is at least one, with what
// goes with them: "reply_to", "quick_reply", "story", "product" and "referral".
CustomerEvent ReadMessage(JsonReader& body, std::string from);
// Each reads the member of that name. A postback may have a "referral" beside
// it.
CustomerEvent ReadStoryMention(JsonReader& body, std::string_view from);
CustomerEvent ReadProductShare(JsonReader& body, std::string_view from);
CustomerEvent ReadPostback(JsonReader& body, std::string_view from);
CustomerEvent ReadReaction(JsonReader& body, std::string_view from);
CustomerEvent ReadUnreact(JsonReader& body, std::string_view from);
json::object ReadReferral(JsonReader& body);

// Reads "timestamp", in milliseconds; nothing when it is absent.
std::optional<absl::Time> ReadTime(JsonReader& body);
// Reads the account's id or page in the member `name`; empty when it is absent.
std::string ReadAccount(JsonReader& body, std::string_view name);
// Reads "standby" and "leave_out" into the event.
void ReadCommon(JsonReader& body, CustomerEvent& event);

}  // namespace linktor::emulator
