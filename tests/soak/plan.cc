#include "tests/soak/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

// Instagram sends at most 1,000 updates at a time.
constexpr double kMaxPost = 1000;
// One redelivery in three follows at once, on another connection.
constexpr std::size_t kFollowing = 3;
// Tries to find a post that is small enough to be redelivered.
constexpr int kTries = 1000;
constexpr std::uint64_t kMaxEntryItems = 40;
constexpr char kStranger[] = "17841400000000099";

enum class Form : std::uint8_t { kMessaging, kStandby, kChanges, kFlat };

// Chooses the form and the length of an entry by random bits.
Form EncodeNewEvent(std::uint64_t bits) {
  switch (bits % 10) {
    case 0:
      return Form::kStandby;
    case 1:
    case 2:
      return Form::kChanges;
    case 3:
      return Form::kFlat;
    default:
      return Form::kMessaging;
  }
}

std::size_t LengthOf(Form form, std::uint64_t bits) {
  return form == Form::kFlat ? 1 : 1 + (bits >> 8) % kMaxEntryItems;
}

void OpenEntry(Form form, const std::string& id, std::int64_t time_ms,
               std::string& body) {
  absl::StrAppend(&body, R"({"id":")", id, R"(","time":)", time_ms);
  switch (form) {
    case Form::kMessaging:
      body.append(R"(,"messaging":[)");
      break;
    case Form::kStandby:
      body.append(R"(,"standby":[)");
      break;
    case Form::kChanges:
      body.append(R"(,"changes":[)");
      break;
    case Form::kFlat:
      body.append(R"(,"field":"messages","value":)");
      break;
  }
}

void AppendItem(Form form, const std::string& item, std::string& body) {
  if (form == Form::kChanges) {
    absl::StrAppend(&body, R"({"field":"messages","value":)", item, "}");
  } else {
    body.append(item);
  }
}

}  // namespace

Plan::Plan(const Options& options)
    : random_(options.seed),
      seed_(options.seed),
      catalogue_(options.seed, options.base_ms,
                 static_cast<std::uint32_t>(options.deliveries -
                                            options.deliveries *
                                                options.repeats_percent / 100)),
      items_(options.deliveries) {
  const std::size_t distinct = catalogue_.size();
  const std::size_t repeats = options.deliveries - distinct;
  placed_.resize(distinct);
  std::iota(placed_.begin(), placed_.end(), 0U);
  for (const std::uint32_t number : placed_) {
    if (!catalogue_.EventTypeOf(number).empty()) ++events_;
  }
  for (std::size_t i = 0; i < repeats / 2; ++i) {
    placed_.push_back(static_cast<std::uint32_t>(Below(distinct)));
  }
  std::shuffle(placed_.begin(), placed_.end(), random_);
  CutIntoPosts();
  const std::size_t left = Redeliver(repeats - repeats / 2);
  for (std::size_t i = 0; i < left; ++i) {
    placed_.push_back(static_cast<std::uint32_t>(Below(distinct)));
  }
  if (left > 0) {
    AddPost(left);
    order_.push_back(static_cast<std::uint32_t>(posts_.size() - 1));
  }
}

std::size_t Plan::Below(std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
}

std::size_t Plan::RandomSize() {
  const double exponent = std::uniform_real_distribution<double>(0, 1)(random_);
  return static_cast<std::size_t>(std::pow(kMaxPost + 1, exponent));
}

void Plan::AddPost(std::size_t items) {
  const std::size_t begin = posts_.empty() ? 0 : posts_.back().end;
  posts_.push_back({.begin = begin, .end = begin + items});
}

void Plan::CutIntoPosts() {
  for (std::size_t left = placed_.size(); left > 0;) {
    const std::size_t size = std::min(left, RandomSize());
    AddPost(size);
    left -= size;
  }
}

std::size_t Plan::Redeliver(std::size_t budget) {
  // How often each post follows its first delivery at once, and the others.
  std::vector<std::size_t> following(posts_.size());
  for (std::uint32_t i = 0; i < posts_.size(); ++i) order_.push_back(i);
  for (int tries = 0; tries < kTries && budget > 0; ++tries) {
    const std::size_t post = Below(posts_.size());
    if (posts_[post].size() > budget) continue;
    tries = 0;
    budget -= posts_[post].size();
    if (Below(kFollowing) == 0) {
      ++following[post];
    } else {
      order_.push_back(static_cast<std::uint32_t>(post));
    }
  }
  std::shuffle(order_.begin(), order_.end(), random_);
  std::vector<std::uint32_t> shuffled;
  for (const std::uint32_t post : order_) {
    shuffled.push_back(post);
    for (; following[post] > 0; --following[post]) shuffled.push_back(post);
  }
  order_ = std::move(shuffled);
  return budget;
}

std::string Plan::Body(std::uint32_t post) const {
  const Post& range = posts_[post];
  std::uint64_t drawn = 0;
  const auto bits = [&] { return Mix(Mix(seed_, post), drawn++); };
  // An entry is named by the account or by its page.
  const bool page = bits() % 4 == 0;
  std::string body = R"({"object":"instagram","entry":[)";
  for (std::size_t at = range.begin; at < range.end;) {
    if (at != range.begin) body.push_back(',');
    const std::uint64_t shape = bits();
    const Form form = EncodeNewEvent(shape);
    const std::size_t end = std::min(range.end, at + LengthOf(form, shape));
    const bool strange = catalogue_.KindOf(placed_[at]) == SoakKind::kStranger;
    // Not the items' own times: Instagram gives it anew with each delivery.
    const std::int64_t time_ms =
        catalogue_.base_ms() + static_cast<std::int64_t>(bits() % 3'600'000);
    OpenEntry(form,
              strange ? kStranger
              : page  ? kPage
                      : kAccount,
              time_ms, body);
    const std::size_t begin = at;
    for (; at < end; ++at) {
      // An entry is of one account.
      if ((catalogue_.KindOf(placed_[at]) == SoakKind::kStranger) != strange) {
        break;
      }
      if (at != begin) body.push_back(',');
      AppendItem(form, catalogue_.Json(placed_[at], bits()), body);
    }
    body.append(form == Form::kFlat ? "}" : "]}");
  }
  body.append("]}");
  return body;
}

PostCounts Plan::CountsOf(std::uint32_t post) const {
  PostCounts counts;
  for (const std::uint32_t number : ItemsOf(post)) {
    const SoakKind kind = catalogue_.KindOf(number);
    ++counts.items;
    if (kind == SoakKind::kIgnored) ++counts.ignored;
    if (kind == SoakKind::kStranger) ++counts.issues;
  }
  return counts;
}

std::vector<std::uint32_t> Plan::ItemsOf(std::uint32_t post) const {
  const Post& range = posts_[post];
  return {placed_.begin() + static_cast<std::ptrdiff_t>(range.begin),
          placed_.begin() + static_cast<std::ptrdiff_t>(range.end)};
}

}  // namespace linktor::testing
