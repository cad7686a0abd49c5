// These functions read the JSON of messages, taps and reactions, which both
// customers and the account's owner can make. They also read the members that
// all events have. customer_json.h and owner_json.h use them. Each function
// reads one member of a body. An error becomes a problem of the reader (see
// json_reader.h); then do not use the result. The functions are pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/json_reader.h"

namespace linktor::emulator {

// This is how errors describe the id of a customer.
inline constexpr std::string_view kCustomerId =
    "an Instagram-scoped id: a string of 1 to 32 digits";

// Reads "text" and "attachments"; at least one of them must be present. Also
// reads the members that belong to a message: "reply_to", "quick_reply",
// "story", "product" and "referral".
CustomerEvent ReadMessage(JsonReader& body, std::string from);
// Each reads the member that its name says. ReadPostback() also reads a
// "referral" beside the postback.
CustomerEvent ReadStoryMention(JsonReader& body, std::string_view from);
CustomerEvent ReadProductShare(JsonReader& body, std::string_view from);
CustomerEvent ReadPostback(JsonReader& body, std::string_view from);
CustomerEvent ReadReaction(JsonReader& body, std::string_view from);
CustomerEvent ReadUnreact(JsonReader& body, std::string_view from);
json::object ReadReferral(JsonReader& body);

// Reads "timestamp", in milliseconds. Returns nothing when it is absent.
std::optional<absl::Time> ReadTime(JsonReader& body);
// Reads the id or page of an account from the member `name`. The result is
// empty when the member is absent.
std::string ReadAccount(JsonReader& body, std::string_view name);
// Reads "standby" and "leave_out" into the event.
void ReadCommon(JsonReader& body, CustomerEvent& event);

}  // namespace linktor::emulator
