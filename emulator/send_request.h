// What the Send API accepts: shape and limits of one request body, as Meta
// documents them for Instagram. Pure.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "emulator/graph_error.h"
#include "emulator/json.h"

namespace linktor::emulator {

// Something in a message that the customer can tap.
struct Offer {
  enum class Kind { kQuickReply, kButton };

  Kind kind = Kind::kQuickReply;
  std::string title;
  std::string payload;
};

// A message to one customer.
struct SendRequest {
  // The customer's Instagram-scoped id (IGSID).
  std::string recipient_id;
  // Empty when there are attachments.
  std::string text;
  // As the echo has them, which for templates is not as they were sent.
  json::array attachments;
  std::vector<Offer> offers;
  // The message it answers; empty for none.
  std::string reply_to_mid;
  // With the tag HUMAN_AGENT.
  bool human_agent = false;
};

// Text with or without quick replies, media by URL, the heart, and generic
// templates; every other kind, and every member that Meta does not document,
// is refused with code 100.
std::variant<SendRequest, GraphError> ReadSendRequest(const json::value& body);

}  // namespace linktor::emulator
