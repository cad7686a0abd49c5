#include "server/journal/embedded_journal.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/functional/function_ref.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/journal/refusals.h"

namespace linktor::journal {
namespace {

// The write-ahead log may grow by so many pages before it is looked at again: a
// checkpoint that readers cut short would do no better a moment later.
constexpr std::int64_t kCheckpointStep = 2'048;
// This much of a log that began anew is cut off at a time, in bytes. To cut off
// all 64 MiB at once was measured to hold up all appends for 25 to 30 ms.
constexpr std::int64_t kCutStep = std::int64_t{4} << 20;
// It is cut off in at most about this many steps.
constexpr std::int64_t kMostCuts = 64;

// Batches from so many bytes on, such as posts of 1,000 items, are freed by
// another thread. The writer frees smaller ones itself: meanwhile more records
// come, so that the next commit has more of them.
constexpr std::size_t kLargeBatch = 512 * 1024;
// At most so many batches wait to be freed, which bounds their memory.
constexpr std::size_t kMostToFree = 16;

// Returns the memory that a record takes while it waits, roughly. Only
// webhooks, new or redriven, are large; an event is counted twice because it
// may be here in the clear, too.
std::size_t SizeOf(const journal::Record& record) {
  constexpr std::size_t kFixed = 512;
  std::size_t size = kFixed;
  for (const journal::WebhookItem& item : record.webhook().items()) {
    size +=
        kFixed + 2 * item.event().sealed().size() + item.sealed_raw().size();
  }
  for (const journal::RedriveItem& again : record.redrive().items()) {
    size += kFixed + again.item().event().sealed().size();
  }
  return size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedJournal>> EmbeddedJournal::Create(
    const Options& options, DataFolder& folder, std::int64_t now_ms,
    FailureSink on_failure) {
  std::unique_ptr<EmbeddedJournal> made(
      new EmbeddedJournal(options, folder, std::move(on_failure)));
  LINKTOR_TRY(made->applier_.Load());
  made->thread_ = std::thread([raw = made.get()] { raw->Run(); });
  journal::Record started = NewRecord(now_ms);
  started.mutable_instance_started();
  LINKTOR_TRY(
      AnswerAs<state::Done>(AppendAndWait(*made, std::move(started))).status());
  return made;
}

EmbeddedJournal::EmbeddedJournal(const Options& options, DataFolder& folder,
                                 FailureSink on_failure)
    : options_(options),
      folder_(folder),
      database_(folder.TakeWriter()),
      on_failure_(std::move(on_failure)),
      applier_(*database_, folder.recent(), options.runs,
               {.max_bytes = options.max_batch_bytes,
                .max_time = options.max_batch_time}),
      next_checkpoint_(options.checkpoint_pages),
      cleaner_(1, kMostToFree) {}

EmbeddedJournal::~EmbeddedJournal() { Stop(); }

void EmbeddedJournal::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ready_.Signal();
  if (!thread_.joinable()) return;
  thread_.join();
  if (failed_.load(std::memory_order_relaxed)) return;
  const absl::Status emptied = folder_.pool().Pause([this] {
    return database_->RunCheckpoint(sqlite::Database::Checkpoint::kTruncate);
  });
  if (!emptied.ok()) {
    Log(LogLevel::kWarning, "the write-ahead log was not emptied",
        {{"error", emptied.ToString()}});
  }
  folder_.NoteCheckpoint(*database_);
  const absl::Status marked = folder_.WriteMarker(*database_);
  if (!marked.ok()) {
    Log(LogLevel::kWarning, "the marker was not written",
        {{"error", marked.ToString()}});
  }
}

void EmbeddedJournal::Append(Appended appended, Callback done) {
  Waiting waiting{.appended = std::move(appended), .done = std::move(done)};
  waiting.bytes = SizeOf(waiting.appended.record);
  const absl::Status refusal = failed_.load(std::memory_order_acquire)
                                   ? StoreFailed()
                                   : Enqueue(waiting);
  if (!refusal.ok()) return waiting.done(Ending::Refused(refusal));
  ready_.Signal();
}

absl::Status EmbeddedJournal::Enqueue(Waiting& waiting) {
  journal::Record& record = waiting.appended.record;
  record.set_format(state::kRecordFormat);
  record.set_instance(folder_.appender().instance);
  record.set_incarnation(folder_.appender().incarnation);
  MutexLock lock(mutex_);
  if (stopping_) return Stopping();
  // A record above the limit is taken when nothing else waits; else it never
  // would be.
  if (waiting_bytes_ > 0 &&
      waiting_bytes_ + waiting.bytes > options_.max_waiting_bytes) {
    return QueueFull();
  }
  record.set_number(++last_number_);
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
  return absl::OkStatus();
}

absl::Status EmbeddedJournal::RunOnWriter(WriterTask task) {
  // The promise is shared because the waiter may return before set_value does.
  const auto result = std::make_shared<std::promise<absl::Status>>();
  {
    MutexLock lock(mutex_);
    if (stopping_) return Stopping();
    tasks_.emplace_back([this, result, task = std::move(task)]() mutable {
      result->set_value(failed_.load(std::memory_order_relaxed)
                            ? StoreFailed()
                            : task(*database_));
    });
  }
  ready_.Signal();
  return result->get_future().get();
}

absl::Status EmbeddedJournal::RunOnLog(
    absl::FunctionRef<absl::Status(sqlite::Database&)> step) {
  return RunOnWriter([this, step](sqlite::Database& database) {
    absl::Status status = step(database);
    if (sqlite::FaultOf(status) == sqlite::StoreFault::kDisk) Fail(status);
    return status;
  });
}

absl::Status EmbeddedJournal::BeginLogAnew() {
  return RunOnLog([this](sqlite::Database& database) {
    absl::Status status = folder_.pool().Pause([&database]() -> absl::Status {
      LINKTOR_TRY(
          database.RunCheckpoint(sqlite::Database::Checkpoint::kRestart));
      return database.BeginLogAnew();
    });
    if (status.ok()) folder_.NoteCheckpoint(database);
    return status;
  });
}

absl::StatusOr<std::int64_t> EmbeddedJournal::OldLogBytes() {
  std::int64_t old = 0;
  LINKTOR_TRY(RunOnLog([&old](sqlite::Database& database) -> absl::Status {
    LINKTOR_ASSIGN(old, database.OldLogBytes());
    return absl::OkStatus();
  }));
  return old;
}

absl::Status EmbeddedJournal::CutLog() {
  LINKTOR_ASSIGN(std::int64_t left, OldLogBytes());
  // A log that readers have made very long must not take many steps either.
  const std::int64_t step = std::max(kCutStep, left / kMostCuts);
  while (left > 0) {
    LINKTOR_TRY(
        RunOnLog([&left, step](sqlite::Database& database) -> absl::Status {
          LINKTOR_ASSIGN(left, database.CutLog(step));
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

void EmbeddedJournal::LookForRoom() {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    tasks_.emplace_back([this] {
      if (failed_.load(std::memory_order_relaxed)) return;
      const std::int64_t before = database_->written_commits();
      const absl::Status status = database_->CommitUnchangedPage();
      NoteRoom(status, before);
      if (sqlite::FaultOf(status) == sqlite::StoreFault::kDisk) Fail(status);
    });
  }
  ready_.Signal();
}

EmbeddedJournal::Work EmbeddedJournal::TakeAll() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && tasks_.empty() && !stopping_) ready_.Wait(mutex_);
  return {.batch = std::exchange(waiting_, {}),
          .tasks = std::exchange(tasks_, {})};
}

void EmbeddedJournal::Run() {
  for (;;) {
    Work work = TakeAll();
    if (work.batch.empty() && work.tasks.empty()) return;
    while (!work.batch.empty()) RunBatch(work.batch);
    for (auto& task : work.tasks) task();
    Checkpoint();
    if (!failed_.load(std::memory_order_relaxed)) {
      folder_.KeepMarker(*database_);
    }
  }
}

void EmbeddedJournal::RunBatch(Batch& waiting) {
  if (failed_.load(std::memory_order_relaxed)) {
    return Answer(waiting, waiting.size(), Ending::Refused(StoreFailed()));
  }
  const std::int64_t before = database_->written_commits();
  const BatchApplier::Result result = applier_.Apply(waiting);
  NoteRoom(result.status, before);
  if (!result.status.ok()) {
    return Answer(waiting, result.count, FailedEnding(result));
  }
  TellFeed(folder_.feed(), waiting, result.count);
  Answer(waiting, result.count, std::nullopt);
}

void EmbeddedJournal::NoteRoom(const absl::Status& committed,
                               std::int64_t written_before) {
  if (sqlite::FaultOf(committed) == sqlite::StoreFault::kFull) {
    disk_full_.store(true, std::memory_order_relaxed);
  } else if (database_->written_commits() > written_before) {
    disk_full_.store(false, std::memory_order_relaxed);
  }
}

Ending EmbeddedJournal::FailedEnding(const BatchApplier::Result& result) {
  const absl::Status& failed = result.status;
  switch (sqlite::FaultOf(failed)) {
    case sqlite::StoreFault::kFull:
      LogCause(LogLevel::kError, "disk full", "",
               {{"error", failed.ToString()}});
      return Ending::Refused(DiskFull());
    case sqlite::StoreFault::kBusy:
      LogCause(LogLevel::kError, "database busy", "",
               {{"error", failed.ToString()}});
      return Ending::Refused(StoreBusy());
    case sqlite::StoreFault::kNone:
    case sqlite::StoreFault::kRecord:
    case sqlite::StoreFault::kDisk:
      // A fault of the whole batch that is no single record's is the disk's.
      if (!failed_.load(std::memory_order_relaxed)) Fail(failed);
      return result.commit_tried ? Ending::Unknown(StoreFailed())
                                 : Ending::Refused(StoreFailed());
  }
  return Ending::Unknown(StoreFailed());
}

void EmbeddedJournal::Answer(Batch& waiting, std::size_t count,
                             const std::optional<Ending>& failed) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += waiting[i].bytes;
  {
    // First, so that whoever is answered and appends again finds the room.
    MutexLock lock(mutex_);
    waiting_bytes_ -= bytes;
  }
  const bool large = bytes >= kLargeBatch;
  Batch answered;
  for (std::size_t i = 0; i < count; ++i) {
    Waiting& one = waiting.front();
    one.done(failed.has_value() ? *failed : EndingOf(one));
    // What the callback borrows may go before the journal does.
    one.done = nullptr;
    if (large) answered.push_back(std::move(one));
    waiting.pop_front();
  }
  // A task that is not taken is destroyed here.
  if (large) (void)cleaner_.TryRun([batch = std::move(answered)] {});
}

// Nobody reads while the log is begun anew, or it might never be: readers whose
// snapshots overlap without a pause keep it growing.
void EmbeddedJournal::Checkpoint() {
  const std::int64_t pages = database_->wal_pages();
  if (failed_.load(std::memory_order_relaxed) || pages < next_checkpoint_) {
    if (pages < options_.checkpoint_pages) {
      next_checkpoint_ = options_.checkpoint_pages;
    }
    return;
  }
  next_checkpoint_ = pages + kCheckpointStep;
  absl::Status status =
      database_->RunCheckpoint(sqlite::Database::Checkpoint::kPassive);
  if (status.ok() && pages >= 2 * options_.checkpoint_pages) {
    status = folder_.pool().Pause([this] {
      return database_->RunCheckpoint(sqlite::Database::Checkpoint::kRestart);
    });
    // The next commit may be longer than checkpoint_pages.
    if (status.ok()) next_checkpoint_ = options_.checkpoint_pages;
  }
  folder_.NoteCheckpoint(*database_);
  switch (sqlite::FaultOf(status)) {
    case sqlite::StoreFault::kNone:
    case sqlite::StoreFault::kBusy:
      return;
    case sqlite::StoreFault::kFull:
      disk_full_.store(true, std::memory_order_relaxed);
      LogCause(LogLevel::kError, "disk full", "",
               {{"error", status.ToString()}});
      return;
    case sqlite::StoreFault::kRecord:
    case sqlite::StoreFault::kDisk:
      Fail(status);
      return;
  }
}

void EmbeddedJournal::Fail(const absl::Status& why) {
  Log(LogLevel::kError, "the store has failed", {{"error", why.ToString()}});
  failed_.store(true, std::memory_order_release);
  on_failure_(why);
}

}  // namespace linktor::journal
