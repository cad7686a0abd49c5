// The bodies of webhooks, as Meta writes them. Pure.

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "emulator/graph_api.h"
#include "emulator/json.h"

namespace linktor::emulator {

// Something a customer says.
struct CustomerMessage {
  // The customer's Instagram-scoped id (IGSID): 1-32 digits.
  std::string from;
  // Empty when there are only attachments.
  std::string text;
  // As Instagram sends them: [{"type", "payload": {...}}, ...].
  json::array attachments;
  // Instagram's id of the message; made when it is empty.
  std::string mid;
  // Instagram's time of the message; now when absent.
  std::optional<absl::Time> time;
  // As Instagram sends it: {"mid"} or {"story": {"url", "id"}}; empty for
  // none.
  json::object reply_to;
};

// INVALID_ARGUMENT with a sentence when Instagram could not send it so.
absl::Status CheckCustomerMessage(const CustomerMessage& message);

// Each is one envelope with one item. `now` is when Meta sends it.
std::string CustomerMessageBody(const CustomerMessage& message,
                                const std::string& account_id, absl::Time now);
std::string EchoBody(const SentMessage& sent, absl::Time now);

}  // namespace linktor::emulator
