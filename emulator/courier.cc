#include "emulator/courier.h"

#include <algorithm>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/crypto.h"
#include "server/base/log.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Returns a random seed that is short enough to be typed again by a person.
std::uint64_t NewSeed() {
  constexpr std::uint64_t kEnd = 1'000'000'000;
  std::uint64_t number = 0;
  FillRandom(&number, sizeof(number));
  return 1 + number % (kEnd - 1);
}

}  // namespace

Courier::Courier(const AccountList& accounts, WebhookSender& sender)
    : accounts_(accounts), sender_(sender), thread_([this] { Work(); }) {}

Courier::~Courier() { Stop(); }

void Courier::Change(DeliveryChange change) {
  {
    MutexLock lock(mutex_);
    plan_.Change(change);
    if (plan_.NeedsSeed()) {
      change = {.seed = NewSeed()};
      plan_.Change(change);
    }
    changed_.Signal();
  }
  if (change.seed.has_value()) {
    Log(LogLevel::kWarning, "the deliveries' random numbers have a new seed",
        {{"seed", absl::StrCat(*change.seed)}});
  }
}

Courier::State Courier::state() const {
  MutexLock lock(mutex_);
  return {
      .settings = plan_.settings(),
      .counts = plan_.counts(),
      .until_next = std::max(plan_.NextDue() - Now(), absl::ZeroDuration())};
}

void Courier::Deliver(Parcel parcel, Callback done) {
  std::optional<DeliveryPlan::Update> update;
  {
    MutexLock lock(mutex_);
    update = plan_.Take(std::move(parcel), Now());
    changed_.Signal();
  }
  if (!update.has_value()) return done({.waits = true});
  DeliveryPlan::Post post;
  post.push_back(*std::move(update));
  Send(std::move(post), std::move(done));
}

void Courier::DeliverNow(absl::Duration ahead, DeliveredCallback done) {
  {
    MutexLock lock(mutex_);
    ahead_ += ahead;
    if (!stopping_) {
      asked_.push_back(std::move(done));
      changed_.Signal();
      return;
    }
  }
  done({});
}

void Courier::Clear() {
  MutexLock lock(mutex_);
  plan_.Clear();
}

void Courier::Stop() {
  std::vector<DeliveredCallback> asked;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    plan_.Change({.redeliver = false});
    plan_.Clear();
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
  {
    MutexLock lock(mutex_);
    asked.swap(asked_);
  }
  for (DeliveredCallback& done : asked) done({});
}

void Courier::Work() {
  std::vector<DeliveryPlan::Post> posts;
  std::vector<DeliveredCallback> asked;
  while (Await(posts, asked)) {
    std::vector<Delivered> delivered;
    for (DeliveryPlan::Post& post : posts) {
      const std::size_t updates = post.size();
      delivered.push_back(
          {.updates = updates, .answer = SendAndWait(std::move(post))});
    }
    for (DeliveredCallback& done : asked) done(delivered);
    posts.clear();
    asked.clear();
  }
}

bool Courier::Await(std::vector<DeliveryPlan::Post>& posts,
                    std::vector<DeliveredCallback>& asked) {
  std::vector<DeliveryPlan::Update> updates;
  int batch = 1;
  {
    MutexLock lock(mutex_);
    while (!stopping_ && asked_.empty() && plan_.NextDue() > Now()) {
      const absl::Duration left = plan_.NextDue() - Now();
      if (left == absl::InfiniteDuration()) {
        changed_.Wait(mutex_);
      } else {
        changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
      }
    }
    if (stopping_) return false;
    asked.swap(asked_);
    updates = plan_.TakeDue(Now(), /*all=*/!asked.empty());
    batch = plan_.settings().batch;
  }
  posts =
      IntoPosts(std::move(updates), static_cast<std::size_t>(batch),
                [this](const Parcel& parcel) { return DestinationOf(parcel); });
  return true;
}

WebhookAnswer Courier::SendAndWait(DeliveryPlan::Post post) {
  // The promise is shared, because set_value() still uses it for a moment after
  // it has woken this thread.
  auto answered = std::make_shared<std::promise<WebhookAnswer>>();
  std::future<WebhookAnswer> answer = answered->get_future();
  Send(std::move(post), [answered](WebhookAnswer result) {
    answered->set_value(std::move(result));
  });
  return answer.get();
}

void Courier::Send(DeliveryPlan::Post post, Callback done) {
  constexpr int kOk = 200;
  const Parcel& first = post.front().parcel;
  OutgoingWebhook webhook{.account = first.account,
                          .kind = post.size() > 1 ? "batch" : first.kind,
                          .body = first.body,
                          .updates = post.size()};
  std::vector<const WebhookItem*> items;
  for (const DeliveryPlan::Update& update : post) {
    items.push_back(&update.parcel.item);
    webhook.attempt = std::max(webhook.attempt, update.deliveries + 1);
  }
  if (webhook.body.empty()) webhook.body = WebhookBody(items, absl::Now());
  sender_.Send(std::move(webhook),
               [this, post = std::move(post),
                done = std::move(done)](WebhookAnswer answer) mutable {
                 {
                   MutexLock lock(mutex_);
                   plan_.Ended(std::move(post), answer.status == kOk, Now());
                   changed_.Signal();
                 }
                 done(std::move(answer));
               });
}

std::string Courier::DestinationOf(const Parcel& parcel) const {
  const EmulatorConfig config = accounts_.ConfigOf(parcel.account);
  const Digest secret = Sha256(config.app_secret.Reveal());
  return absl::StrCat(ToAbsl(AsBytes(secret)),
                      parcel.item.messenger ? "page " : "instagram ",
                      config.webhook_url);
}

}  // namespace linktor::emulator
