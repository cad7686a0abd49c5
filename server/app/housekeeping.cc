#include "server/app/housekeeping.h"

#include <chrono>

#include "server/base/log.h"
#include "server/messaging/sender.h"
#include "server/store/conversation_table.h"
#include "server/store/projection.h"

namespace linktor {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);
// Between the steps of one round, so that other records come first.
constexpr absl::Duration kStepPause = absl::Milliseconds(20);
// Twice as long as Meta may deliver a webhook again (36 h).
constexpr absl::Duration kDedupeAge = absl::Hours(72);
// Longer than an echo may be matched by its text.
constexpr absl::Duration kUnmatchedEchoAge =
    absl::Milliseconds(2 * kEchoMatchMs);

// Twice as long as calls are counted.
constexpr absl::Duration kCallAge = absl::Milliseconds(2 * kQuotaPeriodMs);

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
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(duration);
  MutexLock lock(mutex_);
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    stop_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
  }
  return !stopping_;
}

void Housekeeping::SetAges(const Ages& ages) {
  MutexLock lock(mutex_);
  ages_ = ages;
}

void Housekeeping::Run() {
  while (Rest(kInterval)) {
    bool more = true;
    while (more) {
      Ages ages;
      {
        MutexLock lock(mutex_);
        ages = ages_;
      }
      const absl::Time now = clock_.Now();
      const auto before = [now](absl::Duration age) {
        return absl::ToUnixMillis(now - age);
      };
      const absl::StatusOr<TrimOutcome> outcome = AppendAs<TrimOutcome>(
          journal_,
          TrimRecord{.time_ms = absl::ToUnixMillis(now),
                     .events_before_ms = before(ages.events),
                     .raw_before_ms = before(ages.raw),
                     .dedupe_before_ms = before(kDedupeAge),
                     .requests_before_ms = before(Sender::kRequestIdAge),
                     .echoes_before_ms = before(kUnmatchedEchoAge),
                     .calls_before_ms = before(kCallAge),
                     .raw_max_bytes = ages.raw_max_bytes});
      if (!outcome.ok()) {
        Log(LogLevel::kWarning, "housekeeping failed",
            {{"error", outcome.status().ToString()}});
        break;
      }
      more = outcome->more && Rest(kStepPause);
    }
  }
}

}  // namespace linktor
