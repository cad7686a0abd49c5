// These are the actions of a customer on Instagram, as values. Each action
// makes one item of a webhook. The actions of the account's owner are in
// owner_event.h. The functions are pure.

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
  // They have the form that Instagram sends: [{"type", "payload": {...}}, ...].
  json::array attachments;
  // This is Instagram's id of the message (mid). When it is empty, a new id is
  // made.
  std::string mid;
  // This is Instagram's time of the message. When it is absent, the time is
  // now.
  std::optional<absl::Time> time;
  // It has the form that Instagram sends: {"mid"} or {"story": {"url", "id"}}.
  // It is empty when the message is not a reply.
  json::object reply_to;
};

// Returns OK when Instagram could send such a message. Otherwise returns
// INVALID_ARGUMENT with a sentence.
absl::Status CheckCustomerMessage(const CustomerMessage& message);
// Checks the message in the same way, but not its sender: the account may write
// to itself.
absl::Status CheckMessageContent(const CustomerMessage& message);

// For some accounts Instagram sends an edit with the number 0 for an ordinary
// message. This edit comes in its own webhook, which names neither sender nor
// recipient. An EditZero says when that webhook comes.
enum class EditZero {
  kNone,
  // The edit comes before the message.
  kBefore,
  // The edit comes after the message.
  kAfter,
  // The edit comes, but the message itself never comes.
  kAlone,
};

// A CustomerEvent is any action of a customer, or another thing that Instagram
// sends a webhook about. The functions below make it. The caller may set the
// members from `to` on afterwards.
struct CustomerEvent {
  // This is the customer's IGSID. It may be empty for events that Instagram
  // also sends without a customer: see MayBeOfNobody().
  std::string from;
  // This is the id of the Instagram account that the event is for. When it is
  // empty, it is EmulatorConfig::account_id.
  std::string to;
  // This is the member of the webhook's item that has the value, such as
  // "message", "postback" or "reaction". For a change (see below) it is the
  // field, such as "comments".
  std::string kind;
  // This is the value of that member, without its mid.
  json::object value;
  // For a message or tap this is its own mid; when it is empty, a new mid is
  // made. For an event that is about another message, this is the mid of that
  // message. When it is empty for an event that IsAboutAMessage(), it is the
  // newest message that was sent to the customer; an action of the account must
  // name the message.
  std::string mid;
  // This is Instagram's time of the action. When it is absent, the time is now.
  std::optional<absl::Time> time;
  // When it is true, another app controls the conversation, and this app only
  // receives a copy of the event.
  bool standby = false;
  // When it is true, the event comes in the "changes" of the entry. Comments
  // and other things that happen outside conversations come there. Such an
  // event has no time and no standby.
  bool change = false;
  // When it is true, the change stands directly in the entry, without
  // "changes", as in Meta's samples for Instagram Login.
  bool flat = false;
  // When it is true, the event comes twice: under "messaging", and under
  // "standby" in a webhook of its own.
  bool standby_copy = false;
  // When it is true, the account did the action, and `from` is the customer it
  // did it to.
  bool by_account = false;
  // When it is true, the account did the action to itself. `from` is then the
  // account's own id as a person. When `from` is empty, it is OwnScopedId().
  bool self = false;
  // When it is true, the event is one of Messenger, because one webhook URL may
  // serve both Messenger and Instagram. The id of its entry is the account's
  // page.
  bool messenger = false;
  // Only messages may set it.
  EditZero edit_zero = EditZero::kNone;
  // These members are left out of the item; the names come from kLeaveOut.
  // Instagram sometimes leaves such members out.
  std::vector<std::string> left_out;
};

// These members of an item, or of the value of its kind, can be left out.
inline constexpr std::string_view kLeaveOut[] = {"sender", "recipient",
                                                 "timestamp", "mid", "is_echo"};

// The functions from here on make one action each. In this one, the customer
// writes the message, which should have passed CheckCustomerMessage().
CustomerEvent MessageEvent(CustomerMessage message);
// The customer chooses a quick reply.
CustomerEvent QuickReplyEvent(std::string_view from, std::string_view title,
                              std::string_view payload);
// The customer answers a story of the account.
CustomerEvent StoryReplyEvent(std::string_view from, std::string_view text,
                              std::string_view story_id,
                              std::string_view story_url);
