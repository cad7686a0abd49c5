// These are the actions of a customer on Instagram, as values: each makes one
// item of a webhook. owner_event.h has those of the account's owner. The
// functions are pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A CustomerMessage is a message that a customer writes.
struct CustomerMessage {
  // This is the customer's Instagram-scoped id (IGSID).
  std::string from;
  // It is empty when there are only attachments.
  std::string text;
  // They are as Instagram sends them: [{"type", "payload": {...}}, ...].
  json::array attachments;
  // This is Instagram's id of the message; one is made when it is empty.
  std::string mid;
  // This is Instagram's time of the message; it is the present when this is
  // absent.
  std::optional<absl::Time> time;
  // It is as Instagram sends it: {"mid"} or {"story": {"url", "id"}}; empty for
  // none.
  json::object reply_to;
};

// Returns OK when Instagram could send such a message; else INVALID_ARGUMENT
// with a sentence.
absl::Status CheckCustomerMessage(const CustomerMessage& message);
// Does the same but for who wrote it: the account may write to itself.
absl::Status CheckMessageContent(const CustomerMessage& message);

// On some accounts Instagram tells of an ordinary message also by an edit that
// is numbered 0, in a webhook of its own which names neither sender nor
// recipient. An EditZero says when that webhook comes.
enum class EditZero {
  kNone,
  // It overtakes the message.
  kBefore,
  kAfter,
  // The message itself never comes.
  kAlone,
};

// A CustomerEvent is any action of a customer, or what else Instagram tells of.
// The functions below make it; the members from `to` on may be set afterwards.
struct CustomerEvent {
  // It may be empty where Instagram leaves out who it was, too: see
  // MayBeOfNobody.
  std::string from;
  // This is the Instagram account that it is about; it is
  // EmulatorConfig::account_id when it is empty.
  std::string to;
  // This is the member of the webhook's item, such as "message", "postback" or
  // "reaction"; for a change it is the field, such as "comments".
  std::string kind;
  // Its value, without a mid of its own.
  json::object value;
  // For a message or tap this is its own mid, which is made when it is empty.
  // For what IsAboutAMessage it names that message: when it is empty, the
  // newest one that was sent to the customer.
  std::string mid;
  // This is Instagram's time of the action; it is the present when this is
  // absent.
  std::optional<absl::Time> time;
  // When it is true, another app owns the conversation, and this one only hears
  // about it.
  bool standby = false;
  // When it is true, it comes in the "changes" of the entry: comments and other
  // things that happen outside conversations. It has no time and no standby.
  bool change = false;
  // When it is true, a change stands in the entry itself, without "changes", as
  // Meta's samples for Instagram Login show it.
  bool flat = false;
  // When it is true, it comes twice: under "messaging", and under "standby" in
  // a webhook of its own.
  bool standby_copy = false;
  // When it is true, the account did it, and `from` is the customer to whom.
  bool by_account = false;
  // When it is true, the account did it to itself. `from` is then the account's
  // own id as a person, which is OwnScopedId when it is empty.
  bool self = false;
  // When it is true, it is Messenger's: one URL may be set up for both. Its
  // entry is the account's page.
  bool messenger = false;
  // It is for messages only.
  EditZero edit_zero = EditZero::kNone;
  // These are names of kLeaveOut. Instagram leaves such members out now and
  // then.
  std::vector<std::string> left_out;
};

// The members of an item, and of the value of its kind, that can be left out.
inline constexpr std::string_view kLeaveOut[] = {"sender", "recipient",
                                                 "timestamp", "mid", "is_echo"};

// Writes the message, which should have passed CheckCustomerMessage.
CustomerEvent MessageEvent(CustomerMessage message);
// Chooses a quick reply.
CustomerEvent QuickReplyEvent(std::string_view from, std::string_view title,
                              std::string_view payload);
// Answers a story of the account.
CustomerEvent StoryReplyEvent(std::string_view from, std::string_view text,
                              std::string_view story_id,
                              std::string_view story_url);
