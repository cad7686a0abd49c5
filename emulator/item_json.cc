#include "emulator/item_json.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Meta gives this for counts that are too small to be told.
constexpr std::int64_t kNotTold = -1;
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();

// Copies the strings of those names that are there.
void CopyStrings(JsonReader& reader,
                 std::initializer_list<std::string_view> names,
                 json::object& out) {
  for (const std::string_view name : names) {
    if (const auto text = reader.String(name)) {
      out[{name.data(), name.size()}] = *text;
    }
  }
}

// Returns an id like those of comments, which nobody else has.
std::string NewCommentId() {
  std::uint64_t number = 0;
  FillRandom(&number, sizeof(number));
  constexpr std::uint64_t kDigits = 1'000'000'000'000'000;
  return absl::StrCat("18", kDigits + number % (9 * kDigits));
}

// Live edits have their number as a number, and Meta's documents as a string.
CustomerEvent ReadEdit(JsonReader& body, const std::string& from) {
  CustomerEvent event;
  body.Nested("edit", {"mid", "text", "num_edit"}, [&](JsonReader& edit) {
    const std::string mid = edit.RequiredString("mid");
    const auto text = edit.String("text");
    const json::value* given = edit.Find("num_edit");
    if (given != nullptr && given->is_string()) {
      event = EditEvent(from, mid, text.value_or(""), 0);
      event.value["num_edit"] = *given;
      if (!IsNumericId(AsView(given->get_string()))) {
        edit.Wrong("num_edit", "a whole number, or a string of its digits");
      }
    } else {
      const auto number =
          edit.Integer("num_edit", 0, std::numeric_limits<std::int32_t>::max());
      event = EditEvent(from, mid, text.value_or(""), number.value_or(1));
    }
    if (!text.has_value()) event.value.erase("text");
  });
  return event;
}

CustomerEvent ReadOptin(JsonReader& body, const std::string& from) {
  json::object value;
  body.Nested(
      "optin",
      {"type", "payload", "title", "notification_messages_token",
       "notification_messages_frequency", "notification_messages_timezone",
       "token_expiry_timestamp", "user_token_status",
       "notification_messages_status"},
      [&](JsonReader& optin) {
        value["type"] = optin.String("type").value_or("notification_messages");
        CopyStrings(optin,
                    {"payload", "title", "notification_messages_token",
                     "notification_messages_frequency",
                     "notification_messages_timezone", "user_token_status",
                     "notification_messages_status"},
                    value);
        if (const auto time =
                optin.Integer("token_expiry_timestamp", 0, kMaxCount)) {
          value["token_expiry_timestamp"] = *time;
        }
      });
  return OptinEvent(from, std::move(value));
}

// The words of an action, and Instagram's key for it.
struct Action {
  std::string_view name;
  std::string_view key;
};
constexpr Action kActions[] = {
    {"pass", "pass_thread_control"},
    {"take", "take_thread_control"},
    {"request", "request_thread_control"},
    {"metadata", "pass_thread_metadata"},
    {"app_roles", "app_roles"},
};

// Copies the ids of apps, which Instagram sends as strings, as numbers, and as
// null for none.
void CopyAppIds(JsonReader& reader,
                std::initializer_list<std::string_view> names,
                json::object& out) {
  for (const std::string_view name : names) {
    const json::value* id = reader.Find(name);
    if (id == nullptr) continue;
    if (!id->is_string() && !id->is_number() && !id->is_null()) {
      reader.Wrong(name, "an app's id: a string, a number or null");
    }
    out[{name.data(), name.size()}] = *id;
  }
}

CustomerEvent ReadHandover(JsonReader& body, const std::string& from) {
  CustomerEvent event;
  body.Nested(
      "handover",
      {"action", "previous_owner_app_id", "new_owner_app_id",
       "requested_owner_app_id", "caller_app_id", "metadata", "roles"},
      [&](JsonReader& given) {
        const std::string action = given.RequiredString("action");
        json::object value;
        CopyAppIds(given,
                   {"previous_owner_app_id", "new_owner_app_id",
                    "requested_owner_app_id", "caller_app_id"},
                   value);
        CopyStrings(given, {"metadata"}, value);
        if (action == "app_roles") {
          const json::object* roles = given.Object("roles");
          if (roles == nullptr || !value.empty()) {
            return given.Fail(R"("app_roles" goes with "roles" and no more)");
          }
          value = *roles;
        } else if (given.Has("roles")) {
          return given.Fail(R"("roles" goes with the action "app_roles")");
        }
        for (const Action& known : kActions) {
          if (known.name == action) {
            event = HandoverEvent(from, known.key, std::move(value));
            return;
          }
        }
        given.Wrong("action", "pass, take, request, metadata or app_roles");
      });
  return event;
}

