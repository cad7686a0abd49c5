#include "server/journal/journal.h"

#include <optional>
#include <utility>

#include "server/base/mutex.h"

namespace linktor::journal {

namespace {

Ending AppendAndWait(Journal& journal, Appended appended) {
  Mutex mutex;
  CondVar ready;
  std::optional<Ending> result;
  journal.Append(std::move(appended), [&](Ending ending) {
    // The signal is given under the lock: the waiter's stack goes as soon as it
    // wakes.
    MutexLock lock(mutex);
    result = std::move(ending);
    ready.Signal();
  });
  MutexLock lock(mutex);
  while (!result.has_value()) ready.Wait(mutex);
  return *std::move(result);
}

}  // namespace

Ending AppendAndWait(Journal& journal, journal::Record record) {
  return AppendAndWait(journal,
                       Appended{.record = std::move(record), .clear = {}});
}

journal::Record NewRecord(std::int64_t time_ms) {
  journal::Record record;
  record.set_time_ms(time_ms);
  return record;
}

void AppendSealed(Journal& journal, seal::NewKeys keys, Appended appended,
                  Journal::Callback done) {
  if (keys.empty()) return journal.Append(std::move(appended), std::move(done));
  journal::Record record = NewRecord(appended.record.time_ms());
  for (journal::DataKey& key : keys) {
    *record.mutable_add_data_keys()->add_keys() = std::move(key);
  }
  journal.Append(std::move(record),
                 [&journal, appended = std::move(appended),
                  done = std::move(done)](Ending ending) mutable {
                   if (!ending.applied()) return done(std::move(ending));
                   journal.Append(std::move(appended), std::move(done));
                 });
}

Ending AppendSealedAndWait(Journal& journal, seal::NewKeys keys,
                           Appended appended) {
  if (!keys.empty()) {
    journal::Record first = NewRecord(appended.record.time_ms());
    for (journal::DataKey& key : keys) {
      *first.mutable_add_data_keys()->add_keys() = std::move(key);
    }
    Ending ending = AppendAndWait(journal, std::move(first));
    if (!ending.applied()) return ending;
  }
  return AppendAndWait(journal, std::move(appended));
}

}  // namespace linktor::journal
