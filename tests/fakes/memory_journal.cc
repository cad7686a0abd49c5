#include "tests/fakes/memory_journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "tests/unit/state/store_rig.h"

namespace linktor {
namespace {

// The write-ahead log is written into the database when it has this many pages.
constexpr std::int64_t kCheckpointPages = 4096;

}  // namespace

std::int64_t SharedLog::Append(std::string record) {
  MutexLock lock(mutex_);
  records_.push_back(std::move(record));
  return static_cast<std::int64_t>(records_.size());
}

std::int64_t SharedLog::last_position() const {
  MutexLock lock(mutex_);
  return static_cast<std::int64_t>(records_.size());
}

std::string SharedLog::At(std::int64_t position) const {
  MutexLock lock(mutex_);
  return records_[static_cast<std::size_t>(position - 1)];
}

std::int64_t SharedLog::AppliedBy(const std::string& instance) const {
  MutexLock lock(mutex_);
  const auto it = applied_.find(instance);
  return it == applied_.end() ? 0 : it->second;
}

void SharedLog::SetApplied(const std::string& instance, std::int64_t position) {
  MutexLock lock(mutex_);
  applied_[instance] = position;
}

absl::StatusOr<std::unique_ptr<MemoryJournal>> MemoryJournal::Create(
    const Options& options, SharedLog& log, journal::DataFolder& folder,
    std::int64_t now_ms) {
  std::unique_ptr<MemoryJournal> made(new MemoryJournal(options, log, folder));
  LINKTOR_TRY(made->applier_.Load());
  journal::Record started = journal::NewRecord(now_ms);
  started.mutable_instance_started();
  journal::Ending ending =
      journal::Ending::Unknown(absl::UnknownError("not applied"));
  made->Append(std::move(started),
               [&ending](journal::Ending told) { ending = std::move(told); });
  made->Pump();
  LINKTOR_TRY(journal::AnswerAs<state::Done>(std::move(ending)).status());
  return made;
}

absl::Status MemoryJournal::CatchUp(const Options& options, SharedLog& log,
                                    journal::DataFolder& folder) {
  MemoryJournal reader(options, log, folder);
  LINKTOR_TRY(reader.applier_.Load());
  reader.Pump();
  return reader.stopped();
}

MemoryJournal::MemoryJournal(const Options& options, SharedLog& log,
                             journal::DataFolder& folder)
    : log_(log),
      folder_(folder),
      database_([&] {
        std::unique_ptr<sqlite::Database> writer = folder.TakeWriter();
        if (options.prepare) options.prepare(*writer);
        return writer;
      }()),
      applier_(*database_, folder.recent(), options.runs, {}),
      stepped_(options.stepped),
      batch_records_(options.batch_records),
      applied_(log.AppliedBy(folder.appender().instance)) {}

MemoryJournal::~MemoryJournal() { Stop(); }

void MemoryJournal::Stop() {
  {
    MutexLock lock(mutex_);
    draining_ = true;
  }
  EndAll(MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_STORE_FAILED, "the instance has stopped"));
}

void MemoryJournal::Append(journal::Appended appended, Callback done) {
  const absl::Status refusal = Enqueue(appended, done);
  if (!refusal.ok()) return done(journal::Ending::Refused(refusal));
  {
    MutexLock lock(mutex_);
    if (stepped_) return;
  }
  Pump();
}

// The record gets its number and its place in the log under one lock, so that
// both have the same order.
absl::Status MemoryJournal::Enqueue(journal::Appended& appended,
                                    Callback& done) {
  journal::Record& record = appended.record;
  record.set_format(state::kRecordFormat);
  record.set_instance(folder_.appender().instance);
  record.set_incarnation(folder_.appender().incarnation);
  MutexLock lock(mutex_);
  if (!stopped_.ok()) {
    return MakeError(absl::StatusCode::kUnavailable,
                     v1::ERROR_REASON_STORE_FAILED, ToStd(stopped_.message()));
  }
  if (draining_) {
    return MakeError(absl::StatusCode::kUnavailable, v1::ERROR_REASON_DRAINING,
                     "the server is shutting down; nothing was done");
  }
  record.set_number(++last_number_);
  own_[record.number()] = {.clear = std::move(appended.clear),
                           .done = std::move(done)};
  log_.Append(record.SerializeAsString());
  return absl::OkStatus();
}

void MemoryJournal::Pump(std::size_t most) {
  for (;;) {
    journal::Batch batch = Take(most);
    if (batch.empty()) return;
    most -= batch.size();
    ApplyAll(batch);
    MutexLock lock(mutex_);
    pumping_ = false;
  }
}

