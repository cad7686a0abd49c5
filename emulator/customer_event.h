// What a customer can do on Instagram, as values: each makes one item of a
// webhook. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
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

// It is anything that a customer does. The functions below make it; to, mid,
// time and standby may be set afterwards.
struct CustomerEvent {
  std::string from;
  // The Instagram account that it is about; EmulatorConfig::account_id when it
  // is empty.
  std::string to;
  // The member of the webhook's item: "message", "postback" or "reaction".
  std::string kind;
  // Its value, without a mid of its own.
  json::object value;
  // Of a message or tap, made when it is empty; of a reaction, the message it
  // is about, the newest that was sent to the customer when it is empty.
  std::string mid;
  // Instagram's time of it; now when absent.
  std::optional<absl::Time> time;
  // Another app owns the conversation, and this one only hears of it.
  bool standby = false;
};

CustomerEvent MessageEvent(CustomerMessage message);
// A quick reply was chosen.
CustomerEvent QuickReplyEvent(std::string_view from, std::string_view title,
                              std::string_view payload);
// An answer to a story of the account.
CustomerEvent StoryReplyEvent(std::string_view from, std::string_view text,
                              std::string_view story_id,
                              std::string_view story_url);
// The account was mentioned in the customer's own story, which is at `url`.
CustomerEvent StoryMentionEvent(std::string_view from, std::string_view url);
// An image, video, audio or other `type` of file.
CustomerEvent MediaEvent(std::string_view from, std::string_view type,
                         std::string_view url);
// Products of the account's shop: [{"id", "retailer_id", "image_url", "title",
// "subtitle"}, ...].
CustomerEvent ProductShareEvent(std::string_view from, json::array elements);
// A message written from a product's page.
CustomerEvent ProductQuestionEvent(std::string_view from, std::string_view text,
                                   std::string_view product_id);
// A button or an ice breaker was tapped.
CustomerEvent PostbackEvent(std::string_view from, std::string_view title,
                            std::string_view payload);
// The usual emoji of the reaction when `emoji` is empty.
CustomerEvent ReactionEvent(std::string_view from, std::string_view mid,
                            std::string_view reaction,
                            std::string_view emoji = {});
CustomerEvent UnreactEvent(std::string_view from, std::string_view mid);

// Whether it counts as a message: opens the messaging window, lets the account
// see the customer's profile. A reaction does not.
bool IsMessage(const CustomerEvent& event);

// The emoji of love, laugh, wow, sad, angry and like; empty for others.
std::string_view UsualEmoji(std::string_view reaction);

}  // namespace linktor::emulator
