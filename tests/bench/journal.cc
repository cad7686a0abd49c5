// Ratio 3 is about appends to the journal in this process.

#include <chrono>
#include <cstdlib>

#include "tests/bench/raw_log.h"
#include "tests/bench/setting.h"
#include "tests/bench/store.h"
#include "tests/support/padded_body.h"

namespace linktor::bench {
namespace {

constexpr std::size_t kRecords = 60'000;
constexpr std::size_t kInFlight = 64;
constexpr int kAppendUsers = 1000;

// A Rig makes records of posts and appends them.
class Rig {
 public:
  // Returns records whose keys are durable.
  std::vector<journal::Appended> MakeRecords(std::size_t count) {
    const channels::ChannelRegistry::EntryPtr channel = store_.channel();
    const std::string fingerprint =
        store_.data().sealer().Fingerprint(Store::target().app_secret);
    std::vector<journal::Appended> records;
    records.reserve(count);
    while (records.size() < count) {
      const PaddedBody body(posts_.Body(1));
      webhook::Delivery delivery = ValueOrDie(
          store_.ingest().MakeRecord(channel, fingerprint, body.view()));
      StoreKeys(std::move(delivery.new_keys));
      records.push_back(std::move(delivery.appended));
    }
    return records;
  }

  // Appends all records and returns the seconds that it took. At most kInFlight
  // wait at any time, and at least half as many until the end.
  double Append(std::vector<journal::Appended> records) {
    Mutex mutex;
    CondVar changed;
    std::size_t done = 0;
    std::size_t wanted = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t asked = 0; asked < records.size(); ++asked) {
      {
        MutexLock lock(mutex);
        // This thread is woken once for a batch, as the denominator's is.
        if (asked - done >= kInFlight) wanted = asked - kInFlight / 2;
        while (done < wanted) changed.Wait(mutex);
      }
      store_.journal().Append(std::move(records[asked]),
                              [&](const journal::Ending& ending) {
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

  const std::string& folder() const { return store_.folder(); }

 private:
  void StoreKeys(seal::NewKeys keys) {
    if (keys.empty()) return;
    journal::Record record =
        journal::NewRecord(absl::ToUnixMillis(store_.clock().Now()));
    for (journal::DataKey& key : keys) {
      *record.mutable_add_data_keys()->add_keys() = std::move(key);
    }
    ValueOrDie(
        journal::AppendAs<state::Done>(store_.journal(), std::move(record)));
  }

  Store store_;
  PostMaker posts_{Store::target(), kAppendUsers};
};

std::size_t SizeOf(const journal::Appended& appended) {
  const journal::WebhookItem& item = appended.record.webhook().items(0);
  return item.event().sealed().size() + item.sealed_raw().size();
}

}  // namespace

void MeasureJournal(const Setting& setting) {
  Rig rig;
  (void)rig.Append(rig.MakeRecords(2 * kAppendUsers));
  Ratio ratio{.number = "3",
              .name = "journal appends / file with fdatasync group commit",
              .unit = "records/s",
              .at_least = 0.18};
  const std::size_t count = setting.Scaled(kRecords);
  for (int round = 0; round < setting.rounds; ++round) {
    setting.report.SetDisk(ProbeDisk(rig.folder()));
    std::vector<journal::Appended> records = rig.MakeRecords(count);
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
