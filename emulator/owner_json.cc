#include "emulator/owner_json.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "emulator/item_json.h"
#include "emulator/json_reader.h"
#include "emulator/message_json.h"
#include "emulator/owner_event.h"
#include "server/base/ids.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

// A body has one of these, or else a text or attachments.
constexpr std::string_view kOwnerKinds[] = {"reaction", "unreact", "edit",
                                            "unsend", "postback"};

// Reads the customer to whom the owner does it. Nobody else is needed for what
// the account does to itself.
std::string ReadCustomer(JsonReader& body, bool self) {
  if (self && !body.Has("to")) return "";
  std::string customer = body.String("to").value_or("");
  if (!IsNumericId(customer)) body.Wrong("to", kCustomerId);
  return customer;
}

void CheckOwnerKinds(JsonReader& body, bool self) {
  const bool message = body.Has("text") || body.Has("attachments");
  const auto kinds =
      std::count_if(std::begin(kOwnerKinds), std::end(kOwnerKinds),
                    [&body](std::string_view kind) { return body.Has(kind); });
  if (kinds + (message ? 1 : 0) != 1) {
    body.Fail(
        "give exactly one of \"text\" or \"attachments\" (or both), "
        "\"reaction\", \"unreact\", \"edit\", \"unsend\", and with \"self\" "
        "\"postback\"");
  }
  if (body.Has("postback") && !self) {
    body.Fail(
        "an account taps only on what it wrote to itself: \"postback\" "
        "goes with \"self\"");
  }
  if ((body.Has("reply_to") || body.Has("story")) && !message) {
    body.Fail(
        "\"reply_to\" and \"story\" go with \"text\" or "
        "\"attachments\"");
  }
  if (body.Has("mid") && !message && !body.Has("postback")) {
    body.Fail("only a message or a tap has a \"mid\" of its own");
  }
}

CustomerEvent ReadOwnerKind(JsonReader& body, const std::string& customer) {
  if (body.Has("reaction")) return ReadReaction(body, customer);
  if (body.Has("unreact")) return ReadUnreact(body, customer);
  if (body.Has("postback")) return ReadPostback(body, customer);
  if (const auto name = ItemNameOf(body); !name.empty()) {
    return ReadItem(body, name, customer);
  }
  return ReadMessage(body, customer);
}

}  // namespace

absl::StatusOr<CustomerEvent> ReadOwnerEvent(const json::value& body) {
  JsonReader reader(
      body, {"to", "account", "self", "text", "attachments", "reply_to",
             "story", "reaction", "unreact", "edit", "unsend", "postback",
             "mid", "timestamp", "standby", "leave_out"});
  const bool self = reader.Bool("self").value_or(false);
  const std::string customer = ReadCustomer(reader, self);
  if (reader.status().ok()) CheckOwnerKinds(reader, self);
  LINKTOR_TRY(reader.status());
  CustomerEvent event = ReadOwnerKind(reader, customer);
  event =
      self ? ByAccountToItself(std::move(event)) : ByAccount(std::move(event));
  event.to = ReadAccount(reader, "account");
  if (const auto mid = reader.String("mid")) event.mid = *mid;
  event.time = ReadTime(reader);
  ReadCommon(reader, event);
  LINKTOR_TRY(reader.status());
  return event;
}

}  // namespace linktor::emulator
