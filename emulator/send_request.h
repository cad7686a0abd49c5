// These functions check the shape and the limits of one request body of the
// Send API, as Meta documents them for Instagram. They are pure.

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

  // A quick reply disappears when the customer writes; a button stays.
  Kind kind = Kind::kQuickReply;
  // The customer sees this title of at most 20 characters.
  std::string title;
  // The webhook of the tap carries this payload.
  std::string payload;
};

// A SendRequest is a message to one customer.
struct SendRequest {
  // This is the customer's Instagram-scoped id (IGSID).
  std::string recipient_id;
  // It is empty when there are attachments.
  std::string text;
  // They have the form of the echo. For templates this form is not the form of
  // the send.
  json::array attachments;
  // These are the quick replies and postback buttons, in their order in the
  // message.
  std::vector<Offer> offers;
  // This is the mid of the message that this message answers; it is empty when
  // there is none.
  std::string reply_to_mid;
  // It is true when the request has the tag HUMAN_AGENT.
  bool human_agent = false;
};

// Reads one of these messages: a text with or without quick replies, media by
// URL, the heart, or a generic template. Every other kind of message, and every
// member that Meta does not document, is refused with code 100.
std::variant<SendRequest, GraphError> ReadSendRequest(const json::value& body);

}  // namespace linktor::emulator
