#include "server/webhook/waiting_items.h"

#include <utility>

#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/kinds/table.h"

namespace linktor::webhook {

WaitingItems::WaitingItems(const Clock& clock, state::StateReader& state,
                           journal::Journal& journal, WebhookObserver& observer,
                           const Options& options)
    : clock_(clock),
      state_(state),
      journal_(journal),
      observer_(observer),
      grace_ms_(absl::ToInt64Milliseconds(options.grace)),
      ticker_(absl::ToChronoMilliseconds(options.period),
              [this] { Release(); }) {}

absl::StatusOr<state::ReleaseAnswer> WaitingItems::Append() {
  journal::Record record = journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  record.mutable_release_waiting()->set_grace_ms(grace_ms_);
  return journal::AppendAs<state::ReleaseAnswer>(journal_, std::move(record));
}

void WaitingItems::Release() {
  const auto due =
      state_.HasDueWaiting(absl::ToUnixMillis(clock_.Now()), grace_ms_);
  absl::Status status = due.status();
  std::int64_t events = 0;
  for (bool more = due.ok() && *due; more;) {
    const auto answer = Append();
    status = answer.status();
    more = answer.ok() && answer->more;
    if (answer.ok()) events += answer->events;
  }
  for (std::int64_t i = 0; i < events; ++i) {
    observer_.OnUnknownItem(kinds::kMessageEdited.name);
  }
  if (events > 0) {
    Log(LogLevel::kInfo,
        "edits whose messages have not come are delivered as "
        "instagram.unknown",
        {{"events", std::to_string(events)}});
  }
  if (!status.ok()) {
    LogCause(LogLevel::kWarning, "waiting items were not looked at", "",
             {{"error", status.ToString()}});
  }
}

}  // namespace linktor::webhook
