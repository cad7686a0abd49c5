// Ratio 10 is a webhook's p99 while 1,000 messages a second are erased, over
// its p99 without erasures. No call of the API erases yet, so the server's
// parts through which a webhook goes run in this process, behind their real
// listener.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "server/events/event_log.h"
#include "server/http/listener.h"
#include "server/journal/erasure_worker.h"
#include "server/state/identity.h"
#include "server/webhook/endpoint.h"
#include "tests/bench/http_load.h"
#include "tests/bench/raw_log.h"
#include "tests/bench/setting.h"
#include "tests/bench/store.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kPostsPerSecond = 2000;
// A round takes 15 s, so that it has at least one checkpoint of the erasures
// besides the first.
constexpr std::size_t kPosts = 30'000;
constexpr std::chrono::microseconds kErasurePause{1000};
constexpr int kUsers = 1000;

class Server {
 public:
  Server() {
    journal::Feed& feed = store_.data().feed();
    feed.Add([this](auto records) { log_.OnCommit(records); });
    feed.Add([this](auto records) { worker_.OnCommit(records); });
    worker_.Start();
    listener_ = ValueOrDie(http::HttpListener::Start(
        {.host = "127.0.0.1"},
        [this](const http::HttpRequest& one, http::HttpResponder respond) {
          endpoint_.Handle(one, std::move(respond));
        }));
  }

  ~Server() {
    listener_->Stop(absl::Seconds(1));
    worker_.Stop();
    store_.journal().Stop();
  }

  Target target() const {
    Target target = Store::target();
    target.address = listener_->address();
    return target;
  }
  const std::string& folder() const { return store_.folder(); }

  // Appends the erasure of the message with that number.
  void Erase(std::uint64_t number) {
    journal::Record record =
        journal::NewRecord(absl::ToUnixMillis(store_.clock().Now()));
    record.mutable_erase()->set_mid_key(
        state::MidKey(store_.channel()->no, MidOf(number)));
    store_.journal().Append(std::move(record),
                            [](const journal::Ending& ending) {
                              if (!ending.applied()) std::abort();
                            });
  }

 private:
  Store store_;
  events::EventLog log_{store_.data()};
  webhook::WebhookEndpoint endpoint_{
      store_.registry(), store_.ingest(),
      [this](webhook::Delivery&& delivery, auto done) {
        journal::AppendSealed(
            store_.journal(), std::move(delivery.new_keys),
            std::move(delivery.appended),
            [done = std::move(done)](journal::Ending ending) mutable {
              done(journal::AnswerAs<state::DeliveryAnswer>(std::move(ending)));
            });
      },
      store_.observer()};
  journal::ErasureWorker worker_{
      store_.clock(),
      store_.journal(),
      {.begin_log_anew = [this] { return store_.journal().BeginLogAnew(); },
       .old_log_bytes = [this] { return store_.journal().OldLogBytes(); },
       .cut_log = [this] { return store_.journal().CutLog(); }}};
  std::unique_ptr<http::HttpListener> listener_;
};

// Erasures erase one message after another, from `first` on, until the object
// goes.
class Erasures {
 public:
  Erasures(Server& server, std::uint64_t first)
      : thread_([this, &server, first] {
          auto next = SteadyClock::now();
          for (std::uint64_t number = first; !stop_; ++number) {
            server.Erase(number);
            next += kErasurePause;
            std::this_thread::sleep_until(next);
          }
        }) {}
  ~Erasures() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

void MeasureErasure(const Setting& setting) {
  Server server;
  PostMaker posts(server.target(), kUsers);
  Ratio ratio{.number = "10",
              .name = "webhook p99 with 1,000 erasures a second / without",
              .unit = "ms",
              .at_most = 2};
  const std::size_t count = setting.Scaled(kPosts);
  // Every customer's first message makes a key.
  (void)RunLoad(
      {.address = server.target().address, .requests = posts.Many(kUsers)});
  const auto measure = [&] {
    return RunLoad({.address = server.target().address,
                    .requests = posts.Many(count),
                    .rate = kPostsPerSecond})
        .Quantile(0.99);
  };
  for (int round = 0; round < setting.rounds; ++round) {
    setting.report.SetDisk(ProbeDisk(server.folder()));
    const std::uint64_t first = posts.next_number();
    ratio.below.push_back(measure());
    const Erasures erasures(server, first);
    ratio.above.push_back(measure());
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
