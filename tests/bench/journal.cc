// Ratio 3: appends to the journal in this process.

#include <chrono>
#include <cstdlib>

#include "server/base/crypto.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"
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

class NoNames final : public UserNames {
 public:
  std::string Find(std::int64_t, std::string_view) override { return ""; }
  void OnActivity(const ChannelRegistry::EntryPtr&, std::string_view) override {
  }
};

// The store with one channel, and what makes its records.
class Rig {
 public:
  Rig() : secret_("bench secret"), registry_(Open()) {
    CreateChannelRecord create{.time_ms = 1, .channel_no = 1};
    create.channel.set_id("ch_bench");
    create.channel.set_instagram_account_id("17841400000000001");
    v1::ChannelCredentials credentials;
    credentials.add_app_secrets(secret_);
    create.sealed_credentials = *store_->sealer().Seal(
        {.channel_no = 1}, SealedPlace::kCredentials, "1",
        credentials.SerializeAsString(), create.new_keys);
    const auto created = AppendAs<ChannelOutcome>(*journal_, std::move(create));
    if (!created.ok() || !registry_.Put(created->row).ok()) std::abort();
  }

  std::vector<WebhookRecord> MakeRecords(std::size_t count) {
    const ChannelRegistry::EntryPtr channel = registry_.Find("ch_bench");
    std::vector<WebhookRecord> records;
    records.reserve(count);
    while (records.size() < count) {
      const PaddedBody body(posts_.Body(1));
      records.push_back(*ingest_.MakeRecord(
          channel, store_->sealer().Fingerprint(secret_), body.view()));
    }
    return records;
  }

  // Seconds for all of them, with kInFlight waiting at most, and half of them
  // at least until the end.
  double Append(std::vector<WebhookRecord> records) {
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
      journal_->Append(std::move(records[asked]),
                       [&](const absl::StatusOr<Outcome>& outcome) {
                         if (!outcome.ok()) std::abort();
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
  Sealer& Open() {
    store_ = *Store::Open(folder_.path(), Secret(std::string(32, 'k')));
    journal_ = *SqliteJournal::Create(
        {}, store_->TakeWriter(), store_->sealer(),
        [](const std::vector<CommittedEvent>&) {},
        [](const absl::Status&) { std::abort(); });
    return store_->sealer();
  }

  const std::string secret_;
  TempFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
  ChannelRegistry registry_;
  SystemClock clock_;
  NoNames names_;
  FakeWebhookObserver observer_;
  Ingest ingest_{clock_, store_->sealer(), registry_, names_, observer_};
  PostMaker posts_{{.account_id = "17841400000000001"}, kUsers};
};

std::size_t SizeOf(const WebhookRecord& record) {
  return record.items[0].event.sealed.size() +
         record.items[0].sealed_raw.size();
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
    std::vector<WebhookRecord> records = rig.MakeRecords(count);
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
