#include "tests/soak/catalogue.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

// Customers; each has a key of its own and is asked for a name once.
constexpr std::uint64_t kUsers = 1000;
constexpr std::uint64_t kUsersWithoutMid = 3;
constexpr std::int64_t kFirstUser = 61'000'000'000'000;

struct Share {
  SoakKind kind;
  // So many of 100 items are of the kind.
  unsigned percent;
};

constexpr std::array<Share, 12> kShares = {{
    {SoakKind::kText, 45},
    {SoakKind::kTextWithoutMid, 8},
    {SoakKind::kQuickReply, 5},
    {SoakKind::kEcho, 12},
    {SoakKind::kPostback, 6},
    {SoakKind::kPostbackWithoutMid, 4},
    {SoakKind::kReaction, 6},
    {SoakKind::kRead, 5},
    {SoakKind::kNewKind, 3},
    {SoakKind::kMisfit, 2},
    {SoakKind::kIgnored, 3},
    {SoakKind::kStranger, 1},
}};

bool HasNoMid(SoakKind kind) {
  return kind == SoakKind::kTextWithoutMid ||
         kind == SoakKind::kPostbackWithoutMid || kind == SoakKind::kNewKind;
}

std::string Quoted(std::string_view name, absl::string_view text) {
  return absl::StrCat("\"", absl::string_view(name.data(), name.size()),
                      "\":\"", text, "\"");
}

std::string Object(std::vector<std::string> members, bool reversed) {
  if (reversed) std::reverse(members.begin(), members.end());
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

}  // namespace

// Returns a random number by the function SplitMix64.
std::uint64_t Mix(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t z = seed + (number + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

SoakKind Catalogue::KindOf(std::uint32_t number) const {
  auto left = static_cast<unsigned>(Mix(seed_, number) % 100);
  for (const Share& share : kShares) {
    if (left < share.percent) return share.kind;
    left -= share.percent;
  }
  return SoakKind::kText;
}

std::string Catalogue::UserOf(std::uint32_t number) const {
  const std::uint64_t users =
      HasNoMid(KindOf(number)) ? kUsersWithoutMid : kUsers;
  return absl::StrCat(kFirstUser + static_cast<std::int64_t>(
                                       (Mix(seed_, number) >> 32) % users));
}

std::string Catalogue::MidOf(std::uint32_t number) const {
  switch (KindOf(number)) {
    case SoakKind::kTextWithoutMid:
    case SoakKind::kPostbackWithoutMid:
    case SoakKind::kNewKind:
      return "";
    case SoakKind::kText:
    case SoakKind::kQuickReply:
    case SoakKind::kMisfit:
    case SoakKind::kStranger:
      return absl::StrCat("soak.", number);
    default:
      // That of the neighbour, which may be a message.
      return absl::StrCat("soak.", number ^ 1U);
  }
}

std::string_view Catalogue::EventTypeOf(std::uint32_t number) const {
  switch (KindOf(number)) {
    case SoakKind::kText:
    case SoakKind::kTextWithoutMid:
      return "message.received";
    case SoakKind::kQuickReply:
      return "instagram.quick_reply";
    case SoakKind::kEcho:
      return "message.echoed";
    case SoakKind::kPostback:
    case SoakKind::kPostbackWithoutMid:
      return "instagram.postback";
    case SoakKind::kReaction:
      return "instagram.reaction";
    case SoakKind::kRead:
      return "message.read";
    case SoakKind::kNewKind:
    case SoakKind::kMisfit:
      return "instagram.unknown";
    case SoakKind::kIgnored:
    case SoakKind::kStranger:
      break;
  }
  return "";
}

std::optional<std::uint32_t> Catalogue::NumberAt(std::int64_t time_ms) const {
  const std::int64_t number = time_ms - base_ms_;
  if (number < 0 || std::cmp_greater_equal(number, size_)) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::string Catalogue::ContentOf(std::uint32_t number, bool reversed) const {
  const std::string mid = Quoted("mid", MidOf(number));
  const std::string text = Quoted("text", absl::StrCat("soak text ", number));
  const auto named = [reversed](absl::string_view name,
                                std::vector<std::string> members) {
    return absl::StrCat("\"", name,
                        "\":", Object(std::move(members), reversed));
  };
  switch (KindOf(number)) {
    case SoakKind::kText:
    case SoakKind::kStranger:
      return named("message", {mid, text});
    case SoakKind::kTextWithoutMid:
      return named("message", {Quoted("text", "ok")});
    case SoakKind::kQuickReply:
      return named("message",
                   {mid, text, R"("quick_reply":{"payload":"SIZE_M"})"});
    case SoakKind::kEcho:
      return named("message", {mid, text, R"("is_echo":true)"});
    case SoakKind::kPostback:
      return named("postback",
                   {mid, Quoted("title", "Sizes"), Quoted("payload", "SIZES")});
    case SoakKind::kPostbackWithoutMid:
      return named("postback",
                   {Quoted("title", "Sizes"), Quoted("payload", "SIZES")});
    case SoakKind::kReaction:
      return named("reaction", {mid, Quoted("action", "react"),
                                Quoted("reaction", "love")});
    case SoakKind::kRead:
      return named("read", {mid});
    case SoakKind::kNewKind:
      return named("soak_kind", {R"("level":1)", R"("of":[1,2,3])"});
    case SoakKind::kMisfit:
      return named("message", {mid, R"("text":17)"});
    case SoakKind::kIgnored:
      return named("message_edit", {mid, text, R"("num_edit":0)"});
  }
  return "";
}

std::string Catalogue::Json(std::uint32_t number, std::uint64_t variant) const {
  const std::string user = UserOf(number);
  const bool echo = KindOf(number) == SoakKind::kEcho;
  std::vector<std::string> members = {
      absl::StrCat(R"("sender":{"id":")", echo ? kAccount : user, R"("})"),
      absl::StrCat(R"("recipient":{"id":")", echo ? user : kAccount, R"("})"),
      absl::StrCat(R"("timestamp":)", TimeOf(number)),
      ContentOf(number, (variant & 4) != 0)};
  std::rotate(members.begin(),
              members.begin() + static_cast<std::ptrdiff_t>(variant % 4),
              members.end());
  return Object(std::move(members), false);
}

std::string Catalogue::NameOf(std::uint32_t number) const {
  const std::string_view type = EventTypeOf(number);
  const std::string mid = MidOf(number);
  return absl::StrCat(
      "item ", number, " (",
      type.empty() ? "no event" : absl::string_view(type.data(), type.size()),
      mid.empty() ? ", no mid" : ", mid ", mid, ", user ", UserOf(number), ")");
}

}  // namespace linktor::testing
