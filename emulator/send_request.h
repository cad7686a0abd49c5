// These are the shape and the limits of one request body of the Send API, as
// Meta documents them for Instagram. The functions are pure.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "emulator/graph_error.h"
#include "emulator/json.h"

namespace linktor::emulator {

// An Offer is something in a message that the customer can tap.
struct Offer {
  enum class Kind { kQuickReply, kButton };

  // A quick reply goes when the customer writes; a button stays.
  Kind kind = Kind::kQuickReply;
  // The customer sees the title, at most 20 characters.
  std::string title;
  // The webhook of the tap carries it.
  std::string payload;
};

// A SendRequest is a message to one customer.
struct SendRequest {
  // This is the customer's Instagram-scoped id (IGSID).
  std::string recipient_id;
  // It is empty when there are attachments.
  std::string text;
  // They are as the echo has them, which for templates is not as they were
  // sent.
  json::array attachments;
  // Quick replies and postback buttons, in their order in the message.
  std::vector<Offer> offers;
  // This is the mid of the message that it answers; it is empty for none.
  std::string reply_to_mid;
  // It is true with the tag HUMAN_AGENT.
  bool human_agent = false;
};

// Reads a text with or without quick replies, media by URL, the heart, or a
// generic template. Every other kind, and every member that Meta does not
// document, is refused with code 100.
std::variant<SendRequest, GraphError> ReadSendRequest(const json::value& body);

}  // namespace linktor::emulator
