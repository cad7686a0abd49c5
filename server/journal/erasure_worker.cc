#include "server/journal/erasure_worker.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/try.h"

namespace linktor::journal {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A failed attempt is repeated after this time. It is short against the 60 s
// within which an erasure must be done.
constexpr std::chrono::seconds kRetry{1};

}  // namespace

ErasureWorker::ErasureWorker(const Clock& clock, Journal& journal,
                             Options options)
    : clock_(clock),
      journal_(journal),
      options_(std::move(options)),
      due_(options_.due),
      erasing_(options_.erasing) {}

ErasureWorker::~ErasureWorker() { Stop(); }

void ErasureWorker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ErasureWorker::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.SignalAll();
  if (thread_.joinable()) thread_.join();
}

void ErasureWorker::OnCommit(std::span<const AppliedRecord> records) {
  std::int64_t due = 0;
  bool erasing = false;
  for (const AppliedRecord& one : records) {
    due = std::max(due, one.effects.due_erasure);
    erasing = erasing || one.effects.erasing;
  }
  if (due == 0 && !erasing) return;
  {
    MutexLock lock(mutex_);
    due_ = std::max(due_, due);
    erasing_ = erasing_ || erasing;
  }
  wake_.SignalAll();
}

bool ErasureWorker::AwaitWork() {
  MutexLock lock(mutex_);
  while (!stopping_ && due_ <= done_ && !erasing_) wake_.Wait(mutex_);
  return !stopping_;
}

bool ErasureWorker::Rest(std::chrono::milliseconds time) {
  const auto end = SteadyClock::now() + time;
  MutexLock lock(mutex_);
  while (!stopping_ && SteadyClock::now() < end) {
    wake_.WaitFor(mutex_, end - SteadyClock::now());
  }
  return !stopping_;
}

void ErasureWorker::Run() {
  while (AwaitWork()) {
    const absl::Status done = DoWork();
    if (absl::IsCancelled(done)) return;
    if (!done.ok()) {
      LogCause(LogLevel::kWarning, "an erasure is not carried out yet", "",
               {{"error", done.ToString()}});
    }
    if (!Rest(done.ok() ? options_.pause : kRetry)) return;
  }
}

absl::Status ErasureWorker::CleanRows() {
  {
    MutexLock lock(mutex_);
    if (!erasing_) return absl::OkStatus();
    // What begins meanwhile sets it again.
    erasing_ = false;
  }
  absl::StatusOr<state::EraseAnswer> answer;
  const auto end = SteadyClock::now() + kPause;
  do {
    if (!Rest({})) return absl::CancelledError();
    Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
    record.mutable_erase_on();
    answer = AppendAs<state::EraseAnswer>(journal_, std::move(record));
  } while (answer.ok() && answer->more && SteadyClock::now() < end);
  if (answer.ok() && !answer->more && !answer->waiting) return absl::OkStatus();
  MutexLock lock(mutex_);
  erasing_ = true;
  return answer.status();
}

absl::Status ErasureWorker::DoWork() {
  LINKTOR_TRY(CleanRows());
  std::int64_t through_no = 0;
  {
    MutexLock lock(mutex_);
    if (due_ <= done_) return absl::OkStatus();
    through_no = due_;
  }
  return CarryOut(through_no);
}

absl::StatusOr<bool> ErasureWorker::AwaitOverwriting() {
  LINKTOR_ASSIGN(const std::int64_t all, options_.old_log_bytes());
  std::int64_t left = all;
  for (int look = 0; look < kLooks && left > 0; ++look) {
    if (!Rest(options_.pause / kLooks)) return absl::CancelledError();
    LINKTOR_ASSIGN(const std::int64_t now, options_.old_log_bytes());
    if ((left - now) * kLooks < all) return now > 0;
    left = now;
  }
  return left > 0;
}

absl::Status ErasureWorker::CarryOut(std::int64_t through_no) {
  LINKTOR_TRY(options_.begin_log_anew());
  LINKTOR_ASSIGN(const bool cut, AwaitOverwriting());
  if (cut) LINKTOR_TRY(options_.cut_log());
  journal::Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
  record.mutable_erased()->set_through_no(through_no);
  LINKTOR_TRY(AnswerAs<state::Done>(AppendAndWait(journal_, std::move(record)))
                  .status());
  MutexLock lock(mutex_);
  done_ = std::max(done_, through_no);
  return absl::OkStatus();
}

}  // namespace linktor::journal
