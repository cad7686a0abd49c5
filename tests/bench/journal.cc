// Ratio 3: appends to the journal in this process.

#include <chrono>
#include <cstdlib>

#include "server/base/clock.h"
#include "server/channels/channel_admin.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/webhook/ingest.h"
#include "tests/bench/raw_log.h"
#include "tests/bench/setting.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/support/padded_body.h"
#include "tests/support/temp_folder.h"

namespace linktor::bench {
namespace {

constexpr std::size_t kRecords = 60'000;
constexpr std::size_t kInFlight = 64;
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

// The rig has a data folder with one channel, and makes its records.
class Rig {
 public:
  Rig() {
    data_->feed().Add([this](auto records) { registry_.OnCommit(records); });
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id(kChannel);
    request.mutable_channel()->set_instagram_account_id(kAccount);
    request.mutable_channel()->set_page_id("1001");
    request.mutable_credentials()->add_app_secrets(kSecret);
    ChannelAdmin admin(clock_, *journal_, data_->sealer(), registry_);
    if (!admin.Create(request).ok()) std::abort();
  }

  // Returns records whose keys are durable.
  std::vector<Appended> MakeRecords(std::size_t count) {
    const ChannelRegistry::EntryPtr channel = registry_.Find(kChannel);
    const std::string fingerprint = data_->sealer().Fingerprint(kSecret);
    std::vector<Appended> records;
    records.reserve(count);
    while (records.size() < count) {
      const PaddedBody body(posts_.Body(1));
      Delivery delivery =
          ValueOrDie(ingest_.MakeRecord(channel, fingerprint, body.view()));
      StoreKeys(std::move(delivery.new_keys));
      records.push_back(std::move(delivery.appended));
    }
    return records;
  }

  // Seconds for all of them, with kInFlight waiting at most, and half of them
  // at least until the end.
  double Append(std::vector<Appended> records) {
    Mutex mutex;
    CondVar changed;
    std::size_t done = 0;
    std::size_t wanted = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t asked = 0; asked < records.size(); ++asked) {
      {
        MutexLock lock(mutex);
        // Woken once for a batch, as the denominator's is.
        if (asked - done >= kInFlight) wanted = asked - kInFlight / 2;
        while (done < wanted) changed.Wait(mutex);
      }
      journal_->Append(std::move(records[asked]), [&](const Ending& ending) {
        if (!ending.applied()) std::abort();
        MutexLock lock(mutex);
        if (++done == wanted) changed.Signal();
      });
    }
    MutexLock lock(mutex);
    wanted = records.size();
    while (done < wanted) changed.Wait(mutex);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin)
        .count();
  }

  const std::string& folder() const { return folder_.path(); }

 private:
  void StoreKeys(NewKeys keys) {
    if (keys.empty()) return;
    journal::Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
    for (journal::DataKey& key : keys) {
      *record.mutable_add_data_keys()->add_keys() = std::move(key);
    }
    ValueOrDie(AppendAs<Done>(*journal_, std::move(record)));
  }

  const SystemClock clock_;
  const TempFolder folder_;
  const std::unique_ptr<DataFolder> data_ = ValueOrDie(
      DataFolder::Open(folder_.path(), Secret(std::string(32, 'k'))));
  ChannelRegistry registry_{data_->sealer()};
  const std::unique_ptr<EmbeddedJournal> journal_ = ValueOrDie(
      EmbeddedJournal::Create({}, *data_, absl::ToUnixMillis(clock_.Now()),
                              [](const absl::Status&) { std::abort(); }));
  NoNames names_;
  FakeWebhookObserver observer_;
  Ingest ingest_{clock_, data_->sealer(), registry_, names_, observer_};
  PostMaker posts_{{.account_id = kAccount}, kUsers};
};

std::size_t SizeOf(const Appended& appended) {
  const journal::WebhookItem& item = appended.record.webhook().items(0);
  return item.event().sealed().size() + item.sealed_raw().size();
}

}  // namespace

void MeasureJournal(const Setting& setting) {
  Rig rig;
  (void)rig.Append(rig.MakeRecords(2 * kUsers));
  Ratio ratio{.number = "3",
              .name = "journal appends / file with fdatasync group commit",
              .unit = "records/s",
              .at_least = 0.35};
  const std::size_t count = setting.Scaled(kRecords);
  for (int round = 0; round < setting.rounds; ++round) {
    setting.report.SetDisk(ProbeDisk(rig.folder()));
    std::vector<Appended> records = rig.MakeRecords(count);
    const std::size_t bytes = SizeOf(records[0]);
    ratio.below.push_back(
        static_cast<double>(count) /
        RunRawLog(rig.folder(), count, bytes, static_cast<int>(kInFlight)));
    ratio.above.push_back(static_cast<double>(count) /
                          rig.Append(std::move(records)));
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
