// A DeliveryPlan decides when each update is delivered, together with which
// others, and how often: as Meta does, which promises neither order nor that
// an update comes once. It has no clock and no thread of its own; a Courier
// drives it.

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

// The defaults deliver each update at once, alone, and once.
struct DeliverySettings {
  // Nothing leaves until it is asked for: updates wait. A whole body that was
  // given is sent all the same.
  bool hold = false;
  // What was not answered 200 is delivered again: at once, and then after
  // pauses, of which each is twice as long as the one before.
  bool redeliver = false;
  // This is the first of the pauses.
  absl::Duration first_pause = absl::Seconds(1);
  // An update is given up when its next delivery would come so long after the
  // first. Meta goes on for 36 hours; this is a thousandth of that, which gives
  // nine deliveries with the pauses that begin at a second.
  absl::Duration give_up_after = absl::Hours(36) / 1000;
  // One webhook has at most so many updates, from 1 to 1000. Above 1, updates
  // wait for others.
  int batch = 1;
  // So long they wait; a full batch leaves at once.
  absl::Duration gather = absl::Milliseconds(200);
  // What leaves together is shuffled. Updates wait for that, too.
  bool reorder = false;
  // So many of a hundred updates are delivered twice.
  int duplicate_percent = 0;
  // It decides what is shuffled how, and which updates are delivered twice. 0
  // stands for none yet.
  std::uint64_t seed = 0;
};

// A setting that is absent stays as it is.
struct DeliveryChange {
  // Each member is explained at DeliverySettings. A seed that is given begins
  // the random numbers anew, also when it is the same one.
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

// A Parcel is what one delivery is about: an update, or a whole body.
struct Parcel {
  // This is the account whose webhook URL and secret are used; the first one
  // where it is empty or nobody's.
  std::string account;
  // It is as the list of webhooks shows it: "message", "echo", "raw", ...
  std::string kind;
  WebhookItem item;
  // This is sent as it is, in the place of the item; it is empty for an item.
  std::string body;
};

// The counts are since the start.
struct DeliveryCounts {
  // So many updates wait, for the first delivery or for another one.
  std::size_t waiting = 0;
  // So many deliveries of an update were answered 200, and so many were not.
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  // So many updates were given up, because it was too late or because too many
  // waited.
  std::uint64_t given_up = 0;
};

// It is not thread-safe: its owner guards it. Times never go back.
class DeliveryPlan {
 public:
  // So many updates may wait; a load test must not fill the memory. One that
  // waits is given up for another one.
  static constexpr std::size_t kMaxWaiting = 10'000;

  // An Update is a parcel on its way.
  struct Update {
    Parcel parcel;
    // So often it was delivered, whatever the answer was.
    int deliveries = 0;
    // It is delivered so often again when this delivery has ended.
    int copies = 0;
    // This is the time of its first delivery.
    absl::Time first;
  };
  // A Post is what one webhook has: updates, or one body.
  using Post = std::vector<Update>;

  void Change(const DeliveryChange& change);
  const DeliverySettings& settings() const { return settings_; }
  // Returns whether shuffling or copying is on, and no seed was chosen.
  bool NeedsSeed() const;

  // Takes a new parcel. Returns it as an update that is to be delivered now;
  // nothing when it waits for others.
  std::optional<Update> Take(Parcel parcel, absl::Time now);
  // Says that a delivery has ended. What is to be delivered again waits.
  void Ended(Post post, bool accepted, absl::Time now);

  // Returns the time at which something is due next; the infinite future when
  // nothing is, or while updates are held.
  absl::Time NextDue() const;
  // Takes out what is due, and with `all` also what still gathers or is held,
  // in the order in which it is to leave.
  std::vector<Update> TakeDue(absl::Time now, bool all);

  // Forgets what waits.
  void Clear();
  DeliveryCounts counts() const;

 private:
  // Adds an update that waits for the time `due`.
  void Wait(Update update, absl::Time due);
  // Gives up an update when too many wait: the one that is due first, or else
  // the one that has gathered for the longest time.
  void MakeRoom();
  // Returns a random number from 0 up to `end`, which is not included. It is
  // the same for the same seed wherever this is built.
  std::uint64_t Below(std::uint64_t end) { return random_() % end; }

  DeliverySettings settings_;
  std::mt19937_64 random_;
  // These are new and wait for others, the oldest first.
  std::deque<Update> gathering_;
  // At this time the gathering ends.
  absl::Time gathered_at_;
  // These wait for their time, which is the key.
  std::multimap<absl::Time, Update> later_;
  DeliveryCounts counts_;
};

// Puts the updates into posts of at most `batch` each, in their order. Only
// updates to one destination share a post, and a whole body is alone.
std::vector<DeliveryPlan::Post> IntoPosts(
    std::vector<DeliveryPlan::Update> updates, std::size_t batch,
    absl::FunctionRef<std::string(const Parcel&)> destination_of);

}  // namespace linktor::emulator
