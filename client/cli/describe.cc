#include "client/cli/describe.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/cli/event_line.h"
#include "client/cli/text.h"
#include "server/kinds/content/table.h"

namespace linktor::cli {
namespace {

// A customer's text is at most 1000 bytes; one line shows its beginning.
constexpr std::size_t kTextOnALine = 200;

void AddTime(std::string& out, const char* name,
             const google::protobuf::Timestamp& time,
             const absl::TimeZone& zone) {
  AddField(out, name, ShowTime(time, zone));
}

// Returns the name of an enum value without its prefix: "SENT" for
// "MESSAGE_STATE_SENT". A value that this program does not know has no name;
// then the result is its number.
std::string Short(const std::string& name, const char* prefix, int value) {
  if (name.empty()) return absl::StrCat(value);
  return std::string(absl::StripPrefix(name, prefix));
}

std::string Counted(int count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// Returns a summary as one text: its words, its value, and its title in
// quotation marks.
std::string Shown(const kinds::ContentSummary& summary) {
  std::string out = summary.words;
  if (summary.value.has_value()) {
    absl::StrAppend(&out, " ", EscapeControls(*summary.value));
  }
  if (summary.title.has_value()) {
    absl::StrAppend(&out, out.empty() ? "" : ": ",
                    Quote(*summary.title, kTextOnALine));
  }
  return out;
}

// Returns how the outcome of a message became known; the result is empty when
// there is nothing to say.
std::string Settled(v1::SettledBy by) {
  switch (by) {
    case v1::SETTLED_BY_ANSWER:
      return "Instagram's answer";
    case v1::SETTLED_BY_ECHO_CONTENT:
      return "an echo of the same content (a conclusion, not a proof)";
    case v1::SETTLED_BY_CALLER:
      return "someone who looked (messages resolve)";
    default:
      return "";
  }
}

// Returns whether a messaging window is open, and its closing time. The result
// is empty when the server gives no closing time.
std::string WindowLine(const google::protobuf::Timestamp& close, absl::Time now,
                       const absl::TimeZone& zone) {
  if (close.seconds() == 0) return "";
  const bool open = absl::FromUnixSeconds(close.seconds()) > now;
  return absl::StrCat(open ? "open until " : "closed since ",
                      ShowTime(close, zone));
}

}  // namespace

std::string Summary(const v1::MessageContent& content) {
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  std::string out = kind == nullptr ? "something this program does not know"
                                    : Shown(kind->summarise(content));
  if (content.quick_replies_size() > 0) {
    absl::StrAppend(
        &out, " [",
        Counted(content.quick_replies_size(), "quick reply", "quick replies"),
        "]");
  }
  return out;
}

std::string Summary(const v1::Message& message) {
  if (message.has_content() &&
      message.content().content_case() != v1::MessageContent::CONTENT_NOT_SET) {
    return Summary(message.content());
  }
  std::string out;
  if (!message.text().empty()) out = Quote(message.text(), kTextOnALine);
  if (message.attachments_size() > 0) {
    std::string types;
    for (const auto& attachment : message.attachments()) {
      absl::StrAppend(&types, types.empty() ? "" : ", ",
                      EscapeControls(attachment.type()));
    }
    absl::StrAppend(&out, out.empty() ? "" : " ", "[", types, "]");
  }
  if (message.unsupported()) {
    absl::StrAppend(&out, out.empty() ? "" : " ",
                    "(Instagram does not show it to its API)");
  }
  return out.empty() ? "(no text)" : out;
}

std::string Describe(const v1::Channel& channel, const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "channel", EscapeControls(channel.id()));
  AddField(out, "uid", EscapeControls(channel.uid()));
  AddField(out, "etag", EscapeControls(channel.etag()));
  AddField(out, "name", EscapeControls(channel.name()));
  AddField(out, "account", EscapeControls(channel.instagram_account_id()));
  AddField(out, "page", EscapeControls(channel.page_id()));
  AddField(out, "login",
           channel.login_type() == v1::LOGIN_TYPE_INSTAGRAM_LOGIN
               ? "Instagram Login"
               : "Facebook Login");
  AddField(out, "API version", EscapeControls(channel.api_version()));
  AddField(out, "state",
           Short(v1::ChannelState_Name(channel.state()), "CHANNEL_STATE_",
                 channel.state()));
  AddField(out, "webhook path", EscapeControls(channel.webhook_path()));
  AddField(out, "no history",
           channel.on_no_history() == v1::NO_HISTORY_POLICY_REFUSE
               ? "sends to users who have not written are refused"
               : "sends to users who have not written are tried");
  AddField(
      out, "access token",
      channel.access_token_fingerprint().empty()
          ? "NOT SET: nothing can be sent"
          : absl::StrCat("set, fingerprint ",
                         EscapeControls(channel.access_token_fingerprint())));
  for (const v1::AppSecret& secret : channel.app_secrets()) {
    AddField(
        out, "app secret",
        absl::StrCat("set, fingerprint ", EscapeControls(secret.fingerprint()),
                     ", since ", ShowTime(secret.create_time(), zone)));
  }
  if (channel.app_secrets().empty()) {
    AddField(out, "app secret", "NOT SET: webhooks are refused");
  }
  AddField(out, "verify token",
           channel.verify_token_set()
               ? "set"
               : "NOT SET: Meta cannot verify the webhook URL");
  AddTime(out, "created", channel.create_time(), zone);
  AddTime(out, "changed", channel.update_time(), zone);
  return out;
}

namespace {

// Adds fields for everything that came with the message, such as a payload, a
// story, or products.
void AddWhatCameWithIt(std::string& out, const v1::Message& message) {
  AddField(out, "tap gives", EscapeControls(message.quick_reply_payload()));
  AddField(out, "tap gives", EscapeControls(message.postback_payload()));
  if (message.from_ice_breaker()) AddField(out, "tapped", "an ice breaker");
  AddField(out, "story", EscapeControls(message.story().id()));
  AddField(out, "story at", EscapeControls(message.story().url()));
  for (const v1::Product& product : message.products()) {
    AddField(out, "product",
             absl::StrCat(EscapeControls(product.id()),
                          product.name().empty() ? "" : " ",
                          product.name().empty() ? "" : Quote(product.name())));
  }
  AddField(out, "customer", WhatBrought(message));
}

}  // namespace

std::string Describe(const v1::Message& message, const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "message", EscapeControls(message.id()));
  AddField(out, "state",
           Short(v1::MessageState_Name(message.state()), "MESSAGE_STATE_",
                 message.state()));
  AddField(out, "mid", EscapeControls(message.mid()));
  AddField(out, "request id", EscapeControls(message.request_id()));
  AddField(out, "channel", EscapeControls(message.channel_id()));
  AddField(out, "user", EscapeControls(message.user_id()));
  std::string direction = "to the customer";
  if (message.direction() == v1::MESSAGE_DIRECTION_INBOUND) {
    direction = "from the customer";
  } else if (message.origin() == v1::MESSAGE_ORIGIN_ELSEWHERE) {
    direction = "to the customer, sent elsewhere";
  }
  AddField(out, "direction", direction);
  AddField(out, "content", Summary(message));
  // A message with `content` was sent by the gateway, and the summary above
  // already shows its files.
  if (!message.has_content()) {
    for (const v1::Attachment& attachment : message.attachments()) {
      AddField(out, "attachment",
               absl::StrCat(EscapeControls(attachment.type()),
                            attachment.url().empty() ? "" : " ",
                            EscapeControls(attachment.url()),
                            attachment.permalink().empty() ? "" : " ",
                            EscapeControls(attachment.permalink())));
    }
  }
  AddField(out, "answers mid", EscapeControls(message.reply_to_mid()));
  AddWhatCameWithIt(out, message);
  if (message.attempt() > 1)
    AddField(out, "attempt", absl::StrCat(message.attempt()));
  if (message.state() != v1::MESSAGE_STATE_UNCONFIRMED) {
    AddField(out, "settled by", Settled(message.settled_by()));
  }
  AddField(out, "reason", EscapeControls(message.error().reason()));
  AddField(out, "error", EscapeControls(message.error().message()));
  AddField(out, "API key", EscapeControls(message.api_key_id()));
  for (const v1::MessageReaction& reaction : message.reactions()) {
    AddField(out, "reaction",
             absl::StrCat(
                 EscapeControls(reaction.emoji().empty() ? reaction.reaction()
                                                         : reaction.emoji()),
                 reaction.direction() == v1::MESSAGE_DIRECTION_OUTBOUND
                     ? " of the account"
                     : " of the customer"));
  }
  AddTime(out, "written", message.event_time(), zone);
  AddTime(out, "edited", message.edit_time(), zone);
  AddTime(out, "read", message.read_time(), zone);
  AddTime(out, "taken back", message.retract_time(), zone);
  AddTime(out, "created", message.create_time(), zone);
  AddTime(out, "sent", message.send_time(), zone);
  AddTime(out, "echoed", message.echo_time(), zone);
  return out;
}

