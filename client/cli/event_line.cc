#include "client/cli/event_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/describe.h"
#include "client/cli/text.h"
#include "server/kinds/table.h"

namespace linktor::cli {
namespace {

// The longest type that comes often is "instagram.product_share".
constexpr int kTypeWidth = 23;
// A time looks like "2026-01-02 03:04:05+00:00". An event that was erased has
// no time.
constexpr int kTimeWidth = 25;
// IGSIDs have 15 to 17 digits.
constexpr int kUserWidth = 17;

// Returns the message's id in parentheses, or nothing when there is no id. The
// id is not shortened, because the user may need it for `messages get --id` and
// `messages resolve`.
std::string Id(const std::string& message_id) {
  return message_id.empty()
             ? ""
             : absl::StrCat(" (", EscapeControls(message_id), ")");
}

std::string Wrote(const char* verb, const v1::Message& message) {
  return absl::StrCat(
      verb, Summary(message),
      message.reply_to_mid().empty()
          ? ""
          : absl::StrCat(" in answer to ", Shorten(message.reply_to_mid())));
}

std::string Failed(const v1::Message& message) {
  return absl::StrCat("not sent: ", Summary(message), ": ",
                      EscapeControls(message.error().reason()), ": ",
                      EscapeControls(message.error().message()));
}

std::string Unconfirmed(const v1::Message& message) {
  return absl::StrCat("OUTCOME UNKNOWN, do not send again: ", Summary(message));
}

// Returns the id of the message that an event is about, such as a reaction. A
// message without an id is named by its mid, which is shortened.
template <typename Payload>
std::string Target(const Payload& payload) {
  return payload.message_id().empty() ? Shorten(payload.mid())
                                      : EscapeControls(payload.message_id());
}

std::string Reacted(const v1::Reaction& reaction) {
  const std::string to = Target(reaction);
  if (reaction.action() == "unreact") {
    return absl::StrCat("took back their reaction to ", to);
  }
  return absl::StrCat(
      "reacted ",
      EscapeControls(reaction.emoji().empty() ? reaction.reaction()
                                              : reaction.emoji()),
      " to ", to);
}

std::string TookBack(const v1::MessageUnsend& unsend) {
  const bool ours = unsend.direction() == v1::MESSAGE_DIRECTION_OUTBOUND;
  return absl::StrCat(
      ours ? "the account took back its message " : "took back their message ",
      EscapeControls(unsend.message_id()), "; delete copies of it");
}

// Returns how a customer came to the account: by an ad, a product or a link.
std::string Came(const v1::Referral& referral) {
  const bool by_ad = !referral.ad_id().empty();
  std::string came = "came";
  if (by_ad) {
    absl::StrAppend(&came, " from the ad ", EscapeControls(referral.ad_id()));
  } else if (!referral.product_id().empty()) {
    absl::StrAppend(&came, " from the product ",
                    EscapeControls(referral.product_id()));
  } else {
    absl::StrAppend(&came, " by a link");
  }
  if (!referral.ad_title().empty()) {
    absl::StrAppend(&came, " ", Quote(referral.ad_title()));
  }
  if (!referral.ref().empty()) {
    absl::StrAppend(&came, " with the ref ", Quote(referral.ref()));
  }
  return came;
}

std::string AndCame(const v1::Referral& referral) {
  return absl::StrCat(", ", Came(referral));
}

std::string Tapped(const v1::Postback& postback) {
  return absl::StrCat(
      "tapped ", postback.from_ice_breaker() ? "the ice breaker " : "",
      Quote(postback.title()), ", which gives ",
      EscapeControls(postback.payload()),
      postback.has_referral() ? AndCame(postback.referral()) : "");
}

std::string Shared(const v1::ProductShare& share) {
  static const v1::Product& none = *new v1::Product();
  const v1::Product& product =
      share.products().empty() ? none : share.products(0);
  return absl::StrCat(
      "shared the product ", EscapeControls(product.id()),
      product.name().empty() ? "" : " ",
      product.name().empty() ? "" : Quote(product.name()),
      share.products_size() < 2
          ? ""
          : absl::StrCat(" and ", share.products_size() - 1, " more"),
      share.message().text().empty() ? "" : " with ",
      share.message().text().empty() ? "" : Quote(share.message().text()));
}

std::string Edited(const v1::MessageEdit& edit) {
  return absl::StrCat("edited ", Target(edit), " to ", Quote(edit.text()),
                      ", edit ", edit.num_edit());
}

std::string OptedIn(const v1::OptIn& optin) {
  std::string line = "opted in";
  if (!optin.title().empty()) {
    absl::StrAppend(&line, " to ", Quote(optin.title()));
  }
  if (!optin.payload().empty()) {
    absl::StrAppend(&line, ", which gives ", EscapeControls(optin.payload()));
  }
  if (!optin.status().empty()) {
    absl::StrAppend(&line, ": ", EscapeControls(optin.status()));
  }
  return line;
}

std::string App(const std::string& app_id) {
  return app_id.empty() ? "no app"
                        : absl::StrCat("the app ", EscapeControls(app_id));
}

std::string Roles(const v1::Handover& handover) {
  std::string line = "the apps have these roles:";
  for (const v1::AppRole& role : handover.roles()) {
    absl::StrAppend(&line, " ", EscapeControls(role.app_id()), " (");
    for (int i = 0; i < role.roles_size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : ", ", EscapeControls(role.roles(i)));
    }
    absl::StrAppend(&line, ")");
  }
  return line;
}

std::string HandedOver(const v1::Handover& handover) {
  const std::string with =
      handover.metadata().empty()
          ? ""
          : absl::StrCat(" with ", Quote(handover.metadata()));
  switch (handover.action()) {
    case v1::HANDOVER_ACTION_PASS:
    case v1::HANDOVER_ACTION_TAKE:
      return absl::StrCat(
          "control ",
          handover.action() == v1::HANDOVER_ACTION_PASS ? "passed" : "taken",
          " from ", App(handover.previous_owner_app_id()), " to ",
          App(handover.new_owner_app_id()), with);
    case v1::HANDOVER_ACTION_REQUEST:
      return absl::StrCat("control asked for by ",
                          App(handover.requested_owner_app_id()), with);
    case v1::HANDOVER_ACTION_METADATA:
      return absl::StrCat("metadata from ", App(handover.caller_app_id()),
                          with);
    case v1::HANDOVER_ACTION_APP_ROLES:
      return Roles(handover);
    default:
      return "control has changed";
  }
}

std::string Enforced(const v1::PolicyEnforcement& policy) {
  return absl::StrCat("Meta's policy: ", EscapeControls(policy.action()),
                      policy.reason().empty() ? "" : " because of ",
                      policy.reason().empty() ? "" : Quote(policy.reason()));
}

std::string Commented(const v1::Comment& comment) {
  std::string line = "commented ";
  if (comment.live()) absl::StrAppend(&line, "live ");
  absl::StrAppend(&line, Quote(comment.text()));
  if (!comment.parent_id().empty()) {
    absl::StrAppend(&line, " in answer to ",
                    EscapeControls(comment.parent_id()));
  }
  if (!comment.media_id().empty()) {
    absl::StrAppend(&line, " on ", EscapeControls(comment.media_id()));
  }
  if (!comment.ad_id().empty()) {
    absl::StrAppend(&line, " of the ad ", EscapeControls(comment.ad_id()));
  }
  return absl::StrCat(line, " (comment ", EscapeControls(comment.id()), ")");
}

std::string Mentioned(const v1::Mention& mention) {
  return absl::StrCat(
      "mentioned the account in ",
      mention.comment_id().empty()
          ? ""
          : absl::StrCat("the comment ", EscapeControls(mention.comment_id()),
                         " on "),
      "the post ", EscapeControls(mention.media_id()));
}

std::string Fared(const v1::StoryInsights& story) {
  return absl::StrCat("the story ", EscapeControls(story.media_id()),
                      ": impressions ", story.impressions(), ", reach ",
                      story.reach(), ", replies ", story.replies(),
                      ", taps forward ", story.taps_forward(), ", taps back ",
                      story.taps_back(), ", exits ", story.exits());
}

std::string Unknown(const v1::UnknownItem& item) {
  if (item.problem().empty()) {
    return absl::StrCat("an item of the kind ", Quote(item.kind()),
                        "; --raw shows it");
  }
  if (!item.mid().empty()) {
    return absl::StrCat("an item of the kind ", Quote(item.kind()), ": ",
                        EscapeControls(item.problem()), " (",
                        EscapeControls(item.mid()), "); --raw shows it");
  }
  return absl::StrCat(
      "an item that was not understood: ", EscapeControls(item.problem()),
      " at ", EscapeControls(item.json_path()), "; --raw shows it");
}

// Returns what happened, in a few words. The result is empty for a kind of
// event that this program does not know.
std::string What(const v1::Event& event) {
  switch (event.payload_case()) {
    case v1::Event::kMessageReceived:
      return Wrote("wrote ", event.message_received());
    case v1::Event::kMessageEchoed:
      return Wrote(event.message_echoed().origin() == v1::MESSAGE_ORIGIN_API
                       ? "shown by Instagram: "
                       : "was sent from elsewhere: ",
                   event.message_echoed());
    case v1::Event::kMessageSent:
      return Wrote("was sent ", event.message_sent());
    case v1::Event::kMessageFailed:
      return Failed(event.message_failed());
    case v1::Event::kMessageUnconfirmed:
      return Unconfirmed(event.message_unconfirmed());
    case v1::Event::kUnknown:
      return Unknown(event.unknown());
    case v1::Event::kQuickReply:
      return absl::StrCat("chose ", Quote(event.quick_reply().text()),
                          ", which gives ",
                          EscapeControls(event.quick_reply().payload()));
    case v1::Event::kPostback:
      return Tapped(event.postback());
    case v1::Event::kReaction:
      return Reacted(event.reaction());
    case v1::Event::kStoryMention:
      return "mentioned the account in their story";
    case v1::Event::kStoryReply:
      return absl::StrCat("answered the story ",
                          Shorten(event.story_reply().story_id()), ": ",
                          event.story_reply().reply_text().empty()
                              ? Summary(event.story_reply().message())
                              : Quote(event.story_reply().reply_text()));
    case v1::Event::kProductShare:
      return Shared(event.product_share());
    case v1::Event::kReferral:
      return Came(event.referral());
    case v1::Event::kMessageRead:
      return absl::StrCat("has read ", Target(event.message_read()));
    case v1::Event::kMessageEdited:
      return Edited(event.message_edited());
    case v1::Event::kOptin:
      return OptedIn(event.optin());
    case v1::Event::kHandover:
      return HandedOver(event.handover());
    case v1::Event::kFeedback:
      return absl::StrCat("judged ", Target(event.feedback()), ": ",
                          Quote(event.feedback().feedback()));
    case v1::Event::kPolicyEnforcement:
      return Enforced(event.policy_enforcement());
    case v1::Event::kComment:
      return Commented(event.comment());
    case v1::Event::kLiveComment:
      return Commented(event.live_comment());
    case v1::Event::kMention:
      return Mentioned(event.mention());
    case v1::Event::kStoryInsights:
      return Fared(event.story_insights());
    case v1::Event::kMessageUnsent:
      return TookBack(event.message_unsent());
    case v1::Event::kChannelCreated:
      return "the channel was created";
    case v1::Event::kChannelUpdated:
      return "the channel or its credentials were changed";
    case v1::Event::kChannelDeleted:
      return event.channel_deleted().erase()
                 ? "the channel was deleted, and its customers are erased"
                 : "the channel was deleted";
    default:
      return "";
  }
}

}  // namespace

