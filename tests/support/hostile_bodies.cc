#include "tests/support/hostile_bodies.h"

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

constexpr std::size_t kSize = 1 << 20;

// `item`, repeated to the size, as messaging items.
HostileBody Items(std::string name, std::string_view item) {
  HostileBody out{.name = std::move(name), .text = {}, .items = {}};
  out.text =
      R"({"object":"instagram","entry":[{"id":"17841400000000001","time":1,"messaging":[)";
  while (out.text.size() < kSize) {
    out.items.emplace_back(out.text.size(), item.size());
    out.text.append(item);
    out.text.push_back(',');
  }
  out.text.back() = ']';
  out.text.append("}]}");
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
      Items("wrong types", Message(R"("text":[])")),
      Items("many attachments",
            Message("\"attachments\":[" +
                    Repeat(R"({"type":"image","payload":{"url":"u"}},)",
                           kSize - 64) +
                    R"({"type":"image"}])")),
  };
}

}  // namespace linktor