std::string Describe(const v1::Conversation& conversation, absl::Time now,
                     const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "channel", EscapeControls(conversation.channel_id()));
  AddField(out, "user", EscapeControls(conversation.user_id()));
  if (!conversation.username().empty()) {
    AddField(out, "name",
             absl::StrCat("@", EscapeControls(conversation.username())));
  }
  if (conversation.has_last_inbound_time()) {
    AddTime(out, "last wrote", conversation.last_inbound_time(), zone);
  } else {
    AddField(out, "last wrote", "never, as far as this server knows");
  }
  AddField(out, "24 h window",
           WindowLine(conversation.window_close_time(), now, zone));
  AddField(out, "human agent",
           WindowLine(conversation.human_agent_close_time(), now, zone));
  AddField(out, "opted out",
           conversation.opted_out()
               ? absl::StrCat("YES, since ",
                              ShowTime(conversation.opt_out_time(), zone),
                              ": sends are refused")
               : "no");
  if (conversation.has_thread_owner()) {
    const v1::ThreadOwner& owner = conversation.thread_owner();
    AddField(out, "in control",
             absl::StrCat(owner.app_id().empty()
                              ? "no app"
                              : "app " + EscapeControls(owner.app_id()),
                          ", since ", ShowTime(owner.control_time(), zone)));
  }
  return out;
}