// The customer sends something that the API cannot show, such as a poll. The
// webhook has neither a text nor attachments.
CustomerEvent UnsupportedEvent(std::string_view from);
// The customer mentions the account in their own story, which is at `url`.
CustomerEvent StoryMentionEvent(std::string_view from, std::string_view url);
// The customer sends a file. `type` is image, video, audio or another type of
// Instagram.
CustomerEvent MediaEvent(std::string_view from, std::string_view type,
                         std::string_view url);
// The customer shares products of the account's shop:
// [{"id", "retailer_id", "image_url", "title", "subtitle"}, ...].
CustomerEvent ProductShareEvent(std::string_view from, json::array elements);
// The customer writes a message from the page of a product.
CustomerEvent ProductQuestionEvent(std::string_view from, std::string_view text,
                                   std::string_view product_id);
// The customer opens the conversation by a link or an ad, and has not written
// yet. `referral` has the form that Instagram sends:
// {"ref", "source", "type", "ad_id", "ads_context_data": {...}}.
CustomerEvent ReferralEvent(std::string_view from, json::object referral);
// The customer taps a button or an ice breaker.
CustomerEvent PostbackEvent(std::string_view from, std::string_view title,
                            std::string_view payload);
// The customer reacts to a message. When `emoji` is empty, it is the usual
// emoji of the reaction.
CustomerEvent ReactionEvent(std::string_view from, std::string_view mid,
                            std::string_view reaction,
                            std::string_view emoji = {});
// The customer removes their reaction to this message.
CustomerEvent UnreactEvent(std::string_view from, std::string_view mid);

// The customer has seen the account's messages up to this one.
CustomerEvent ReadEvent(std::string_view from, std::string_view mid);
// The customer edits this message, for the `number`-th time.
CustomerEvent EditEvent(std::string_view from, std::string_view mid,
                        std::string_view text, std::int64_t number);
// The customer unsends this message of their own.
CustomerEvent UnsendEvent(std::string_view from, std::string_view mid);
// The customer agrees to get messages. `optin` has the form that Instagram
// sends: {"type", "payload", "notification_messages_token", ...}.
CustomerEvent OptinEvent(std::string_view from, json::object optin);
// An app takes or gives away the control of the customer's conversation. `key`
// is Instagram's name for this, such as pass_thread_control, and `value` is the
// value that Instagram sends with it.
CustomerEvent HandoverEvent(std::string_view from, std::string_view key,
                            json::object value);
// The customer rates this message of the account.
CustomerEvent FeedbackEvent(std::string_view from, std::string_view mid,
                            bool positive);
// Meta restricts the account's app, or lifts the restriction:
// {"action", "reason"}. This event has no customer.
CustomerEvent PolicyEvent(json::object policy);
// The customer comments on a post or, if `live`, on a live broadcast. `comment`
// has the form that Instagram sends, without "from":
// {"id", "text", "parent_id", "media": {...}}.
CustomerEvent CommentEvent(std::string_view from, std::string_view username,
                           json::object comment, bool live = false);
// In the first event, somebody has mentioned the account:
// {"media_id", "comment_id"}. In the second, Instagram reports how many people
// saw a story: {"media_id", "reach", ...}. Neither event names a customer.
CustomerEvent MentionEvent(json::object mention);
CustomerEvent StoryInsightsEvent(json::object insights);
// This makes an event that has no function here, such as a kind that Meta adds
// later. The item has the member `key`.
CustomerEvent OtherEvent(std::string_view from, std::string_view key,
                         json::object value);

// Returns whether the event counts as a message. A message of a customer opens
// the messaging window and lets the account see the customer's profile. A
// reaction or a referral does not.
bool IsMessage(const CustomerEvent& event);
// Returns whether the event is about a message that the customer got before.
bool IsAboutAMessage(const CustomerEvent& event);
// Returns whether Instagram also sends such an event without a customer. For an
// event of an unknown kind nobody knows this; the function then returns true.
bool MayBeOfNobody(const CustomerEvent& event);

// Returns the emoji of love, laugh, wow, sad, angry or like; the result is
// empty for other reactions.
std::string_view UsualEmoji(std::string_view reaction);

}  // namespace linktor::emulator
