// Ratio 10: a webhook's p99 while 1,000 messages a second are erased, over its
// p99 without. No call of the API erases yet, so the server's parts that a
// webhook passes run in this process, behind their real listener.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/channels/channel_admin.h"
#include "server/events/event_log.h"
#include "server/http/listener.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/journal/erasure_worker.h"
#include "server/state/identity.h"
#include "server/webhook/endpoint.h"
#include "server/webhook/ingest.h"
#include "tests/bench/http_load.h"
#include "tests/bench/raw_log.h"
#include "tests/bench/setting.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/support/temp_folder.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kPostsPerSecond = 2000;
// A round takes 15 s, so that it has at least one checkpoint of the erasures
// besides the first.
constexpr std::size_t kPosts = 30'000;
constexpr std::chrono::microseconds kErasurePause{1000};
constexpr int kUsers = 1000;
constexpr char kChannel[] = "ch_bench";
constexpr char kSecret[] = "bench secret";
constexpr char kAccount[] = "17841400000000001";

class NoNames final : public UserNames {
 public:
  std::string Find(std::int64_t, std::string_view) override { return ""; }
  void OnActivity(const ChannelRegistry::EntryPtr&, std::string_view) override {
  }
};

template <typename T>
T ValueOrDie(absl::StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return *std::move(value);
}

class Server {
 public:
  Server()
      : folder_(ValueOrDie(DataFolder::Open(place_.path() + "/data",
                                            Secret(std::string(32, 'k'))))),
        journal_(ValueOrDie(EmbeddedJournal::Create(
            {}, *folder_, absl::ToUnixMillis(clock_.Now()),
            [](const absl::Status&) { std::abort(); }))),
        log_(*folder_),
        registry_(folder_->sealer()),
        ingest_(clock_, folder_->sealer(), registry_, names_, observer_),
        endpoint_(
            registry_, ingest_,
            [this](Delivery&& delivery, auto done) {
              AppendSealed(*journal_, std::move(delivery.new_keys),
                           std::move(delivery.appended),
                           [done = std::move(done)](Ending ending) mutable {
                             done(AnswerAs<DeliveryAnswer>(std::move(ending)));
                           });
            },
            observer_),
        worker_(clock_, *journal_,
                {.empty_log = [this] { return journal_->EmptyLog(); }}) {
    folder_->feed().Add([this](auto records) { log_.OnCommit(records); });
    folder_->feed().Add([this](auto records) { registry_.OnCommit(records); });
    folder_->feed().Add([this](auto records) { worker_.OnCommit(records); });
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id(kChannel);
    request.mutable_channel()->set_instagram_account_id(kAccount);
    request.mutable_channel()->set_page_id("1001");
    request.mutable_credentials()->add_app_secrets(kSecret);
    ChannelAdmin admin(clock_, *journal_, folder_->sealer(), registry_);
    if (!admin.Create(request).ok()) std::abort();
    channel_no_ = registry_.Find(kChannel)->no;
    listener_ = ValueOrDie(HttpListener::Start(
        {.host = "127.0.0.1"},
        [this](const HttpRequest& one, HttpResponder respond) {
          endpoint_.Handle(one, std::move(respond));
        }));
  }

  ~Server() {
    listener_->Stop(absl::Seconds(1));
    worker_.Stop();
    journal_->Stop();
  }

  Target target() const {
    return {.address = listener_->address(),
            .trusted = {},
            .path = absl::StrCat("/webhooks/instagram/", kChannel),
            .account_id = kAccount,
            .app_secret = kSecret};
  }
  const std::string& folder() const { return place_.path(); }

  // The message with that number is erased.
  void Erase(std::uint64_t number) {
    journal::Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
    record.mutable_erase()->set_mid_key(MidKey(channel_no_, MidOf(number)));
    journal_->Append(std::move(record), [](const Ending& ending) {
      if (!ending.applied()) std::abort();
    });
  }

 private:
  const SystemClock clock_;
  const TempFolder place_;
  const std::unique_ptr<DataFolder> folder_;
  const std::unique_ptr<EmbeddedJournal> journal_;
  EventLog log_;
  ChannelRegistry registry_;
  NoNames names_;
  FakeWebhookObserver observer_;
  Ingest ingest_;
  WebhookEndpoint endpoint_;
  ErasureWorker worker_;
  std::int64_t channel_no_ = 0;
  std::unique_ptr<HttpListener> listener_;
};

// Erases one message after another, from `first` on, until it goes.
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
