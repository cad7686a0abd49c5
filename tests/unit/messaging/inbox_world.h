// A world of an inbox: random items that Instagram tells of, in posts, and a
// simple model of what must be listed when they have come. The same seed gives
// the same world.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "emulator/customer_event.h"
#include "emulator/webhook_body.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/v1.h"
#include "tests/support/seed.h"

namespace linktor::messaging {

// A world has so many customers.
inline constexpr int kInboxUsers = 3;
// Most worlds are small. A large one has posts of up to 1,000 items, which is
// the most that Meta sends.
inline constexpr std::uint64_t kSmallOnesBetween = 50;
inline constexpr std::size_t kMaxItems = 60;
inline constexpr std::size_t kMaxPost = 20;
inline constexpr std::size_t kMaxItemsOfALargeOne = 2000;
inline constexpr std::size_t kMaxPostOfALargeOne = 1000;
// conversation.proto says how many messages an unanswered_count looks at.
inline constexpr int kMostLookedAt = 100;

// An InboxMessage is what the model knows of one message.
struct InboxMessage {
  std::string user;
  std::string text;
  bool outbound = false;
  bool retracted = false;
  int edits = 0;
  // The customer's last reaction, and when they gave it.
  std::string reaction;
  std::int64_t reaction_ms = 0;
  std::optional<std::int64_t> read_ms;

  std::string Line(const std::string& mid) const {
    if (retracted) return absl::StrCat(mid, " retracted");
    return absl::StrCat(mid, " ", text, outbound ? " out" : " in", " edits ",
                        edits, " reaction ", reaction, " read ",
                        read_ms.value_or(0));
  }
};

inline std::string LineOf(const v1::Message& message) {
  if (message.state() == v1::MESSAGE_STATE_RETRACTED) {
    return absl::StrCat(message.mid(), " retracted");
  }
  return absl::StrCat(
      message.mid(), " ", message.text(),
      message.direction() == v1::MESSAGE_DIRECTION_OUTBOUND ? " out" : " in",
      " edits ", message.edit_count(), " reaction ",
      message.reactions().empty() ? "" : message.reactions(0).reaction(),
      " read ",
      message.has_read_time()
          ? google::protobuf::util::TimeUtil::TimestampToMilliseconds(
                message.read_time())
          : 0);
}

// An InboxItem is one thing that Instagram tells of.
struct InboxItem {
  // It is the item's entry, as JSON.
  std::string entry;
  std::string type;
  std::string user;
  std::int64_t time_ms = 0;
  // A message has it, and what is about a message has it, too.
  std::string mid;
  std::string text;
  int number = 0;
  // It is the app in control from then on, for what gives or takes control.
  std::optional<std::string> owner;

