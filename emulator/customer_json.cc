#include "emulator/customer_json.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emulator/item_json.h"
#include "emulator/json_reader.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

constexpr std::string_view kProductFields[] = {"id", "retailer_id", "image_url",
                                               "title", "subtitle"};
// Ten years: nothing is remembered for longer.
constexpr std::int64_t kMaxAgeSeconds = 10LL * 366 * 24 * 3600;

// There are not more people.
constexpr std::int64_t kMaxFollowers = 10'000'000'000;

constexpr std::string_view kCustomerId =
    "an Instagram-scoped id: a string of 1 to 32 digits";

// Returns a URL like those at which Instagram serves a story, for one that was
// given without a link.
std::string MadeUpUrl(std::string_view asset) {
  return absl::StrCat("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=",
                      ToAbsl(asset), "&signature=emulator");
}

std::optional<absl::Time> ReadTime(JsonReader& reader) {
  const auto ms =
      reader.Integer("timestamp", 0, std::numeric_limits<std::int64_t>::max());
  if (!ms.has_value()) return std::nullopt;
  return absl::FromUnixMillis(*ms);
}

std::string ReadTo(JsonReader& reader) {
  const auto to = reader.String("to");
  if (to.has_value() && !IsNumericId(*to)) {
    reader.Wrong("to", "an Instagram account's id: a string of 1 to 32 digits");
  }
  return to.value_or("");
}

// Reads who does it. What Instagram also sends without a customer need not name
// one.
std::string ReadFrom(JsonReader& reader) {
  if (!reader.Has("from") && !ItemNameOf(reader).empty()) return "";
  std::string from = reader.String("from").value_or("");
  if (!IsNumericId(from)) {
    reader.Wrong("from", kCustomerId);
  }
  return from;
}

// {"type", "url"} is short for the form that Instagram sends; every other
// attachment is sent as given.
json::value ReadAttachment(JsonReader& reader, const json::value& given) {
  const json::object* object = given.if_object();
  if (object == nullptr || !object->contains("url")) return given;
  json::object attachment;
  reader.Element(given, "attachments", {"type", "url"}, [&](JsonReader& one) {
    const std::string type = one.RequiredString("type");
    const std::string url = one.RequiredString("url");
    attachment = {{"type", type}, {"payload", json::object{{"url", url}}}};
  });
  return attachment;
}

// Reads what an ig.me link or an ad says of itself.
json::object ReadReferral(JsonReader& reader) {
  json::object referral;
  reader.Nested(
      "referral", {"ref", "source", "type", "ad_id", "ad_title"},
      [&](JsonReader& given) {
        const auto ad = given.String("ad_id");
        referral = {
            {"ref", given.RequiredString("ref")},
            {"source", given.String("source").value_or(ad ? "ADS" : "IG_ME")},
            {"type", given.String("type").value_or("OPEN_THREAD")}};
        if (ad.has_value()) referral["ad_id"] = *ad;
        if (const auto title = given.String("ad_title")) {
          referral["ads_context_data"] = json::object{{"ad_title", *title}};
        }
      });
  return referral;
}

// Reads the members that go with a text or attachments.
void ReadContext(JsonReader& reader, CustomerEvent& event) {
  if (reader.Has("quick_reply") && !reader.Has("text")) {
    reader.Fail(R"("quick_reply" goes with "text", the title of the reply)");
  }
  if (reader.Has("story") && reader.Has("reply_to")) {
    reader.Fail(R"("story" is short for "reply_to"; give one of them)");
  }
  reader.Nested("quick_reply", {"payload"}, [&](JsonReader& reply) {
    event.value["quick_reply"] =
        json::object{{"payload", reply.RequiredString("payload")}};
  });
  reader.Nested("story", {"id", "url"}, [&](JsonReader& given) {
    const std::string id = given.RequiredString("id");
    json::object story{{"url", given.String("url").value_or(MadeUpUrl(id))},
                       {"id", id}};
    event.value["reply_to"] = json::object{{"story", std::move(story)}};
  });
  reader.Nested("product", {"id"}, [&](JsonReader& given) {
    json::object product{{"id", given.RequiredString("id")}};
    event.value["referral"] = json::object{{"product", std::move(product)}};
  });
  if (reader.Has("referral")) event.value["referral"] = ReadReferral(reader);
}

CustomerEvent ReadMessage(JsonReader& reader, std::string from) {
  CustomerMessage message{.from = std::move(from),
                          .text = reader.String("text").value_or("")};
  if (const json::array* attachments = reader.Array("attachments")) {
    for (const json::value& attachment : *attachments) {
      message.attachments.push_back(ReadAttachment(reader, attachment));
    }
  }
  if (const json::value* reply_to = reader.Find("reply_to")) {
    if (reply_to->is_object()) {
      message.reply_to = reply_to->get_object();
    } else {
      reader.Wrong("reply_to", R"(an object such as {"mid": "..."})");
    }
  }
  if (reader.status().ok()) {
    const absl::Status status = CheckCustomerMessage(message);
    if (!status.ok()) reader.Fail(ToStd(status.message()));
  }
  CustomerEvent event = MessageEvent(std::move(message));
  ReadContext(reader, event);
  return event;
}

