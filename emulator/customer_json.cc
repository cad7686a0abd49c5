#include "emulator/customer_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emulator/item_json.h"
#include "emulator/json_reader.h"
#include "emulator/message_json.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/kinds/table.h"

namespace linktor::emulator {
namespace {

// This is ten years. Nothing is remembered for longer.
constexpr std::int64_t kMaxAgeSeconds = 10LL * 366 * 24 * 3600;

// There are fewer people than this.
constexpr std::int64_t kMaxFollowers = 10'000'000'000;

// Reads the customer's id. Instagram also sends some items without a customer.
// Such an item need not have "from", and the result is then empty.
std::string ReadFrom(JsonReader& reader) {
  if (!reader.Has("from") && !ItemNameOf(reader).empty()) return "";
  std::string from = reader.String("from").value_or("");
  if (!IsNumericId(from)) {
    reader.Wrong("from", kCustomerId);
  }
  return from;
}

// Returns whether the body has `part`, but neither a message nor a postback.
bool IsAlone(JsonReader& reader, const char* part) {
  return reader.Has(part) && !reader.Has("text") &&
         !reader.Has("attachments") && !reader.Has("postback");
}

// Reads the event. CheckKinds() has made sure that it has exactly one kind.
CustomerEvent ReadKind(JsonReader& reader, const std::string& from) {
  if (reader.Has("story_mention")) return ReadStoryMention(reader, from);
  if (reader.Has("product_share")) return ReadProductShare(reader, from);
  if (reader.Has("postback")) return ReadPostback(reader, from);
  if (reader.Has("reaction")) return ReadReaction(reader, from);
  if (reader.Has("unreact")) return ReadUnreact(reader, from);
  if (reader.Has("unsupported")) return UnsupportedEvent(from);
  if (IsAlone(reader, "referral")) {
    return ReferralEvent(from, ReadReferral(reader));
  }
  if (const auto name = ItemNameOf(reader); !name.empty()) {
    return ReadItem(reader, name, from);
  }
  return ReadMessage(reader, from);
}

// Reads when the edit numbered 0 of a message comes, if at all.
EditZero ReadEditZero(JsonReader& reader, const CustomerEvent& event) {
  const auto when = reader.String("edit_zero");
  if (!when.has_value()) return EditZero::kNone;
  if (event.kind != kinds::kMessageKey || !IsMessage(event)) {
    reader.Fail(R"("edit_zero" goes with messages)");
  }
  if (*when == "before") return EditZero::kBefore;
  if (*when == "after") return EditZero::kAfter;
  if (*when == "alone") return EditZero::kAlone;
  reader.Wrong("edit_zero", R"("before", "after" or "alone")");
  return EditZero::kNone;
}

// Checks that the body has exactly one kind of event, and nothing that belongs
// to another kind. A wrong body is a problem of the reader.
void CheckKinds(JsonReader& reader) {
  const bool message = reader.Has("text") || reader.Has("attachments");
  int kinds = message ? 1 : 0;
  for (const char* kind : {"story_mention", "product_share", "postback",
                           "reaction", "unreact", "unsupported"}) {
    if (reader.Has(kind)) ++kinds;
  }
  if (IsAlone(reader, "referral")) ++kinds;
  for (const std::string_view name : kItemNames) {
    if (reader.Has(name)) ++kinds;
  }
  if (kinds != 1) {
    reader.Fail(absl::StrCat(
        "give exactly one of \"text\" or \"attachments\" (or both), "
        "\"story_mention\", \"product_share\", \"postback\", \"reaction\", "
        "\"unreact\", \"unsupported\", \"referral\", \"",
        absl::StrJoin(
            kItemNames, "\", \"",
            [](std::string* out, std::string_view name) { out->append(name); }),
        "\""));
  }
  for (const char* part : {"reply_to", "quick_reply", "story", "product"}) {
    if (reader.Has(part) && !message) {
      reader.Fail(
          absl::StrCat("\"", part, R"(" goes with "text" or "attachments")"));
    }
  }
  if (reader.Has("product") && reader.Has("referral")) {
    reader.Fail(R"("product" is short for "referral"; give one of them)");
  }
  if (reader.Has("mid") && (reader.Has("reaction") || reader.Has("unreact"))) {
    reader.Fail("a reaction has no \"mid\" of its own");
  }
  if (reader.Has("mid") && IsAlone(reader, "referral")) {
    reader.Fail("a referral alone has no \"mid\"");
  }
}

}  // namespace

absl::StatusOr<CustomerEvent> ReadCustomerEvent(const json::value& body) {
  JsonReader reader(
      body,
      {"from",          "to",           "mid",         "timestamp",
       "standby",       "text",         "attachments", "reply_to",
       "quick_reply",   "story",        "product",     "story_mention",
       "product_share", "postback",     "reaction",    "unreact",
       "referral",      "read",         "edit",        "unsend",
       "optin",         "handover",     "feedback",    "policy_enforcement",
       "comment",       "live_comment", "mention",     "story_insights",
       "other",         "unsupported",  "edit_zero",   "messenger",
       "leave_out"});
  const std::string from = ReadFrom(reader);
  if (reader.status().ok()) CheckKinds(reader);
  LINKTOR_TRY(reader.status());
  CustomerEvent event = ReadKind(reader, from);
  if (reader.status().ok() && from.empty() && !MayBeOfNobody(event)) {
    reader.Wrong("from", kCustomerId);
  }
  event.to = ReadAccount(reader, "to");
  if (const auto mid = reader.String("mid")) event.mid = *mid;
  event.time = ReadTime(reader);
  ReadCommon(reader, event);
  event.edit_zero = ReadEditZero(reader, event);
  event.messenger = reader.Bool("messenger").value_or(false);
  if (event.change && (event.messenger || !event.left_out.empty())) {
    reader.Fail(R"("messenger" and "leave_out" go with messaging items)");
  }
  if (reader.Bool("unsupported") == false) {
    reader.Wrong("unsupported", "true, or absent");
  }
  LINKTOR_TRY(reader.status());
  return event;
}

absl::StatusOr<Tap> ReadTap(const json::value& body) {
  JsonReader reader(body, {"from", "to", "title", "payload", "message_mid",
                           "timestamp", "standby"});
  Tap tap{.from = ReadFrom(reader),
          .to = ReadAccount(reader, "to"),
          .title = reader.String("title").value_or(""),
          .payload = reader.String("payload").value_or(""),
          .message_mid = reader.String("message_mid").value_or(""),
          .time = ReadTime(reader),
          .standby = reader.Bool("standby").value_or(false)};
  if (tap.title.empty() && tap.payload.empty()) {
    reader.Fail(
        R"(a tap needs the "title" of what is tapped, or its "payload")");
  }
  LINKTOR_TRY(reader.status());
  return tap;
}

absl::StatusOr<UserChange> ReadUserChange(const json::value& body) {
  JsonReader reader(body,
                    {"username", "name", "profile_pic", "follower_count",
                     "is_user_follow_business", "is_business_follow_user",
                     "is_verified_user", "profile_consent", "exists", "blocked",
                     "messages_allowed", "app_role", "last_message_age_s"});
  UserChange change{
      .username = reader.String("username"),
      .name = reader.String("name"),
      .profile_pic = reader.String("profile_pic"),
      .follower_count = reader.Integer("follower_count", 0, kMaxFollowers),
      .is_user_follow_business = reader.Bool("is_user_follow_business"),
      .is_business_follow_user = reader.Bool("is_business_follow_user"),
      .is_verified_user = reader.Bool("is_verified_user"),
      .profile_consent = reader.Bool("profile_consent"),
      .exists = reader.Bool("exists"),
      .blocked = reader.Bool("blocked"),
      .messages_allowed = reader.Bool("messages_allowed"),
      .app_role = reader.Bool("app_role")};
  if (const json::value* age = reader.Find("last_message_age_s")) {
    change.last_message_age.emplace();
    if (!age->is_null()) {
      const auto seconds =
          reader.Integer("last_message_age_s", 0, kMaxAgeSeconds);
      *change.last_message_age = absl::Seconds(seconds.value_or(0));
    }
  }
  LINKTOR_TRY(reader.status());
  return change;
}

json::object UserJson(const User& user, absl::Time now) {
  json::array tappable;
  for (const Tappable& one : user.tappable) {
    const bool quick_reply = one.offer.kind == Offer::Kind::kQuickReply;
    tappable.push_back(
        json::object{{"kind", quick_reply ? "quick_reply" : "button"},
                     {"title", one.offer.title},
                     {"payload", one.offer.payload},
                     {"message_mid", one.mid}});
  }
  json::value age;
  if (user.last_message.has_value()) {
    age = absl::ToInt64Seconds(now - *user.last_message);
  }
  return {{"id", user.id},
          {"username", user.username},
          {"name", user.name},
          {"profile_pic", user.profile_pic},
          {"follower_count", user.follower_count},
          {"is_user_follow_business", user.is_user_follow_business},
          {"is_business_follow_user", user.is_business_follow_user},
          {"is_verified_user", user.is_verified_user},
          {"profile_consent", user.profile_consent},
          {"written", user.written},
          {"received", user.received},
          {"last_received_mid", user.last_received_mid},
          {"last_message_age_s", std::move(age)},
          {"exists", user.exists},
          {"blocked", user.blocked},
          {"messages_allowed", user.messages_allowed},
          {"app_role", user.app_role},
          {"tappable", std::move(tappable)}};
}

}  // namespace linktor::emulator
