// A Courier delivers updates as a DeliveryPlan (delivery_plan.h) decides: at
// once, together with others, in another order, twice, or again after an answer
// other than 200. Updates that are due at once leave on the caller's thread.
// The Courier's own thread sends all others.

#pragma once

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "emulator/account_list.h"
#include "emulator/delivery_plan.h"
#include "emulator/webhook_sender.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// It is thread-safe.
class Courier {
 public:
  using Callback = WebhookSender::Callback;

  // A Delivered is one webhook that DeliverNow() has sent.
  struct Delivered {
    std::size_t updates = 0;
    WebhookAnswer answer;
  };
  // The webhooks are in the order in which they left.
  using DeliveredCallback = absl::AnyInvocable<void(std::vector<Delivered>)>;

  // A State describes the deliveries at one moment.
  struct State {
    DeliverySettings settings;
    DeliveryCounts counts;
    // This is the time until the next update is due. It is infinite when
    // nothing is due, and while updates are held.
    absl::Duration until_next;
  };

  // `accounts` and `sender` must outlive this.
  Courier(const AccountList& accounts, WebhookSender& sender);
  // Calls Stop().
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // Changes the settings that are present. When the settings now need random
  // numbers and no seed was chosen, this makes a seed. Each new seed is written
  // to the log, so that a test can be repeated with it.
  void Change(DeliveryChange change);
  State state() const;

  // Delivers the parcel. `done` is called once, from any thread, and must not
  // block. It gets the gateway's answer. When the parcel waits for others, it
  // is called at once with WebhookAnswer::waits.
  void Deliver(Parcel parcel, Callback done);

  // First moves the deliveries' clock by `ahead`, so that a test need not wait
  // for pauses. Then delivers all updates that are due, that wait for others or
  // that are held, one webhook after the other. `done` is called once, when all
  // webhooks have been answered; it must not block.
  void DeliverNow(absl::Duration ahead, DeliveredCallback done);
  // Forgets all updates that wait.
  void Clear();

  // Ends the thread, and calls the callbacks of waiting DeliverNow() calls. It
  // blocks until the webhook that the thread is sending has been answered, so
  // stop the sender first. After this, every new delivery fails at once, and no
  // update is delivered again. A second call does nothing.
  void Stop();

 private:
  // The thread runs this function.
  void Work();
  // Blocks until there is work, and takes the work out. Returns false when the
  // thread must end.
  bool Await(std::vector<DeliveryPlan::Post>& posts,
             std::vector<DeliveredCallback>& asked);
  // Sends the webhook and blocks until it has been answered.
  WebhookAnswer SendAndWait(DeliveryPlan::Post post);
  // Sends the webhook. Updates that must be delivered again are given to the
  // plan before `done` is called.
  void Send(DeliveryPlan::Post post, Callback done);
  // Returns a key for the parcel's destination. Parcels with equal keys may
  // share one webhook.
  std::string DestinationOf(const Parcel& parcel) const;
  // Returns the time of the deliveries' clock, which is the machine's time plus
  // ahead_.
  absl::Time Now() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return absl::Now() + ahead_;
  }

  const AccountList& accounts_;
  WebhookSender& sender_;
  // The mutex is not held while a webhook is sent or a callback runs.
  mutable Mutex mutex_;
  // It is signalled when the plan changes, and when DeliverNow() adds a
  // request.
  CondVar changed_;
  DeliveryPlan plan_ ABSL_GUARDED_BY(mutex_);
  // The deliveries' clock is this much ahead of the machine's clock.
  absl::Duration ahead_ ABSL_GUARDED_BY(mutex_);
  // These are the callbacks of DeliverNow() calls that wait for the thread.
  std::vector<DeliveredCallback> asked_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, because the thread uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
