#include "emulator/delivery_plan.h"

#include <algorithm>
#include <utility>

namespace linktor::emulator {
namespace {

template <typename Value>
void Set(const std::optional<Value>& change, Value& value) {
  if (change.has_value()) value = *change;
}

// Returns the pause after so many deliveries: none after the first one, and
// then twice as long each time.
absl::Duration PauseAfter(int deliveries, absl::Duration first_pause) {
  if (deliveries <= 1) return absl::ZeroDuration();
  // A doubled duration saturates.
  absl::Duration pause = first_pause;
  for (int i = 2; i < deliveries; ++i) pause *= 2;
  return pause;
}

}  // namespace

void DeliveryPlan::Change(const DeliveryChange& change) {
  Set(change.hold, settings_.hold);
  Set(change.redeliver, settings_.redeliver);
  Set(change.first_pause, settings_.first_pause);
  Set(change.give_up_after, settings_.give_up_after);
  Set(change.batch, settings_.batch);
  Set(change.gather, settings_.gather);
  Set(change.reorder, settings_.reorder);
  Set(change.duplicate_percent, settings_.duplicate_percent);
  if (change.seed.has_value()) {
    settings_.seed = *change.seed;
    random_.seed(settings_.seed);
  }
}

bool DeliveryPlan::NeedsSeed() const {
  return settings_.seed == 0 &&
         (settings_.reorder || settings_.duplicate_percent > 0);
}

std::optional<DeliveryPlan::Update> DeliveryPlan::Take(Parcel parcel,
                                                       absl::Time now) {
  constexpr std::uint64_t kPercent = 100;
  const bool whole = !parcel.body.empty();
  const bool twice =
      !whole && settings_.duplicate_percent > 0 &&
      Below(kPercent) < static_cast<std::uint64_t>(settings_.duplicate_percent);
  Update update{.parcel = std::move(parcel), .copies = twice ? 1 : 0};
  const bool waits = settings_.hold || settings_.batch > 1 || settings_.reorder;
  if (whole || !waits) {
    update.first = now;
    return update;
  }
  if (gathering_.empty()) gathered_at_ = now + settings_.gather;
  // A copy that waits, too, can come before, or in the same webhook.
  for (int left = std::exchange(update.copies, 0); left > 0; --left) {
    MakeRoom();
    gathering_.push_back(update);
  }
  MakeRoom();
  gathering_.push_back(std::move(update));
  return std::nullopt;
}

void DeliveryPlan::Ended(Post post, bool accepted, absl::Time now) {
  for (Update& update : post) {
    ++update.deliveries;
    ++(accepted ? counts_.accepted : counts_.refused);
    if (update.copies > 0) {
      Update copy = update;
      copy.copies = update.copies - 1;
      copy.deliveries = 0;
      copy.first = now;
      Wait(std::move(copy), now);
      update.copies = 0;
    }
    if (accepted || !settings_.redeliver) continue;
    const absl::Time due =
        now + PauseAfter(update.deliveries, settings_.first_pause);
    if (due - update.first > settings_.give_up_after) {
      ++counts_.given_up;
    } else {
      Wait(std::move(update), due);
    }
  }
}

absl::Time DeliveryPlan::NextDue() const {
  if (settings_.hold) return absl::InfiniteFuture();
  absl::Time due =
      later_.empty() ? absl::InfiniteFuture() : later_.begin()->first;
  if (gathering_.empty()) return due;
  const bool full =
      settings_.batch > 1 &&
      gathering_.size() >= static_cast<std::size_t>(settings_.batch);
  return full ? absl::InfinitePast() : std::min(due, gathered_at_);
}

std::vector<DeliveryPlan::Update> DeliveryPlan::TakeDue(absl::Time now,
                                                        bool all) {
  std::vector<Update> due;
  if (!all && NextDue() > now) return due;
  const auto end = later_.upper_bound(now);
  for (auto it = later_.begin(); it != end; ++it) {
    due.push_back(std::move(it->second));
  }
  later_.erase(later_.begin(), end);
  // What gathers goes along with what is due, as it does at Meta.
  for (Update& update : gathering_) {
    update.first = now;
    due.push_back(std::move(update));
  }
  gathering_.clear();
  if (settings_.reorder) {
    for (std::size_t i = due.size(); i > 1; --i) {
      std::swap(due[i - 1], due[Below(i)]);
    }
  }
  return due;
}

void DeliveryPlan::Clear() {
  gathering_.clear();
  later_.clear();
}

DeliveryCounts DeliveryPlan::counts() const {
  DeliveryCounts counts = counts_;
  counts.waiting = gathering_.size() + later_.size();
  return counts;
}

void DeliveryPlan::Wait(Update update, absl::Time due) {
  MakeRoom();
  later_.emplace(due, std::move(update));
}

void DeliveryPlan::MakeRoom() {
  if (gathering_.size() + later_.size() < kMaxWaiting) return;
  ++counts_.given_up;
  if (later_.empty()) {
    gathering_.pop_front();
  } else {
    later_.erase(later_.begin());
  }
}

std::vector<DeliveryPlan::Post> IntoPosts(
    std::vector<DeliveryPlan::Update> updates, std::size_t batch,
    absl::FunctionRef<std::string(const Parcel&)> destination_of) {
  std::vector<DeliveryPlan::Post> posts;
  // These are the posts that have room, by their destinations.
  std::map<std::string, std::size_t> open;
  for (DeliveryPlan::Update& update : updates) {
    if (!update.parcel.body.empty() || batch <= 1) {
      posts.emplace_back().push_back(std::move(update));
      continue;
    }
    const auto [at, added] =
        open.try_emplace(destination_of(update.parcel), posts.size());
    if (added) {
      posts.emplace_back();
    } else if (posts[at->second].size() >= batch) {
      at->second = posts.size();
      posts.emplace_back();
    }
    posts[at->second].push_back(std::move(update));
  }
  return posts;
}

}  // namespace linktor::emulator
