#include "tests/bench/hostile.h"

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor::bench {
namespace {

constexpr std::size_t kSize = 1 << 20;

// `item`, repeated to the size, as messaging items.
std::string Items(std::string_view item) {
  std::string out =
      R"({"object":"instagram","entry":[{"id":"17841400000000001","time":1,"messaging":[)";
  while (out.size() < kSize) {
    out.append(item);
    out.push_back(',');
  }
  out.back() = ']';
  out.append("}]}");
  return out;
}

std::string Message(std::string_view members) {
  return absl::StrCat(
      R"({"sender":{"id":"61"},"recipient":{"id":"17841400000000001"},)",
      R"("timestamp":1700000000000,"message":{"mid":"m",)", ToAbsl(members),
      "}}");
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
      {"1 MiB of [", std::string(kSize, '[')},
      {"1 MiB of {", std::string(kSize, '{')},
      {"an item 100,000 deep",
       Items(Message("\"text\":" + std::string(100'000, '[') +
                     std::string(100'000, ']')))},
      {"one key, again and again", Items(Message(keys))},
      {"lone surrogates", Items(Message(R"("text":"\ud800")"))},
      {"NUL characters", Items(Message(R"("text":"\u0000\u0000")"))},
      {"huge numbers", Items(Message("\"text\":1e400"))},
      {"a number of 1 MiB", Items(Message("\"x\":" + std::string(kSize, '9')))},
      {"a text of 1 MiB",
       Items(Message("\"text\":\"" + std::string(kSize, 't') + "\""))},
      {"escapes",
       Items(Message("\"text\":\"" + Repeat("\\u00e4", kSize) + "\""))},
      {"empty items", Items("{}")},
      {"items that are no objects", Items("7")},
      {"wrong types", Items(Message(R"("text":[])"))},
      {"many attachments",
       Items(Message(
           "\"attachments\":[" +
           Repeat(R"({"type":"image","payload":{"url":"u"}},)", kSize - 64) +
           R"({"type":"image"}])"))},
  };
}

}  // namespace linktor::bench