CustomerEvent ReadProductShare(JsonReader& reader, std::string_view from) {
  json::array elements;
  reader.Nested("product_share", {"elements"}, [&](JsonReader& share) {
    const json::array* list = share.Array("elements");
    if (list == nullptr || list->empty()) {
      return share.Wrong("elements", "an array with at least one product");
    }
    for (const json::value& given : *list) {
      share.Element(given, "elements",
                    {"id", "retailer_id", "image_url", "title", "subtitle"},
                    [&](JsonReader& one) {
                      json::object product;
                      one.RequiredString("id");
                      for (const std::string_view field : kProductFields) {
                        if (const auto text = one.String(field)) {
                          product[{field.data(), field.size()}] = *text;
                        }
                      }
                      elements.push_back(std::move(product));
                    });
    }
  });
  return ProductShareEvent(from, std::move(elements));
}

CustomerEvent ReadReaction(JsonReader& reader, std::string_view from) {
  CustomerEvent event;
  reader.Nested(
      "reaction", {"mid", "reaction", "emoji"}, [&](JsonReader& given) {
        const std::string mid = given.String("mid").value_or("");
        const std::string name = given.RequiredString("reaction");
        const std::string emoji = given.String("emoji").value_or("");
        if (emoji.empty() && UsualEmoji(name).empty()) {
          given.Fail(R"("reaction.emoji" is needed: only love, laugh, wow, )"
                     "sad, angry and like have one of their own");
        }
        event = ReactionEvent(from, mid, name, emoji);
      });
  return event;
}

// Returns whether the customer came by `part` and neither wrote nor tapped.
bool IsAlone(JsonReader& reader, const char* part) {
  return reader.Has(part) && !reader.Has("text") &&
         !reader.Has("attachments") && !reader.Has("postback");
}

// Reads the kind that `reader` has, of which there is exactly one.
CustomerEvent ReadKind(JsonReader& reader, const std::string& from) {
  CustomerEvent event;
  if (reader.Has("story_mention")) {
    reader.Nested("story_mention", {"url"}, [&](JsonReader& mention) {
      event = StoryMentionEvent(
          from, mention.String("url").value_or(MadeUpUrl("story_mention")));
    });
  } else if (reader.Has("product_share")) {
    event = ReadProductShare(reader, from);
  } else if (reader.Has("postback")) {
    reader.Nested("postback", {"title", "payload"}, [&](JsonReader& postback) {
      const std::string title = postback.RequiredString("title");
      event = PostbackEvent(from, title, postback.RequiredString("payload"));
    });
    if (reader.Has("referral")) event.value["referral"] = ReadReferral(reader);
  } else if (reader.Has("reaction")) {
    event = ReadReaction(reader, from);
  } else if (reader.Has("unreact")) {
    reader.Nested("unreact", {"mid"}, [&](JsonReader& unreact) {
      event = UnreactEvent(from, unreact.RequiredString("mid"));
    });
  } else if (IsAlone(reader, "referral")) {
    event = ReferralEvent(from, ReadReferral(reader));
  } else if (const auto name = ItemNameOf(reader); !name.empty()) {
    event = ReadItem(reader, name, from);
  } else {
    event = ReadMessage(reader, from);
  }
  return event;
}

// There must be exactly one kind, and nothing that belongs to another.
void CheckKinds(JsonReader& reader) {
  const bool message = reader.Has("text") || reader.Has("attachments");
  int kinds = message ? 1 : 0;
  for (const char* kind :
       {"story_mention", "product_share", "postback", "reaction", "unreact"}) {
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
        "\"unreact\", \"referral\", \"",
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
       "comment",       "live_comment", "mention",     "story_insights"});
  const std::string from = ReadFrom(reader);
  if (reader.status().ok()) CheckKinds(reader);
  LINKTOR_TRY(reader.status());
  CustomerEvent event = ReadKind(reader, from);
  if (reader.status().ok() && from.empty() && !MayBeOfNobody(event)) {
    reader.Wrong("from", kCustomerId);
  }
  event.to = ReadTo(reader);
  if (const auto mid = reader.String("mid")) event.mid = *mid;
  event.time = ReadTime(reader);
  event.standby = reader.Bool("standby").value_or(false);
  LINKTOR_TRY(reader.status());
  return event;
}

absl::StatusOr<Tap> ReadTap(const json::value& body) {
  JsonReader reader(body, {"from", "to", "title", "payload", "message_mid",
                           "timestamp", "standby"});
  Tap tap{.from = ReadFrom(reader),
          .to = ReadTo(reader),
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
