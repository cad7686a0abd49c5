#include "emulator/message_json.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emulator/attachment_json.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

constexpr std::string_view kProductFields[] = {"id", "retailer_id", "image_url",
                                               "title", "subtitle"};
// What Instagram says of an ad beside its id.
constexpr std::string_view kAdFields[] = {"ad_title", "photo_url",  "video_url",
                                          "post_id",  "product_id", "flow_id"};

// Returns a URL like those at which Instagram serves a story, for one that was
// given without a link.
std::string MadeUpUrl(std::string_view asset) {
  return absl::StrCat("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=",
                      ToAbsl(asset), "&signature=emulator");
}

// Reads the members that go with a text or attachments.
void ReadContext(JsonReader& body, CustomerEvent& event) {
  if (body.Has("quick_reply") && !body.Has("text")) {
    body.Fail(R"("quick_reply" goes with "text", the title of the reply)");
  }
  if (body.Has("story") && body.Has("reply_to")) {
    body.Fail(R"("story" is short for "reply_to"; give one of them)");
  }
  body.Nested("quick_reply", {"payload"}, [&](JsonReader& reply) {
    event.value["quick_reply"] =
        json::object{{"payload", reply.RequiredString("payload")}};
  });
  body.Nested("story", {"id", "url"}, [&](JsonReader& given) {
    const std::string id = given.RequiredString("id");
    json::object story{{"url", given.String("url").value_or(MadeUpUrl(id))},
                       {"id", id}};
    event.value["reply_to"] = json::object{{"story", std::move(story)}};
  });
  body.Nested("product", {"id"}, [&](JsonReader& given) {
    json::object product{{"id", given.RequiredString("id")}};
    event.value["referral"] = json::object{{"product", std::move(product)}};
  });
  if (body.Has("referral")) event.value["referral"] = ReadReferral(body);
}

}  // namespace

CustomerEvent ReadMessage(JsonReader& body, std::string from) {
  CustomerMessage message{.from = std::move(from),
                          .text = body.String("text").value_or(""),
                          .attachments = ReadAttachments(body, "attachments")};
  if (const json::value* reply_to = body.Find("reply_to")) {
    if (reply_to->is_object()) {
      message.reply_to = reply_to->get_object();
    } else {
      body.Wrong("reply_to", R"(an object such as {"mid": "..."})");
    }
  }
  if (body.status().ok()) {
    const absl::Status status = CheckMessageContent(message);
    if (!status.ok()) body.Fail(ToStd(status.message()));
  }
  CustomerEvent event = MessageEvent(std::move(message));
  ReadContext(body, event);
  return event;
}

CustomerEvent ReadStoryMention(JsonReader& body, std::string_view from) {
  CustomerEvent event;
  body.Nested("story_mention", {"url"}, [&](JsonReader& mention) {
    event = StoryMentionEvent(
        from, mention.String("url").value_or(MadeUpUrl("story_mention")));
  });
  return event;
}

CustomerEvent ReadProductShare(JsonReader& body, std::string_view from) {
  json::array elements;
  body.Nested("product_share", {"elements"}, [&](JsonReader& share) {
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

CustomerEvent ReadPostback(JsonReader& body, std::string_view from) {
  CustomerEvent event;
  body.Nested("postback", {"title", "payload"}, [&](JsonReader& postback) {
    const std::string title = postback.RequiredString("title");
    event = PostbackEvent(from, title, postback.RequiredString("payload"));
  });
  if (body.Has("referral")) event.value["referral"] = ReadReferral(body);
  return event;
}

CustomerEvent ReadReaction(JsonReader& body, std::string_view from) {
  CustomerEvent event;
  body.Nested("reaction", {"mid", "reaction", "emoji"}, [&](JsonReader& given) {
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

CustomerEvent ReadUnreact(JsonReader& body, std::string_view from) {
  CustomerEvent event;
  body.Nested("unreact", {"mid"}, [&](JsonReader& unreact) {
    event = UnreactEvent(from, unreact.RequiredString("mid"));
  });
  return event;
}

json::object ReadReferral(JsonReader& body) {
  json::object referral;
  body.Nested(
      "referral",
      {"ref", "source", "type", "ad_id", "ad_title", "photo_url", "video_url",
       "post_id", "product_id", "flow_id"},
      [&](JsonReader& given) {
        const auto ad = given.String("ad_id");
        referral = {
            {"ref", given.RequiredString("ref")},
            {"source", given.String("source").value_or(ad ? "ADS" : "IG_ME")},
            {"type", given.String("type").value_or("OPEN_THREAD")}};
        if (ad.has_value()) referral["ad_id"] = *ad;
        json::object context;
        for (const std::string_view field : kAdFields) {
          if (const auto text = given.String(field)) {
            context[{field.data(), field.size()}] = *text;
          }
        }
        if (!context.empty()) referral["ads_context_data"] = std::move(context);
      });
  return referral;
}

std::optional<absl::Time> ReadTime(JsonReader& body) {
  const auto ms =
      body.Integer("timestamp", 0, std::numeric_limits<std::int64_t>::max());
  if (!ms.has_value()) return std::nullopt;
  return absl::FromUnixMillis(*ms);
}

std::string ReadAccount(JsonReader& body, std::string_view name) {
  const auto account = body.String(name);
  if (account.has_value() && !IsNumericId(*account)) {
    body.Wrong(name, "an Instagram account's id: a string of 1 to 32 digits");
  }
  return account.value_or("");
}

void ReadCommon(JsonReader& body, CustomerEvent& event) {
  const json::value* standby = body.Find("standby");
  event.standby_copy = standby != nullptr && *standby == json::value("copy");
  if (!event.standby_copy) {
    event.standby = body.Bool("standby").value_or(false);
  }
  const json::array* names = body.Array("leave_out");
  if (names == nullptr) return;
  for (const json::value& name : *names) {
    const std::string_view text =
        name.is_string() ? AsView(name.get_string()) : std::string_view();
    if (std::find(std::begin(kLeaveOut), std::end(kLeaveOut), text) ==
        std::end(kLeaveOut)) {
      return body.Wrong(
          "leave_out",
          absl::StrCat("an array of ", absl::StrJoin(kLeaveOut, ", ",
                                                     [](std::string* out,
                                                        std::string_view one) {
                                                       out->append(one);
                                                     })));
    }
    event.left_out.emplace_back(text);
  }
}

}  // namespace linktor::emulator