  bool IsMessage() const {
    static const auto& types = *new std::set<std::string>{
        "message.received",        "message.echoed",
        "instagram.quick_reply",   "instagram.story_reply",
        "instagram.story_mention", "instagram.product_share",
        "instagram.postback"};
    return types.contains(type);
  }
};

// A InboxWorld draws items, and says what must be listed when they have come.
class InboxWorld {
 public:
  InboxWorld(std::uint64_t seed, std::int64_t now_ms)
      : random_(seed), now_ms_(now_ms) {
    account_ = absl::StrCat("1784", 1'000'000'000 + seed % 1'000'000'000);
    const bool large = seed % kSmallOnesBetween == 1;
    const std::size_t count =
        1 + random_.Below(large ? kMaxItemsOfALargeOne : kMaxItems);
    const std::size_t max_post = large ? kMaxPostOfALargeOne : kMaxPost;
    mids_ = std::max<std::size_t>(20, count / 2);
    while (items_.size() < count) Draw();
    // Each comes at least once.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      order.insert(order.end(), 1 + (random_.OneIn(4) ? 1U : 0U), i);
    }
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[random_.Below(i)]);
    }
    while (!order.empty()) {
      const std::size_t size =
          std::min(order.size(), 1 + random_.Below(max_post));
      std::string entries;
      for (std::size_t i = 0; i < size; ++i) {
        absl::StrAppend(&entries, i == 0 ? "" : ",", items_[order[i]].entry);
        Come(order[i]);
      }
      posts_.push_back(
          absl::StrCat(R"({"object":"instagram","entry":[)", entries, "]}"));
      order.erase(order.begin(),
                  order.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }

  const std::string& account() const { return account_; }
  const std::vector<std::string>& posts() const { return posts_; }

  // "type user" of each event, in the order of the log.
  const std::vector<std::string>& events() const { return events_; }
  // Returns one line for each of the customer's messages, the newest first.
  std::vector<std::string> Messages(const std::string& user) const {
    std::vector<std::string> lines;
    for (const std::string& mid : LatestFirst()) {
      const InboxMessage& message = messages_.at(mid);
      if (message.user == user) lines.push_back(message.Line(mid));
    }
    return lines;
  }
  // "user unanswered last_activity owner" of each conversation, the latest
  // first.
  std::vector<std::string> Conversations() const {
    std::vector<std::string> lines;
    std::set<std::string> seen;
    for (const std::string& mid : LatestFirst()) {
      const std::string& user = messages_.at(mid).user;
      if (!seen.insert(user).second) continue;
      const auto active = active_ms_.find(user);
      const auto owner = owners_.find(user);
      lines.push_back(absl::StrCat(
          user, " ", Unanswered(user), " ",
          active == active_ms_.end() ? 0 : active->second, " ",
          owner == owners_.end() ? "nobody knows" : owner->second.second));
    }
    return lines;
  }

  static std::string User(int n) { return absl::StrCat("61000000000000", n); }

 private:
  std::vector<std::string> LatestFirst() const {
    return {arrived_.rbegin(), arrived_.rend()};
  }

  int Unanswered(const std::string& user) const {
    int unanswered = 0;
    int looked_at = 0;
    for (const std::string& mid : LatestFirst()) {
      const InboxMessage& message = messages_.at(mid);
      if (message.user != user) continue;
      if (message.outbound || ++looked_at > kMostLookedAt) break;
      if (!message.retracted) ++unanswered;
    }
    return unanswered;
  }

  // Adds the event as the emulator would send it.
  void Add(emulator::CustomerEvent event, InboxItem item) {
    // No two items have the same time.
    item.time_ms =
        now_ms_ - 1'000'000 + static_cast<std::int64_t>(items_.size() * 7);
    event.time = absl::FromUnixMillis(item.time_ms);
    event.mid = item.mid;
    item.user = event.from;
    AddBody(emulator::CustomerEventBody(event, account_,
                                        absl::FromUnixMillis(now_ms_)),
            std::move(item));
  }
  void AddBody(const std::string& body, InboxItem item) {
    constexpr std::string_view kEntry = R"("entry":[)";
    const std::size_t begin = body.find(kEntry) + kEntry.size();
    item.entry = body.substr(begin, body.rfind(']') - begin);
    items_.push_back(std::move(item));
  }

  // Returns the mid of a message that may or may not come in this world.
  std::string AnyMid() { return absl::StrCat("m", random_.Below(mids_)); }
  std::string NewMid() { return absl::StrCat("m", next_mid_++); }

  void Draw() {
    const std::string user = User(static_cast<int>(random_.Below(kInboxUsers)));
    const std::string text = absl::StrCat("text", items_.size());
    switch (random_.Below(16)) {
      case 0:
      case 1:
      case 2:
        return Add(emulator::MessageEvent({.from = user, .text = text}),
                   {.type = "message.received", .mid = NewMid(), .text = text});
      case 3:
        return Add(
            emulator::QuickReplyEvent(user, text, "PAYLOAD"),
            {.type = "instagram.quick_reply", .mid = NewMid(), .text = text});
      case 4:
        return Add(
            emulator::StoryReplyEvent(user, text, "179", "https://a.example/s"),
            {.type = "instagram.story_reply", .mid = NewMid(), .text = text});
      case 5:
        return Add(
            emulator::PostbackEvent(user, text, "PAYLOAD"),
            {.type = "instagram.postback", .mid = NewMid(), .text = text});
      case 6:
        return Add(emulator::StoryMentionEvent(user, "https://a.example/m"),
                   {.type = "instagram.story_mention", .mid = NewMid()});
      case 7:
      case 8:
        return DrawEcho(user, text);
      case 9: {
        const std::string mid = AnyMid();
        return Add(emulator::ReactionEvent(user, mid, "love"),
                   {.type = "instagram.reaction", .mid = mid, .text = "love"});
      }
      case 10:
      case 11:
        return DrawOther(user, text);
      default:
        return DrawChange(user, text);
    }
  }

  // Draws what is special, and what is no part of a conversation.
  void DrawOther(const std::string& user, const std::string& text) {
    namespace json = boost::json;
    switch (random_.Below(8)) {
      case 0:
        return Add(
            emulator::MediaEvent(user, "image", "https://a.example/i.jpg"),
            {.type = "message.received", .mid = NewMid()});
      case 1:
        return Add(emulator::ProductShareEvent(
                       user, {json::object{{"id", "77"}, {"title", text}}}),
                   {.type = "instagram.product_share", .mid = NewMid()});
      case 2:
        return Add(
            emulator::OptinEvent(
                user, {{"type", "notification_messages"}, {"payload", text}}),
            {.type = "instagram.optin"});
      case 3:
        return DrawHandover(user, text);
      case 4:
        return Add(emulator::CommentEvent(user, "somebody",
                                          {{"id", absl::StrCat("18", text)},
                                           {"text", text},
                                           {"media", {{"id", "179"}}}}),
                   {.type = "instagram.comment"});
      case 5:
        return Add(emulator::MentionEvent({{"media_id", text}}),
                   {.type = "instagram.mention"});
      case 6:
        return Add(
            emulator::PolicyEvent({{"action", "warning"}, {"reason", text}}),
            {.type = "instagram.policy_enforcement"});
      default:
        return Add(
            emulator::StoryInsightsEvent({{"media_id", text}, {"reach", 1}}),
            {.type = "instagram.story_insights"});
    }
  }

  // Draws a change of control, or a wish for one, which changes nothing.
  void DrawHandover(const std::string& user, const std::string& text) {
    const std::string app = absl::StrCat(random_.Below(3));
    switch (random_.Below(3)) {
      case 0:
        return Add(emulator::HandoverEvent(
                       user, "pass_thread_control",
                       {{"new_owner_app_id", app}, {"metadata", text}}),
                   {.type = "instagram.handover", .owner = app});
      case 1:
        return Add(emulator::HandoverEvent(user, "take_thread_control",
                                           {{"previous_owner_app_id", "9"},
                                            {"new_owner_app_id", app},
                                            {"metadata", text}}),
                   {.type = "instagram.handover", .owner = app});
      default:
        return Add(emulator::HandoverEvent(
                       user, "request_thread_control",
                       {{"requested_owner_app_id", app}, {"metadata", text}}),
                   {.type = "instagram.handover"});
    }
  }

  void DrawEcho(const std::string& user, const std::string& text) {
    emulator::SentMessage sent;
    sent.account_id = account_;
    sent.mid = NewMid();
    sent.send.recipient_id = user;
    sent.send.text = text;
    const std::int64_t time_ms =
        now_ms_ - 1'000'000 + static_cast<std::int64_t>(items_.size() * 7);
    AddBody(emulator::EchoBody(sent, absl::FromUnixMillis(time_ms)),
            {.entry = {},
             .type = "message.echoed",
             .user = user,
             .time_ms = time_ms,
             .mid = sent.mid,
             .text = text});
  }

  // Draws what is about a message, or about none.
  void DrawChange(const std::string& user, const std::string& text) {
    const std::string mid = AnyMid();
    switch (random_.Below(7)) {
      case 0:
        return Add(emulator::UnreactEvent(user, mid),
                   {.type = "instagram.reaction", .mid = mid});
      case 1: {
        const int number = ++edits_[mid];
        return Add(emulator::EditEvent(user, mid, text, number),
                   {.type = "message.edited",
                    .mid = mid,
                    .text = text,
                    .number = number});
      }
      case 2:
        return Add(emulator::ReadEvent(user, mid),
                   {.type = "message.read", .mid = mid});
      case 3:
        if (!unsent_.insert(mid).second) return;
        return Add(emulator::UnsendEvent(user, mid),
                   {.type = "message.unsent", .mid = mid});
      case 4:
        return Add(emulator::ReferralEvent(user, {{"ref", text},
                                                  {"source", "SHORTLINK"},
                                                  {"type", "OPEN_THREAD"}}),
                   {.type = "instagram.referral"});
      case 5:
        return Add(emulator::FeedbackEvent(user, mid, true),
                   {.type = "instagram.feedback", .mid = mid});
      default:
        return Add(emulator::ReactionEvent(user, mid, "wow"),
                   {.type = "instagram.reaction", .mid = mid, .text = "wow"});
    }
  }

  // The item comes; a repeated one changes nothing.
  void Come(std::size_t index) {
    if (!came_.insert(index).second) return;
    const InboxItem& item = items_[index];
    events_.push_back(absl::StrCat(item.type, " ", item.user));
    InboxMessage& message = messages_[item.mid];
    if (item.owner.has_value()) {
      std::pair<std::int64_t, std::string>& owner = owners_[item.user];
      owner = std::max(owner, {item.time_ms, *item.owner});
    }
    if (item.type == "instagram.reaction") {
      if (item.time_ms < message.reaction_ms) return;
      message.reaction_ms = item.time_ms;
      message.reaction = item.text;
    } else if (item.type == "message.edited") {
      if (item.number <= message.edits) return;
      message.edits = item.number;
      edited_[item.mid] = item.text;
      if (!message.user.empty()) message.text = item.text;
    } else if (item.type == "message.read") {
      message.read_ms =
          std::min(message.read_ms.value_or(item.time_ms), item.time_ms);
    } else if (item.type == "message.unsent") {
      message.retracted = true;
    } else if (item.IsMessage()) {
      message.user = item.user;
      message.outbound = item.type == "message.echoed";
      const auto edit = edited_.find(item.mid);
      message.text = edit == edited_.end() ? item.text : edit->second;
      arrived_.push_back(item.mid);
      if (!message.outbound) {
        std::int64_t& active = active_ms_[item.user];
        active = std::max(active, item.time_ms);
      }
    }
  }

  Random random_;
  const std::int64_t now_ms_;
  std::string account_;
  std::size_t mids_ = 0;
  int next_mid_ = 0;
  std::map<std::string, int> edits_;
  std::set<std::string> unsent_;
  std::vector<InboxItem> items_;
  std::vector<std::string> posts_;

  std::set<std::size_t> came_;
  std::vector<std::string> events_;
  std::map<std::string, InboxMessage> messages_;
  std::map<std::string, std::string> edited_;
  // The mids of messages, in the order in which they came.
  std::vector<std::string> arrived_;
  std::map<std::string, std::int64_t> active_ms_;
  // For each customer, this has the app that controls the conversation, and
  // since when it does.
  std::map<std::string, std::pair<std::int64_t, std::string>> owners_;
};

}  // namespace linktor::messaging
