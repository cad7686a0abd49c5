#include "server/store/sqlite_journal.h"

#include <chrono>
#include <utility>

#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor {
namespace {

// What a record occupies while it waits, roughly.
std::size_t SizeOf(const Record& record) {
  constexpr std::size_t kFixed = 512;
  if (const auto* webhook = std::get_if<WebhookRecord>(&record)) {
    std::size_t size = kFixed;
    for (const WebhookItem& item : webhook->items) {
      size += kFixed + 2 * item.event.sealed.size() + item.sealed_raw.size();
    }
    return size;
  }
  return kFixed;
}

const std::vector<NewKey>* KeysOf(const Record& record) {
  return std::visit(
      [](const auto& one) -> const std::vector<NewKey>* {
        if constexpr (requires { one.new_keys; }) return &one.new_keys;
        return nullptr;
      },
      record);
}

absl::Status DiskFull() {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_DISK_FULL,
                   "no space is left on the server's disk; nothing was done");
}

absl::Status Busy() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "another program holds the server's database; nothing was "
      "done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::Status StoreFailed() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_STORE_FAILED,
                   "the server's disk has failed; nothing was sent, and a "
                   "restart will show whether this was stored");
}

absl::Status CannotApply() {
  return MakeError(
      absl::StatusCode::kInternal, v1::ERROR_REASON_INTERNAL_FAULT,
      "the request could not be stored; the server's log says why");
}

}  // namespace

absl::StatusOr<Outcome> AppendAndWait(Journal& journal, Record record) {
  Mutex mutex;
  CondVar ready;
  std::optional<absl::StatusOr<Outcome>> result;
  journal.Append(std::move(record), [&](absl::StatusOr<Outcome> outcome) {
    // Signalled under the lock: the waiter's stack goes as soon as it wakes.
    MutexLock lock(mutex);
    result = std::move(outcome);
    ready.Signal();
  });
  MutexLock lock(mutex);
  while (!result.has_value()) ready.Wait(mutex);
  return *std::move(result);
}

absl::StatusOr<std::unique_ptr<SqliteJournal>> SqliteJournal::Create(
    const Options& options, std::unique_ptr<Database> database, Sealer& sealer,
    CommitSink on_commit, FailureSink on_failure) {
  std::unique_ptr<SqliteJournal> journal(
      new SqliteJournal(options, std::move(database), sealer,
                        std::move(on_commit), std::move(on_failure)));
  LINKTOR_TRY(journal->projection_.Load());
  journal->thread_ = std::thread([raw = journal.get()] { raw->Run(); });
  return journal;
}

SqliteJournal::SqliteJournal(const Options& options,
                             std::unique_ptr<Database> database, Sealer& sealer,
                             CommitSink on_commit, FailureSink on_failure)
    : options_(options),
      database_(std::move(database)),
      sealer_(sealer),
      on_commit_(std::move(on_commit)),
      on_failure_(std::move(on_failure)),
      projection_(*database_, options.mid_run),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT") {}

SqliteJournal::~SqliteJournal() { Stop(); }

void SqliteJournal::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.Signal();
  if (thread_.joinable()) thread_.join();
}

void SqliteJournal::Append(Record record, Callback done) {
  Waiting waiting{.record = std::move(record), .done = std::move(done)};
  waiting.bytes = SizeOf(waiting.record);
  const absl::Status refusal = failed_.load(std::memory_order_acquire)
                                   ? StoreFailed()
                                   : Enqueue(waiting);
  if (!refusal.ok()) return waiting.done(refusal);
  ready_.Signal();
}

absl::Status SqliteJournal::Enqueue(Waiting& waiting) {
  MutexLock lock(mutex_);
  if (stopping_) {
    return MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_DRAINING,
                     "the server is shutting down; nothing was done");
  }
  // One above the limit is taken when it is alone; else it never would be.
  if (waiting_bytes_ > 0 &&
      waiting_bytes_ + waiting.bytes > options_.max_waiting_bytes) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     "too much is waiting to be stored; nothing was done",
                     {.reason = v1::ERROR_REASON_OVERLOADED,
                      .retry_after = absl::Seconds(1)});
  }
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
  return absl::OkStatus();
}

std::deque<SqliteJournal::Waiting> SqliteJournal::TakeAll() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !stopping_) ready_.Wait(mutex_);
  return std::exchange(waiting_, {});
}

void SqliteJournal::Run() {
  for (;;) {
    std::deque<Waiting> waiting = TakeAll();
    if (waiting.empty()) return;
    while (!waiting.empty()) RunBatch(waiting);
  }
}

