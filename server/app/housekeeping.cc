#include "server/app/housekeeping.h"

#include <chrono>

#include "server/base/log.h"

namespace linktor::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The thread pauses so long between the steps of one round, so that other
// records come first.
constexpr std::chrono::milliseconds kStepPause{20};

}  // namespace

Housekeeping::Housekeeping(const Clock& clock, journal::Journal& journal,
                           journal::Feed& feed, const Ages& ages,
                           absl::Duration interval)
    : clock_(clock),
      journal_(journal),
      interval_(interval),
      ages_(ages),
      thread_([this] { Run(); }) {
  feed.Add(
      [this](auto records) { meter_.OnCommit(records, SteadyClock::now()); });
}

Housekeeping::~Housekeeping() { Stop(); }

void Housekeeping::Stop() {
  if (!thread_.joinable()) return;
  stop_.Set();
  thread_.join();
}

void Housekeeping::SetAges(const Ages& ages) {
  MutexLock lock(mutex_);
  ages_ = ages;
}

std::optional<state::TrimAnswer> Housekeeping::Trim() {
  journal::Record record = journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  journal::Trim& trim = *record.mutable_trim();
  meter_.Measure(SteadyClock::now(), trim);
  {
    MutexLock lock(mutex_);
    trim.set_event_age_ms(absl::ToInt64Milliseconds(ages_.events));
    trim.set_raw_age_ms(absl::ToInt64Milliseconds(ages_.raw));
    trim.set_raw_max_bytes(ages_.raw_max_bytes);
    trim.set_message_age_ms(absl::ToInt64Milliseconds(ages_.messages));
  }
  const absl::StatusOr<state::TrimAnswer> answer =
      journal::AppendAs<state::TrimAnswer>(journal_, std::move(record));
  if (answer.ok()) return *answer;
  Log(LogLevel::kWarning, "housekeeping failed",
      {{"error", answer.status().ToString()}});
  return std::nullopt;
}

void Housekeeping::Run() {
  while (stop_.Rest(absl::ToChronoNanoseconds(interval_))) {
    bool more = true;
    while (more) {
      const std::optional<state::TrimAnswer> answer = Trim();
      more = answer.has_value() && answer->more && stop_.Rest(kStepPause);
    }
  }
}

}  // namespace linktor::app