std::string Describe(const v1::GetIceBreakersResponse& ice_breakers) {
  if (ice_breakers.ice_breakers().empty() &&
      ice_breakers.localizations().empty()) {
    return "No ice breakers are set.\n";
  }
  std::string out;
  const auto add = [&out](const v1::IceBreaker& one) {
    absl::StrAppend(&out, "  ", Quote(one.question()), " gives ",
                    EscapeControls(one.payload()), "\n");
  };
  absl::StrAppend(&out, "default\n");
  for (const auto& one : ice_breakers.ice_breakers()) add(one);
  for (const auto& locale : ice_breakers.localizations()) {
    absl::StrAppend(&out, EscapeControls(locale.locale()), "\n");
    for (const auto& one : locale.ice_breakers()) add(one);
  }
  return out;
}

std::string Describe(const v1::UserProfile& profile,
                     const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "user", EscapeControls(profile.user_id()));
  if (profile.has_username()) {
    AddField(out, "username",
             absl::StrCat("@", EscapeControls(profile.username())));
  }
  AddField(out, "name", EscapeControls(profile.name()));
  AddField(out, "picture at", EscapeControls(profile.profile_picture_url()));
  AddTime(out, "picture until", profile.profile_picture_url_expire_time(),
          zone);
  if (profile.has_follower_count()) {
    AddField(out, "followers", absl::StrCat(profile.follower_count()));
  }
  const auto add_flag = [&out](const char* name, bool given, bool value) {
    if (given) AddField(out, name, value ? "yes" : "no");
  };
  add_flag("follows you", profile.has_is_user_follow_business(),
           profile.is_user_follow_business());
  add_flag("you follow", profile.has_is_business_follow_user(),
           profile.is_business_follow_user());
  add_flag("verified", profile.has_is_verified_user(),
           profile.is_verified_user());
  AddTime(out, "as of", profile.fetch_time(), zone);
  return out;
}

