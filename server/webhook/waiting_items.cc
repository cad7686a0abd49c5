#include "server/webhook/waiting_items.h"

#include <string>
#include <utility>

#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/kinds/table.h"

namespace linktor::webhook {
namespace {

// The thread pauses for this long between two records, so that other records
// need not wait.
constexpr std::chrono::milliseconds kRecordPause{20};
// When the clock has moved by this much more or less than the time that has
// really passed, somebody has set it.
constexpr absl::Duration kMostDrift = absl::Seconds(1);

void LogFailure(const absl::Status& status) {
  LogCause(LogLevel::kWarning, "waiting items were not released", "",
           {{"error", status.ToString()}});
}

}  // namespace

WaitingItems::WaitingItems(const Clock& clock, state::StateReader& state,
                           journal::Journal& journal, WebhookObserver& observer,
                           Options options)
    : clock_(clock),
      state_(state),
      journal_(journal),
      observer_(observer),
      options_(std::move(options)),
      grace_ms_(absl::ToInt64Milliseconds(options_.grace)),
      since_(options_.steady()),
      last_steady_(since_),
      last_time_(clock.Now()),
      ticker_(absl::ToChronoMilliseconds(options_.period), [this] { Look(); }) {
}

WaitingItems::~WaitingItems() { stop_.Set(); }

bool WaitingItems::HasListened() {
  const SteadyTime steady = options_.steady();
  const absl::Time time = clock_.Now();
  const absl::Duration drift =
      (time - last_time_) - absl::FromChrono(steady - last_steady_);
  if (absl::AbsDuration(drift) > kMostDrift) since_ = steady;
  last_steady_ = steady;
  last_time_ = time;
  return absl::FromChrono(steady - since_) >= options_.grace;
}

void WaitingItems::Look() {
  if (!HasListened()) return;
  const auto due =
      state_.HasDueWaiting(absl::ToUnixMillis(clock_.Now()), grace_ms_);
  if (!due.ok()) return LogFailure(due.status());
  const std::int64_t events = *due ? Release() : 0;
  for (std::int64_t i = 0; i < events; ++i) {
    observer_.OnUnknownItem(kinds::kMessageEdited.name);
  }
  if (events == 0) return;
  Log(LogLevel::kInfo,
      "edits whose messages have not come are delivered as instagram.unknown",
      {{"events", std::to_string(events)}});
}

std::int64_t WaitingItems::Release() {
  std::int64_t events = 0;
  do {
    journal::Record record =
        journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
    record.mutable_release_waiting()->set_grace_ms(grace_ms_);
    const auto answer =
        journal::AppendAs<state::ReleaseAnswer>(journal_, std::move(record));
    if (!answer.ok()) {
      // While no record can be stored, no message can be stored either.
      since_ = options_.steady();
      LogFailure(answer.status());
      return events;
    }
    events += answer->events;
    if (!answer->more) return events;
  } while (stop_.Rest(kRecordPause));
  return events;
}

}  // namespace linktor::webhook
