// A Courier delivers updates as a DeliveryPlan says: at once, or together with
// others, in another order, twice, and again when they were not answered 200.
// It has a thread of its own, for everything but what leaves at once.

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

  // A Delivered is one webhook that DeliverNow has sent.
  struct Delivered {
    std::size_t updates = 0;
    WebhookAnswer answer;
  };
  // They are in the order in which they left.
  using DeliveredCallback = absl::AnyInvocable<void(std::vector<Delivered>)>;

  // A State tells of the deliveries as they are now.
  struct State {
    DeliverySettings settings;
    DeliveryCounts counts;
    // So long it is until something is due; infinite when nothing is, or while
    // updates are held.
    absl::Duration until_next;
  };

  // Both must outlive this.
  Courier(const AccountList& accounts, WebhookSender& sender);
  // Stops, if nobody has.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // Changes the settings that are present. Where chance begins to play a part
  // and no seed was chosen, one is made; each new seed is written to the log.
  void Change(DeliveryChange change);
  State state() const;

  // Delivers the parcel. `done` is called once, from any thread, and must not
  // block: with the gateway's answer, or at once with WebhookAnswer::waits
  // where the parcel waits for others.
  void Deliver(Parcel parcel, Callback done);

  // Delivers, one webhook after the other, what is due, and what gathers or is
  // held. The deliveries' clock is first moved ahead, so that a test need not
  // wait for pauses. `done` is called once, when all have been answered; it
  // must not block.
  void DeliverNow(absl::Duration ahead, DeliveredCallback done);
  // Forgets what waits.
  void Clear();

  // Ends the thread, and calls the callbacks of DeliverNow that wait. It blocks
  // until a webhook that is under way has been answered, so the sender must be
  // stopped first. From then on everything new fails at once, and nothing is
  // delivered again. A second call does nothing.
  void Stop();

 private:
  // This is the thread.
  void Work();
  // Blocks until something is to be done, and takes it. Returns false when the
  // thread is to end.
  bool Await(std::vector<DeliveryPlan::Post>& posts,
             std::vector<DeliveredCallback>& asked);
  // Sends the webhook and blocks until it has been answered.
  WebhookAnswer SendAndWait(DeliveryPlan::Post post);
  // Sends the webhook; what is to be delivered again is noted before `done` is
  // called.
  void Send(DeliveryPlan::Post post, Callback done);
  // Returns bytes that are equal for parcels that can be in one webhook.
  std::string DestinationOf(const Parcel& parcel) const;
  // This is the time of the deliveries' clock.
  absl::Time Now() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return absl::Now() + ahead_;
  }

  const AccountList& accounts_;
  WebhookSender& sender_;
  // It is not held while a webhook is sent or a callback runs.
  mutable Mutex mutex_;
  // It is signalled when the plan changes, and when something is asked for.
  CondVar changed_;
  DeliveryPlan plan_ ABSL_GUARDED_BY(mutex_);
  // The deliveries' clock is so much ahead of the machine's.
  absl::Duration ahead_ ABSL_GUARDED_BY(mutex_);
  // Each is a call of DeliverNow that waits for the thread.
  std::vector<DeliveredCallback> asked_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is the last member, since it uses all the others.
  std::thread thread_;
};

}  // namespace linktor::emulator