// Sends something that the API cannot show, such as a poll: neither text nor
// attachments come.
CustomerEvent UnsupportedEvent(std::string_view from);
// Mentions the account in the customer's own story, which is at `url`.
CustomerEvent StoryMentionEvent(std::string_view from, std::string_view url);
// Sends a file: `type` is image, video, audio or another of Instagram's.
CustomerEvent MediaEvent(std::string_view from, std::string_view type,
                         std::string_view url);
// Shares products of the account's shop: [{"id", "retailer_id", "image_url",
// "title", "subtitle"}, ...].
CustomerEvent ProductShareEvent(std::string_view from, json::array elements);
// Writes a message from a product's page.
CustomerEvent ProductQuestionEvent(std::string_view from, std::string_view text,
                                   std::string_view product_id);
// Comes by a link or an ad, without having written anything yet: {"ref",
// "source", "type", "ad_id", "ads_context_data": {...}}, as Instagram sends it.
CustomerEvent ReferralEvent(std::string_view from, json::object referral);
// Taps a button or an ice breaker.
CustomerEvent PostbackEvent(std::string_view from, std::string_view title,
                            std::string_view payload);
// Reacts to a message, with the usual emoji of the reaction when `emoji` is
// empty.
CustomerEvent ReactionEvent(std::string_view from, std::string_view mid,
                            std::string_view reaction,
                            std::string_view emoji = {});
// Takes the customer's reaction to that message back.
CustomerEvent UnreactEvent(std::string_view from, std::string_view mid);

// Reads the account's messages up to that one.
CustomerEvent ReadEvent(std::string_view from, std::string_view mid);
// Edits that message, for the `number`-th time.
CustomerEvent EditEvent(std::string_view from, std::string_view mid,
                        std::string_view text, std::int64_t number);
// Takes that message of theirs back.
CustomerEvent UnsendEvent(std::string_view from, std::string_view mid);
// Agrees to get messages: {"type", "payload", "notification_messages_token",
// ...}, as Instagram sends it.
CustomerEvent OptinEvent(std::string_view from, json::object optin);
// An app does something with the control of the customer's conversation. `key`
// is Instagram's, such as pass_thread_control, and `value` what it sends there.
CustomerEvent HandoverEvent(std::string_view from, std::string_view key,
                            json::object value);
// Judges that message of the account's.
CustomerEvent FeedbackEvent(std::string_view from, std::string_view mid,
                            bool positive);
// Meta limits the account's app or lifts that: {"action", "reason"}. It is of
// nobody.
CustomerEvent PolicyEvent(json::object policy);
// Comments on a post or, if `live`, on a live broadcast: {"id", "text",
// "parent_id", "media": {...}}, as Instagram sends it, without "from".
CustomerEvent CommentEvent(std::string_view from, std::string_view username,
                           json::object comment, bool live = false);
// Instagram tells that somebody mentioned the account, {"media_id",
// "comment_id"}, and how a story did, {"media_id", "reach", ...}. Both are of
// nobody.
CustomerEvent MentionEvent(json::object mention);
CustomerEvent StoryInsightsEvent(json::object insights);
// Something that has no function here, such as a kind that Meta adds later: the
// item has the member `key`.
CustomerEvent OtherEvent(std::string_view from, std::string_view key,
                         json::object value);

// Returns whether it counts as a message: one of a customer opens the messaging
// window and lets the account see their profile. A reaction or a referral does
// not.
bool IsMessage(const CustomerEvent& event);
// Returns whether it is about a message that the customer was sent.
bool IsAboutAMessage(const CustomerEvent& event);
// Returns whether Instagram sends such an event without a customer, too. That
// is not known of what has no kind, which counts as such.
bool MayBeOfNobody(const CustomerEvent& event);

// Returns the emoji of love, laugh, wow, sad, angry and like; empty for others.
std::string_view UsualEmoji(std::string_view reaction);

}  // namespace linktor::emulator