void SqliteJournal::RunBatch(std::deque<Waiting>& waiting) {
  if (failed_.load(std::memory_order_relaxed)) {
    return Answer(waiting, waiting.size(), StoreFailed());
  }
  const Projection::Position before = projection_.Mark();
  std::size_t count = 0;
  absl::Status status = ApplyTogether(waiting, count);
  if (!status.ok()) {
    absl::Status restored = RollBack(before);
    if (restored.ok() && FaultOf(status) == StoreFault::kRecord) {
      status = ApplyOneByOne(waiting, count);
      if (!status.ok()) restored = RollBack(before);
    }
    if (!restored.ok()) status = restored;
  }
  // A transaction that could not even begin: nobody may wait for ever.
  if (!status.ok() && count == 0) count = waiting.size();
  disk_full_.store(FaultOf(status) == StoreFault::kFull,
                   std::memory_order_relaxed);
  switch (FaultOf(status)) {
    case StoreFault::kNone:
      break;
    case StoreFault::kFull:
      LogCause(LogLevel::kError, "disk full", "",
               {{"error", status.ToString()}});
      status = DiskFull();
      break;
    case StoreFault::kBusy:
      LogCause(LogLevel::kError, "database busy", "",
               {{"error", status.ToString()}});
      status = Busy();
      break;
    case StoreFault::kRecord:
    case StoreFault::kDisk:
      // A fault of the whole batch that is no single record's is the disk's.
      Fail(status);
      status = StoreFailed();
      break;
  }
  Answer(waiting, count, status);
}

absl::Status SqliteJournal::RollBack(const Projection::Position& before) {
  (void)database_->Execute("ROLLBACK");
  return projection_.Restore(before);
}

absl::Status SqliteJournal::ApplyTogether(std::deque<Waiting>& waiting,
                                          std::size_t& count) {
  LINKTOR_TRY(begin_.Run());
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoNanoseconds(options_.max_batch_time);
  std::size_t bytes = 0;
  while (count < waiting.size()) {
    Waiting& one = waiting[count];
    ++count;
    bytes += one.bytes;
    one.outcome = projection_.Apply(one.record);
    if (!one.outcome.ok()) return one.outcome.status();
    if (bytes >= options_.max_batch_bytes ||
        std::chrono::steady_clock::now() >= end) {
      break;
    }
  }
  LINKTOR_TRY(projection_.Finish());
  return commit_.Run();
}

// A batch failed because of one of its records: the others must not suffer.
absl::Status SqliteJournal::ApplyOneByOne(std::deque<Waiting>& waiting,
                                          std::size_t count) {
  LINKTOR_TRY(begin_.Run());
  for (std::size_t i = 0; i < count; ++i) {
    absl::Status disk;
    waiting[i].outcome = ApplyAlone(waiting[i], disk);
    LINKTOR_TRY(disk);
  }
  LINKTOR_TRY(projection_.Finish());
  return commit_.Run();
}

// Within a savepoint. `disk` is set when the fault is not the record's.
absl::StatusOr<Outcome> SqliteJournal::ApplyAlone(Waiting& waiting,
                                                  absl::Status& disk) {
  const Projection::Position before = projection_.Mark();
  const auto attempt = [&](auto apply) -> absl::StatusOr<Outcome> {
    disk = database_->Execute("SAVEPOINT one");
    if (!disk.ok()) return disk;
    absl::StatusOr<Outcome> outcome = apply();
    if (!outcome.ok()) {
      if (FaultOf(outcome.status()) != StoreFault::kRecord) {
        disk = outcome.status();
      } else {
        disk = database_->Execute("ROLLBACK TO one");
      }
      if (absl::Status restored = projection_.Restore(before);
          disk.ok() && !restored.ok()) {
        disk = std::move(restored);
      }
    }
    if (disk.ok()) disk = database_->Execute("RELEASE one");
    return outcome;
  };
  absl::StatusOr<Outcome> outcome =
      attempt([&] { return projection_.Apply(waiting.record); });
  if (outcome.ok() || !disk.ok()) return outcome;
  LogCause(LogLevel::kError, "record cannot be applied", "",
           {{"error", outcome.status().ToString()}});
  const auto* webhook = std::get_if<WebhookRecord>(&waiting.record);
  if (webhook == nullptr) return CannotApply();
  const std::string why(outcome.status().message());
  outcome = attempt([&] { return projection_.Quarantine(*webhook, why); });
  if (outcome.ok() || !disk.ok()) return outcome;
  return CannotApply();
}

void SqliteJournal::Answer(std::deque<Waiting>& waiting, std::size_t count,
                           const absl::Status& committed) {
  std::vector<CommittedEvent> events = projection_.TakeCommitted();
  if (committed.ok() && !events.empty()) on_commit_(std::move(events));
  {
    // First, so that who is answered and appends again finds the room.
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) waiting_bytes_ -= waiting[i].bytes;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Waiting& one = waiting.front();
    if (!committed.ok()) one.outcome = committed;
    if (one.outcome.ok()) {
      if (const auto* keys = KeysOf(one.record)) sealer_.MarkStored(*keys);
    }
    one.done(std::move(one.outcome));
    waiting.pop_front();
  }
}

void SqliteJournal::Fail(const absl::Status& why) {
  Log(LogLevel::kError, "the store has failed", {{"error", why.ToString()}});
  failed_.store(true, std::memory_order_release);
  on_failure_(why);
}

}  // namespace linktor