CustomerEvent ReadComment(JsonReader& body, std::string_view name,
                          const std::string& from) {
  const bool live = name == "live_comment";
  CustomerEvent event;
  body.Nested(
      name,
      {"id", "id_as", "text", "username", "parent_id", "media_id",
       "media_product_type", "ad_id", "ad_title", "original_media_id",
       "by_account", "flat"},
      [&](JsonReader& given) {
        json::object media{{"media_product_type", live ? "LIVE" : "FEED"}};
        if (const auto id = given.String("media_id")) media["id"] = *id;
        CopyStrings(
            given,
            {"media_product_type", "ad_id", "ad_title", "original_media_id"},
            media);
        // Some of Meta's samples call it comment_id.
        const std::string id_as = given.String("id_as").value_or("id");
        if (id_as != "id" && id_as != "comment_id") {
          given.Wrong("id_as", R"("id" or "comment_id")");
        }
        json::object comment;
        comment[id_as] = given.String("id").value_or(NewCommentId());
        CopyStrings(given, {"text", "parent_id"}, comment);
        comment["media"] = std::move(media);
        event = CommentEvent(from, given.String("username").value_or(""),
                             std::move(comment), live);
        event.by_account = given.Bool("by_account").value_or(false);
        event.flat = given.Bool("flat").value_or(false);
        if (event.by_account && !from.empty()) {
          given.Fail(R"(a comment "by_account" has no "from")");
        }
      });
  return event;
}

CustomerEvent ReadStoryInsights(JsonReader& body) {
  json::object value;
  body.Nested(
      "story_insights",
      {"media_id", "impressions", "reach", "taps_forward", "taps_back", "exits",
       "replies"},
      [&](JsonReader& story) {
        value["media_id"] = story.RequiredString("media_id");
        for (const std::string_view count :
             {"impressions", "reach", "taps_forward", "taps_back", "exits",
              "replies"}) {
          if (const auto number = story.Integer(count, kNotTold, kMaxCount)) {
            value[{count.data(), count.size()}] = *number;
          }
        }
      });
  return StoryInsightsEvent(std::move(value));
}

CustomerEvent ReadOther(JsonReader& body, const std::string& from) {
  CustomerEvent event;
  body.Nested("other", {"key", "value"}, [&](JsonReader& given) {
    const std::string key = given.RequiredString("key");
    if (key == "sender" || key == "recipient" || key == "timestamp") {
      given.Wrong("key", "the name of a kind of item");
    }
    const json::object* value = given.Object("value");
    event = OtherEvent(from, key, value == nullptr ? json::object() : *value);
  });
  return event;
}

CustomerEvent ReadNobodys(JsonReader& body, std::string_view name) {
  if (body.Has("from")) {
    body.Fail(absl::StrCat("\"", ToAbsl(name), R"(" has no "from")"));
  }
  json::object value;
  if (name == "mention") {
    body.Nested(name, {"media_id", "comment_id"}, [&](JsonReader& mention) {
      value["media_id"] = mention.RequiredString("media_id");
      CopyStrings(mention, {"comment_id"}, value);
    });
    return MentionEvent(std::move(value));
  }
  if (name == "policy_enforcement") {
    body.Nested(name, {"action", "reason"}, [&](JsonReader& policy) {
      value["action"] = policy.RequiredString("action");
      CopyStrings(policy, {"reason"}, value);
    });
    return PolicyEvent(std::move(value));
  }
  return ReadStoryInsights(body);
}

}  // namespace

std::string_view ItemNameOf(const JsonReader& body) {
  for (const std::string_view name : kItemNames) {
    if (body.Has(name)) return name;
  }
  return {};
}

CustomerEvent ReadItem(JsonReader& body, std::string_view name,
                       const std::string& from) {
  CustomerEvent event;
  if (name == "read") {
    body.Nested(name, {"mid"}, [&](JsonReader& read) {
      event = ReadEvent(from, read.String("mid").value_or(""));
    });
  } else if (name == "edit") {
    event = ReadEdit(body, from);
  } else if (name == "unsend") {
    body.Nested(name, {"mid"}, [&](JsonReader& unsend) {
      event = UnsendEvent(from, unsend.RequiredString("mid"));
    });
  } else if (name == "optin") {
    event = ReadOptin(body, from);
  } else if (name == "handover") {
    event = ReadHandover(body, from);
  } else if (name == "feedback") {
    body.Nested(name, {"mid", "positive"}, [&](JsonReader& feedback) {
      event = FeedbackEvent(from, feedback.String("mid").value_or(""),
                            feedback.Bool("positive").value_or(true));
    });
  } else if (name == "comment" || name == "live_comment") {
    event = ReadComment(body, name, from);
  } else if (name == "other") {
    event = ReadOther(body, from);
  } else {
    event = ReadNobodys(body, name);
  }
  if (event.change && (body.Has("timestamp") || body.Has("standby"))) {
    body.Fail(absl::StrCat("\"", ToAbsl(name),
                           R"(" has neither "timestamp" nor "standby")"));
  }
  if (body.Has("mid")) {
    body.Fail(absl::StrCat("\"", ToAbsl(name), R"(" has no "mid" of its own)"));
  }
  return event;
}

}  // namespace linktor::emulator
