#include "tests/bench/posts.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::bench {
namespace {

// It makes the mids as long as Instagram's are.
constexpr std::string_view kMidStart =
    "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDAwMDAwMDAwMDAxOjM0MDI4MjM2Njg0"
    "MTcxMDMwMTI0NDI1OTY5MTcxNzE0NjgxMzAxMjozMTg0MTAyNjc2NjgzNDY4MjQ5bench_";
constexpr std::string_view kText =
    "Hi! Do you have this in size medium, and could you send it to me before "
    "the weekend? I would like the blue one, please.";

}  // namespace

std::string MidOf(std::uint64_t number) {
  return absl::StrCat(ToAbsl(kMidStart), absl::Dec(number, absl::kZeroPad12));
}

std::string PostMaker::Body(int items) {
  const std::int64_t now = absl::ToUnixMillis(absl::Now());
  std::string body = absl::StrCat(R"({"object":"instagram","entry":[{"id":")",
                                  target_.account_id, R"(","time":)", now,
                                  R"(,"messaging":[)");
  for (int i = 0; i < items; ++i) {
    const std::uint64_t number = number_++;
    absl::StrAppend(
        &body, i == 0 ? "" : ",", R"({"sender":{"id":"61000000)",
        absl::Dec(number % static_cast<std::uint64_t>(users_), absl::kZeroPad8),
        R"("},"recipient":{"id":")", target_.account_id, R"("},"timestamp":)",
        now, R"(,"message":{"mid":")", MidOf(number), R"(","text":")",
        ToAbsl(kText), R"("}})");
  }
  body.append("]}]}");
  return body;
}

std::string PostMaker::Request(std::string_view body) const {
  const HmacKey key(target_.app_secret);
  return absl::StrCat(
      "POST ", target_.path, " HTTP/1.1\r\nHost: ", target_.address,
      "\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=",
      absl::BytesToHexString(ToAbsl(AsBytes(key.Sign(body)))),
      "\r\nContent-Length: ", body.size(), "\r\n\r\n", ToAbsl(body));
}

std::string PostMaker::Next(int items) { return Request(Body(items)); }

std::vector<std::string> PostMaker::Many(std::size_t count, int items) {
  std::vector<std::string> all;
  all.reserve(count);
  while (all.size() < count) all.push_back(Next(items));
  return all;
}

std::uint64_t NumberIn(std::string_view encoded_event) {
  constexpr std::string_view kMark = "bench_";
  const std::size_t at = encoded_event.find(kMark);
  std::uint64_t number = 0;
  if (at == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(encoded_event.substr(at + kMark.size(), 12)),
                        &number)) {
    return ~std::uint64_t{0};
  }
  return number;
}

}  // namespace linktor::bench
