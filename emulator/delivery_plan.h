// A DeliveryPlan decides when each update is delivered, together with which
// other updates, and how often. It can imitate Meta, which guarantees neither
// the order of updates nor that an update comes only once. The plan has no
// clock and no thread of its own; a Courier calls it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "emulator/webhook_body.h"

namespace linktor::emulator {

// With the defaults, each update is delivered at once, alone, and once.
struct DeliverySettings {
  // While it is true, updates wait until someone asks for their delivery. A raw
  // body that was given to the emulator (Parcel::body) is sent at once even
  // then.
  bool hold = false;
  // When it is true, an update that was not answered 200 is delivered again:
  // first at once, and then after pauses. Each pause is twice as long as the
  // one before.
  bool redeliver = false;
  // This is the first pause.
  absl::Duration first_pause = absl::Seconds(1);
  // An update is given up when its next delivery would come later than this
  // after its first one. Meta gives up after 36 hours. The default is a
  // thousandth of that time, which gives nine deliveries when the first pause
  // is a second.
  absl::Duration give_up_after = absl::Hours(36) / 1000;
  // One webhook has at most this many updates, from 1 to 1000. With more than
  // 1, an update waits for other updates.
  int batch = 1;
  // This is how long updates wait for others. A full batch leaves at once.
  absl::Duration gather = absl::Milliseconds(200);
  // When it is true, updates that leave together are shuffled. For this,
  // updates also wait for others.
  bool reorder = false;
  // On average this many of a hundred updates are delivered twice.
  int duplicate_percent = 0;
  // The seed of the random numbers decides how updates are shuffled and which
  // updates are delivered twice. 0 means that no seed was chosen yet.
  std::uint64_t seed = 0;
};

// This changes settings. A setting that is absent does not change.
struct DeliveryChange {
  // Each member is explained at DeliverySettings. When a seed is given, the
  // random numbers start again from it, even if it is the same seed as before.
  std::optional<bool> hold;
  std::optional<bool> redeliver;
  std::optional<absl::Duration> first_pause;
  std::optional<absl::Duration> give_up_after;
  std::optional<int> batch;
  std::optional<absl::Duration> gather;
  std::optional<bool> reorder;
  std::optional<int> duplicate_percent;
  std::optional<std::uint64_t> seed;
};

// A Parcel is the thing that is delivered: either an update or a raw body.
struct Parcel {
  // The webhook goes to the webhook URL of this account and is signed with its
  // secret. It is the first account when this is empty or names no account.
  std::string account;
  // It has the form that the list of webhooks shows: "message", "echo", "raw",
  // ...
  std::string kind;
  WebhookItem item;
  // This raw body is sent unchanged, in place of the item. It is empty when the
  // parcel is an update.
  std::string body;
};

// The emulator counts since its start.
struct DeliveryCounts {
  // This many updates wait, for their first delivery or for another one.
  std::size_t waiting = 0;
  // This many deliveries of an update were answered 200 (accepted), and this
  // many were not (refused).
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  // This many updates were given up, because it was too late or because too
  // many updates waited.
  std::uint64_t given_up = 0;
};

// It is not thread-safe: its owner guards it. Each call must pass a time that
// is not before the time of the call before.
class DeliveryPlan {
 public:
  // At most this many updates may wait, because a load test must not fill the
  // memory. To make room for a new one, a waiting update is given up.
  static constexpr std::size_t kMaxWaiting = 10'000;

  // An Update is a parcel that is to be delivered, with its state.
  struct Update {
    Parcel parcel;
    // It was delivered this often, whatever the answers were.
    int deliveries = 0;
    // It will be delivered this many more times after its current delivery has
    // ended, to imitate updates that come twice.
    int copies = 0;
    // This is the time of the first delivery.
    absl::Time first;
  };
  // A Post is the content of one webhook: updates, or one raw body.
  using Post = std::vector<Update>;

  void Change(const DeliveryChange& change);
  const DeliverySettings& settings() const { return settings_; }
  // Returns whether shuffling or delivering twice is on while no seed was
  // chosen.
  bool NeedsSeed() const;

  // Takes a new parcel. Returns it as an update if it must be delivered now.
  // Returns nothing if it waits for others.
  std::optional<Update> Take(Parcel parcel, absl::Time now);
  // Says that the delivery of a webhook has ended; `accepted` means that it was
  // answered 200. Updates that must be delivered again wait in the plan.
  void Ended(Post post, bool accepted, absl::Time now);

  // Returns the time when the next update is due. It is the infinite future
  // when no update is due, or while updates are held.
  absl::Time NextDue() const;
  // Takes out the updates that are due at `now`, in the order in which they
  // must leave. With `all`, it also takes updates that still wait for others or
  // are held.
  std::vector<Update> TakeDue(absl::Time now, bool all);

  // Forgets all updates that wait.
  void Clear();
  DeliveryCounts counts() const;

 private:
  // Makes an update wait until the time `due`.
  void Wait(Update update, absl::Time due);
  // When too many updates wait, gives up one: the update that is due first, or
  // else the update that has waited longest for others.
  void MakeRoom();
  // Returns a random number that is at least 0 and less than `end`. The same
  // seed gives the same numbers with every compiler, so that a test can be
  // repeated.
  std::uint64_t Below(std::uint64_t end) { return random_() % end; }

  DeliverySettings settings_;
  std::mt19937_64 random_;
  // These are new updates that wait for others, the oldest first.
  std::deque<Update> gathering_;
  // These updates leave at this time.
  absl::Time gathered_at_;
  // These updates wait until a time, which is the key.
  std::multimap<absl::Time, Update> later_;
  DeliveryCounts counts_;
};

// Puts the updates into posts of at most `batch` updates each, and keeps their
// order. Updates share a post only if they go to one destination. A raw body
// has a post of its own.
std::vector<DeliveryPlan::Post> IntoPosts(
    std::vector<DeliveryPlan::Update> updates, std::size_t batch,
    absl::FunctionRef<std::string(const Parcel&)> destination_of);

}  // namespace linktor::emulator