std::string Describe(const v1::RefreshMediaResponse& media,
                     const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "message", EscapeControls(media.message_id()));
  AddField(out, "mid", EscapeControls(media.mid()));
  AddField(out, "story", EscapeControls(media.story_id()));
  AddField(out, "story at", EscapeControls(media.media_url()));
  AddTime(out, "story until", media.media_expire_time(), zone);
  for (const v1::Attachment& attachment : media.attachments()) {
    AddField(out, "attachment",
             absl::StrCat(EscapeControls(attachment.type()), " ",
                          EscapeControls(attachment.url())));
  }
  return out;
}

std::string OneLine(const v1::Channel& channel) {
  std::string lacks;
  const auto add = [&lacks](bool missing, const char* what) {
    if (missing) absl::StrAppend(&lacks, lacks.empty() ? "" : ", ", what);
  };
  add(channel.access_token_fingerprint().empty(), "access token");
  add(channel.app_secrets().empty(), "app secret");
  add(!channel.verify_token_set(), "verify token");
  std::string line = absl::StrFormat(
      "%-24s account %-20s %s%s", EscapeControls(channel.id()),
      EscapeControls(channel.instagram_account_id()),
      EscapeControls(channel.name()),
      lacks.empty() ? "" : absl::StrCat(" (NOT SET: ", lacks, ")"));
  absl::StripTrailingAsciiWhitespace(&line);
  return line + "\n";
}

std::string OneLine(const v1::Message& message, const absl::TimeZone& zone) {
  return absl::StrCat(
      ShowTime(message.create_time(), zone), " ",
      message.direction() == v1::MESSAGE_DIRECTION_OUTBOUND ? "to" : "from",
      " ", EscapeControls(message.user_id()), " ",
      Short(v1::MessageState_Name(message.state()), "MESSAGE_STATE_",
            message.state()),
      " ", EscapeControls(message.id()), " ", Summary(message), "\n");
}

std::string OneLine(const v1::Conversation& conversation,
                    const absl::TimeZone& zone) {
  const v1::Message& in = conversation.last_inbound_message();
  const v1::Message& out = conversation.last_outbound_message();
  std::string line = EscapeControls(conversation.user_id());
  if (!conversation.username().empty()) {
    absl::StrAppend(&line, " @", EscapeControls(conversation.username()));
  }
  if (conversation.unanswered_count() > 0) {
    absl::StrAppend(&line, " ", conversation.unanswered_count(), " unanswered");
  }
  if (conversation.opted_out()) absl::StrAppend(&line, " OPTED OUT");
  // The line shows the message that was written last: the customer's when it
  // has no answer yet.
  const bool theirs = conversation.unanswered_count() > 0 ||
                      !conversation.has_last_outbound_message();
  if (theirs && conversation.has_last_inbound_message()) {
    absl::StrAppend(&line, " ", ShowTime(in.create_time(), zone), " from them ",
                    Summary(in));
  } else if (conversation.has_last_outbound_message()) {
    absl::StrAppend(&line, " ", ShowTime(out.create_time(), zone), " to them ",
                    Summary(out));
  }
  return line + "\n";
}

}  // namespace linktor::cli
