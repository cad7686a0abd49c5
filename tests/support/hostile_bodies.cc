#include "tests/support/hostile_bodies.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

constexpr std::size_t kSize = 1 << 20;

// Returns a body of messaging items: `items` one after the other, again and
// again up to the size.
HostileBody Items(std::string name, const std::vector<std::string>& items) {
  HostileBody out{.name = std::move(name), .text = {}, .items = {}};
  out.text =
      R"({"object":"instagram","entry":[{"id":"17841400000000001","time":1,"messaging":[)";
  for (std::size_t i = 0; out.text.size() < kSize; ++i) {
    const std::string& item = items[i % items.size()];
    out.items.emplace_back(out.text.size(), item.size());
    out.text.append(item);
    out.text.push_back(',');
  }
  out.text.back() = ']';
  out.text.append("}]}");
  return out;
}

HostileBody Items(std::string name, const std::string& item) {
  return Items(std::move(name), std::vector<std::string>{item});
}

std::string Message(std::string_view members) {
  return absl::StrCat(
      R"({"sender":{"id":"61"},"recipient":{"id":"17841400000000001"},)",
      R"("timestamp":1700000000000,"message":{"mid":"m",)", ToAbsl(members),
      "}}");
}

// Returns messages and other events in which one field at a time has a wrong
// type. A flag may get its own type: then it is true.
std::vector<std::string> WrongTypes() {
  constexpr std::string_view kParties =
      R"("sender":{"id":"61"},"recipient":{"id":"17841400000000001"})";
  constexpr const char* kOfItem[] = {
      R"("sender":%)",
      R"("sender":{"id":%})",
      R"("recipient":%)",
      R"("recipient":{"id":%})",
      R"("timestamp":%)",
      R"("is_self":%)",
      R"("message":%)",
      R"("message_edit":%)",
      R"("message_edit":{"num_edit":%})",
      R"("message_edit":{"num_edit":1,"mid":%})",
      R"("message_edit":{"num_edit":1,"mid":"m","text":%})",
      R"("read":%)",
      R"("read":{"mid":%})",
      R"("optin":%)",
      R"("optin":{"title":%})",
      R"("optin":{"token_expiry_timestamp":%})",
      R"("pass_thread_control":%)",
      R"("take_thread_control":{"new_owner_app_id":%})",
      R"("request_thread_control":{"metadata":%})",
      R"("app_roles":%)",
      R"("app_roles":{"1":%})",
      R"("app_roles":{"1":[%]})",
      R"("response_feedback":{"mid":%})",
      R"("response_feedback":{"mid":"m","feedback":%})",
      R"("policy-enforcement":%)",
      R"("policy-enforcement":{"action":%})",
      R"("postback":%)",
      R"("postback":{"mid":%})",
      R"("postback":{"mid":"m","title":%})",
      R"("postback":{"mid":"m","payload":%})",
      R"("reaction":%)",
      R"("reaction":{"mid":%})",
      R"("reaction":{"mid":"m","action":%})",
      R"("reaction":{"mid":"m","action":"react","reaction":%})",
      R"("reaction":{"mid":"m","action":"react","emoji":%})"};
  constexpr const char* kOfMessage[] = {
      R"("mid":%)",
      R"("text":%)",
      R"("is_echo":%)",
      R"("is_self":%)",
      R"("is_deleted":%)",
      R"("is_unsupported":%)",
      R"("quick_reply":%)",
      R"("quick_reply":{"payload":%})",
      R"("reply_to":%)",
      R"("reply_to":{"mid":%})",
      R"("reply_to":{"story":%})",
      R"("reply_to":{"story":{"id":%}})",
      R"("reply_to":{"story":{"url":%}})",
      R"("referral":%)",
      R"("referral":{"product":%})",
      R"("referral":{"product":{"id":%}})",
      R"("attachments":%)",
      R"("attachments":[%])",
      R"("attachments":[{"type":%}])",
      R"("attachments":[{"type":"image","payload":%}])",
      R"("attachments":[{"type":"image","payload":{"url":%}}])"};
  std::vector<std::string> items;
  for (const char* value : {"[[]]", "true"}) {
    for (const char* field : kOfItem) {
      items.push_back(absl::StrCat("{", ToAbsl(kParties), ",",
                                   absl::StrReplaceAll(field, {{"%", value}}),
                                   "}"));
    }
    for (const char* field : kOfMessage) {
      items.push_back(absl::StrCat("{", ToAbsl(kParties), ",\"message\":{",
                                   absl::StrReplaceAll(field, {{"%", value}}),
                                   "}}"));
    }
  }
  return items;
}

std::string Repeat(std::string_view text, std::size_t size) {
  std::string out;
  while (out.size() < size) out.append(text);
  return out;
}

}  // namespace

std::vector<HostileBody> HostileBodies() {
  std::string keys = R"("text":"t")";
  while (keys.size() < kSize) keys.append(R"(,"text":"t")");
  return {
      {"1 MiB of [", std::string(kSize, '['), {}},
      {"1 MiB of {", std::string(kSize, '{'), {}},
      Items("an item 100,000 deep",
            Message("\"text\":" + std::string(100'000, '[') +
                    std::string(100'000, ']'))),
      Items("one key, again and again", Message(keys)),
      Items("lone surrogates", Message(R"("text":"\ud800")")),
      Items("NUL characters", Message(R"("text":"\u0000\u0000")")),
      Items("huge numbers", Message("\"text\":1e400")),
      Items("a number of 1 MiB", Message("\"x\":" + std::string(kSize, '9'))),
      Items("a text of 1 MiB",
            Message(R"("text":")" + std::string(kSize, 't') + "\"")),
      Items("escapes",
            Message(R"("text":")" + Repeat("\\u00e4", kSize) + "\"")),
      Items("empty items", "{}"),
      Items("items that are no objects", "7"),
      Items("a wrong type", Message(R"("text":[])")),
      Items("wrong types at every field",
            R"({"sender":[],"recipient":7,"timestamp":{},"is_self":[],)"
            R"("postback":[],"reaction":7,"message":{"mid":[],"text":7,)"
            R"("is_echo":"","attachments":{},"quick_reply":[],"reply_to":7}})"),
      Items("many attachments",
            Message("\"attachments\":[" +
                    Repeat(R"({"type":"image","payload":{"url":"u"}},)",
                           kSize - 64) +
                    R"({"type":"image"}])")),
  };
}

HostileBody OneWrongType() {
  return Items("one wrong type, at each field", WrongTypes());
}

}  // namespace linktor