std::string WhatBrought(const v1::Message& message) {
  return message.has_referral() ? Came(message.referral()) : "";
}

std::string EventLine(const v1::Event& event, const absl::TimeZone& zone,
                      bool raw) {
  // The line has the customer's id and not only the name, because the user
  // needs the id to send an answer.
  std::string line = absl::StrFormat(
      "%-*s  %s  %-*s  %-*s", kTimeWidth, ShowTime(event.receive_time(), zone),
      EscapeControls(event.channel_id()), kUserWidth,
      event.user_id().empty() ? "-" : EscapeControls(event.user_id()),
      kTypeWidth, EscapeControls(event.type()));
  if (!event.username().empty()) {
    absl::StrAppend(&line, " @", EscapeControls(event.username()));
  }
  if (const std::string what = What(event); !what.empty()) {
    absl::StrAppend(&line, " ", what);
  }
  if (const v1::Message* message = kinds::MessageOf(event)) {
    if (const std::string brought = WhatBrought(*message); !brought.empty()) {
      absl::StrAppend(&line, ", ", brought);
    }
    absl::StrAppend(&line, Id(message->id()));
  }
  if (event.erased()) absl::StrAppend(&line, " [erased]");
  if (event.test()) absl::StrAppend(&line, " [test]");
  if (event.standby()) absl::StrAppend(&line, " [standby]");
  if (raw && !event.raw_json().empty()) {
    absl::StrAppend(&line, "\n    ", EscapeControls(event.raw_json()));
  } else if (raw && event.raw_size() > 0) {
    absl::StrAppend(&line, "\n    (", event.raw_size(),
                    " bytes, too large to be passed on)");
  }
  return line;
}

}  // namespace linktor::cli
