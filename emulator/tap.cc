#include "emulator/tap.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

bool Fits(const Tap& tap, std::string_view title, std::string_view payload) {
  return (tap.title.empty() || tap.title == title) &&
         (tap.payload.empty() || tap.payload == payload);
}

CustomerEvent Make(const Tap& tap, const Offer& offer) {
  CustomerEvent event =
      offer.kind == Offer::Kind::kQuickReply
          ? QuickReplyEvent(tap.from, offer.title, offer.payload)
          : PostbackEvent(tap.from, offer.title, offer.payload);
  event.to = tap.to;
  event.time = tap.time;
  event.standby = tap.standby;
  return event;
}

// Says that nothing fits the tap; `titles` are the things that can be tapped.
absl::Status NothingToTap(const Tap& tap,
                          const std::vector<std::string>& titles) {
  return absl::InvalidArgumentError(absl::StrCat(
      "nothing like \"", tap.title.empty() ? tap.payload : tap.title,
      "\" is offered to ", tap.from, "; ",
      titles.empty() ? "there is nothing to tap"
                     : "there is " + absl::StrJoin(titles, ", "),
      " (quick replies go when the customer writes, taps, or gets another "
      "message)"));
}

std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", ToAbsl(text), "\"");
}

}  // namespace

absl::StatusOr<CustomerEvent> ResolveTap(const Tap& tap,
                                         const std::optional<User>& user,
                                         const ProfileStore& profiles,
                                         const std::string& account_id) {
  std::vector<std::string> titles;
  std::vector<Tappable> offered;
  if (user.has_value()) offered = user->tappable;
  std::reverse(offered.begin(), offered.end());  // the newest first
  for (const Tappable& one : offered) {
    if (!tap.message_mid.empty() && tap.message_mid != one.mid) continue;
    if (Fits(tap, one.offer.title, one.offer.payload)) {
      return Make(tap, one.offer);
    }
    titles.push_back(Quoted(one.offer.title));
  }
  if (!tap.message_mid.empty()) return NothingToTap(tap, titles);
  for (const IceBreaker& one : profiles.IceBreakers(account_id)) {
    if (Fits(tap, one.question, one.payload)) {
      return Make(tap, {.kind = Offer::Kind::kButton,
                        .title = one.question,
                        .payload = one.payload});
    }
    titles.push_back(Quoted(one.question));
  }
  return NothingToTap(tap, titles);
}

}  // namespace linktor::emulator