journal::Batch MemoryJournal::Take(std::size_t most) {
  journal::Batch batch;
  absl::Status unreadable;
  {
    MutexLock lock(mutex_);
    if (pumping_ || !stopped_.ok()) return batch;
    const auto there =
        static_cast<std::size_t>(log_.last_position() - applied_);
    const std::size_t count = std::min({most, batch_records_, there});
    for (std::size_t i = 1; i <= count && unreadable.ok(); ++i) {
      auto one = Read(applied_ + static_cast<std::int64_t>(i));
      if (one.ok()) {
        batch.push_back(*std::move(one));
      } else {
        unreadable = one.status();
      }
    }
    pumping_ = !batch.empty();
  }
  if (batch.empty() && !unreadable.ok()) Fail(unreadable);
  return batch;
}

absl::StatusOr<journal::Waiting> MemoryJournal::Read(std::int64_t position) {
  journal::Waiting one;
  journal::Record& record = one.appended.record;
  if (!record.ParseFromString(log_.At(position))) {
    return absl::DataLossError(
        absl::StrCat("the record at ", position, " cannot be read"));
  }
  const journal::Appender& me = folder_.appender();
  one.own = record.instance() == me.instance &&
            record.incarnation() == me.incarnation;
  if (!one.own) return one;
  const auto own = own_.find(record.number());
  if (own == own_.end()) return one;
  one.appended.clear = std::move(own->second.clear);
  one.done = std::move(own->second.done);
  own_.erase(own);
  return one;
}

void MemoryJournal::ApplyAll(journal::Batch& batch) {
  while (!batch.empty()) {
    const journal::BatchApplier::Result result = applier_.Apply(batch);
    if (!result.status.ok()) {
      for (journal::Waiting& one : batch) {
        if (one.done) one.done(journal::Ending::Unknown(result.status));
      }
      return Fail(result.status);
    }
    journal::TellFeed(folder_.feed(), batch, result.count);
    {
      MutexLock lock(mutex_);
      applied_ += static_cast<std::int64_t>(result.count);
      log_.SetApplied(folder_.appender().instance, applied_);
    }
    for (std::size_t i = 0; i < result.count; ++i) {
      journal::Waiting& one = batch.front();
      if (one.done) one.done(journal::EndingOf(one));
      batch.pop_front();
    }
  }
  if (database_->wal_pages() < kCheckpointPages) return;
  const absl::Status written =
      database_->RunCheckpoint(sqlite::Database::Checkpoint::kPassive);
  if (!written.ok()) Fail(written);
}

void MemoryJournal::Fail(const absl::Status& why) {
  {
    MutexLock lock(mutex_);
    stopped_ = why;
  }
  EndAll(why);
}

void MemoryJournal::EndAll(const absl::Status& why) {
  absl::flat_hash_map<std::int64_t, Own> waiting;
  {
    MutexLock lock(mutex_);
    waiting = std::exchange(own_, {});
  }
  for (auto& [number, own] : waiting) own.done(journal::Ending::Unknown(why));
}

void MemoryJournal::SetStepped(bool stepped) {
  MutexLock lock(mutex_);
  stepped_ = stepped;
}

void MemoryJournal::SetBatchRecords(std::size_t records) {
  MutexLock lock(mutex_);
  batch_records_ = records;
}

std::int64_t MemoryJournal::applied() const {
  MutexLock lock(mutex_);
  return applied_;
}

absl::Status MemoryJournal::stopped() const {
  MutexLock lock(mutex_);
  return stopped_;
}

MemoryInstance::MemoryInstance(SharedLog& log, MemoryJournal::Options options)
    : log_(log), options_(std::move(options)) {}

MemoryInstance::~MemoryInstance() { Close(); }

// The folder is opened anew after it has caught up, because its last event and
// its incarnation are read when it is opened, and must be those after the log.
absl::Status MemoryInstance::Open(journal::Feed::View view) {
  LINKTOR_TRY(CatchUp());
  LINKTOR_ASSIGN(
      folder_, journal::DataFolder::Open(temp_.path(), state::TestMasterKey()));
  if (view) folder_->feed().Add(std::move(view));
  LINKTOR_ASSIGN(
      journal_, MemoryJournal::Create(options_, log_, *folder_, state::kNowMs));
  return absl::OkStatus();
}

void MemoryInstance::Close() {
  journal_.reset();
  folder_.reset();
}

absl::Status MemoryInstance::CatchUp() {
  LINKTOR_ASSIGN(const auto folder, journal::DataFolder::Open(
                                        temp_.path(), state::TestMasterKey()));
  return MemoryJournal::CatchUp(options_, log_, *folder);
}

}  // namespace linktor
