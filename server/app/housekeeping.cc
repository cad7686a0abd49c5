#include "server/app/housekeeping.h"

#include "server/base/log.h"

namespace linktor {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr absl::Duration kInterval = absl::Minutes(1);
// Between the steps of one round, so that other records come first.
constexpr absl::Duration kStepPause = absl::Milliseconds(20);

}  // namespace

Housekeeping::Housekeeping(const Clock& clock, Journal& journal,
                           const Ages& ages)
    : clock_(clock),
      journal_(journal),
      ages_(ages),
      thread_([this] { Run(); }) {}

Housekeeping::~Housekeeping() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.Signal();
  thread_.join();
}

bool Housekeeping::Rest(absl::Duration duration) {
  const auto end = SteadyClock::now() + absl::ToChronoNanoseconds(duration);
  MutexLock lock(mutex_);
  while (!stopping_ && SteadyClock::now() < end) {
    stop_.WaitFor(mutex_, end - SteadyClock::now());
  }
  return !stopping_;
}

void Housekeeping::SetAges(const Ages& ages) {
  MutexLock lock(mutex_);
  ages_ = ages;
}

std::optional<TrimAnswer> Housekeeping::Trim(
    std::chrono::milliseconds elapsed) {
  journal::Record record = NewRecord(absl::ToUnixMillis(clock_.Now()));
  journal::Trim& trim = *record.mutable_trim();
  trim.set_elapsed_ms(elapsed.count());
  {
    MutexLock lock(mutex_);
    trim.set_event_age_ms(absl::ToInt64Milliseconds(ages_.events));
    trim.set_raw_age_ms(absl::ToInt64Milliseconds(ages_.raw));
    trim.set_raw_max_bytes(ages_.raw_max_bytes);
  }
  const absl::StatusOr<TrimAnswer> answer =
      AppendAs<TrimAnswer>(journal_, std::move(record));
  if (answer.ok()) return *answer;
  Log(LogLevel::kWarning, "housekeeping failed",
      {{"error", answer.status().ToString()}});
  return std::nullopt;
}

void Housekeeping::Run() {
  // What was measured until here has been applied.
  auto measured = SteadyClock::now();
  while (Rest(kInterval)) {
    bool more = true;
    while (more) {
      const auto now = SteadyClock::now();
      const auto elapsed =
          std::chrono::duration_cast<std::chrono::milliseconds>(now - measured);
      const std::optional<TrimAnswer> answer = Trim(elapsed);
      if (!answer.has_value()) break;
      measured += elapsed;
      more = answer->more && Rest(kStepPause);
    }
  }
}

}  // namespace linktor
