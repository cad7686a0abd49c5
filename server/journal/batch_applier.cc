#include "server/journal/batch_applier.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "server/base/cause_log.h"
#include "server/base/try.h"
#include "server/journal/refusals.h"

namespace linktor::journal {
BatchApplier::BatchApplier(sqlite::Database& database,
                           state::RecentRows& recent,
                           const state::RunSizes& runs, const Limits& limits)
    : database_(database),
      limits_(limits),
      applier_(database, recent, runs),
      begin_(database, "BEGIN IMMEDIATE"),
      commit_(database, "COMMIT") {}

BatchApplier::Result BatchApplier::Apply(Batch& waiting) {
  Result result;
  result.status = state::CheckKnown(waiting.front().appended.record);
  if (!result.status.ok()) {
    result.count = 1;
    return result;
  }
  const state::Applier::Position before = applier_.Mark();
  absl::Status status = ApplyTogether(waiting, result);
  if (!status.ok()) {
    absl::Status restored = RollBack(before);
    if (restored.ok() &&
        sqlite::FaultOf(status) == sqlite::StoreFault::kRecord) {
      status = ApplyOneByOne(waiting, result);
      if (!status.ok()) restored = RollBack(before);
    }
    if (!restored.ok()) status = std::move(restored);
  }
  // When the transaction could not even begin, everybody who waits is told, so
  // that nobody waits for ever.
  if (!status.ok() && result.count == 0) result.count = waiting.size();
  if (status.ok()) applier_.OnCommitted();
  result.status = std::move(status);
  return result;
}

// SQLite may have rolled the transaction back already, after FULL, IOERR or
// NOMEM; then there is nothing to execute. The result of ROLLBACK tells nothing
// that Restore does not.
absl::Status BatchApplier::RollBack(const state::Applier::Position& before) {
  if (database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  return applier_.Restore(before);
}

absl::Status BatchApplier::ApplyTogether(Batch& waiting, Result& result) {
  LINKTOR_TRY(begin_.Run());
  const auto begin = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  while (result.count < waiting.size()) {
    Waiting& one = waiting[result.count];
    if (result.count > 0 && !state::CheckKnown(one.appended.record).ok()) break;
    ++result.count;
    bytes += one.bytes;
    one.applied = applier_.Apply(one.appended.record, one.appended.clear);
    if (!one.applied.ok()) return one.applied.status();
    if (bytes >= limits_.max_bytes ||
        absl::FromChrono(std::chrono::steady_clock::now() - begin) >=
            limits_.max_time) {
      break;
    }
  }
  return Commit(result);
}

absl::Status BatchApplier::Commit(Result& result) {
  LINKTOR_TRY(applier_.Finish());
  result.commit_tried = true;
  return commit_.Run();
}

// A batch failed because of one of its records, and the others must not suffer.
// Their `applied` is written again, since the transaction of the first attempt
// is gone.
absl::Status BatchApplier::ApplyOneByOne(Batch& waiting, Result& result) {
  result.commit_tried = false;
  LINKTOR_TRY(begin_.Run());
  for (std::size_t i = 0; i < result.count; ++i) {
    LINKTOR_TRY(ApplyAlone(waiting[i]));
  }
  return Commit(result);
}

// Applies one record, or quarantines it, or leaves it out; `applied` says
// which. It needs an open transaction and leaves it open. It fails when the
// fault is not the record's, or when the transaction is gone; the caller must
// roll back then.
absl::Status BatchApplier::ApplyAlone(Waiting& one) {
  const journal::Record& record = one.appended.record;
  const state::Applier::Position before = applier_.Mark();
  LINKTOR_TRY(Attempt(
      one, before, [&] { return applier_.Apply(record, one.appended.clear); }));
  if (one.applied.ok()) return absl::OkStatus();
  LogCause(LogLevel::kError, "record cannot be applied", "",
           {{"error", one.applied.status().ToString()}});
  if (record.has_webhook()) {
    LINKTOR_TRY(
        Attempt(one, before, [&] { return applier_.Quarantine(record); }));
  }
  if (!one.applied.ok()) one.applied = CannotApply();
  return absl::OkStatus();
}

// Runs `apply` within a savepoint and puts what it returns into `applied`. When
// the record is at fault, the savepoint is rolled back and the applier
// restored, and the attempt is OK. It fails when something else is at fault, or
// SQLite has already rolled back the whole transaction.
absl::Status BatchApplier::Attempt(
    Waiting& one, const state::Applier::Position& before,
    absl::FunctionRef<absl::StatusOr<state::Effects>()> apply) {
  LINKTOR_TRY(database_.Execute("SAVEPOINT one"));
  one.applied = apply();
  if (!one.applied.ok()) {
    const absl::Status& fault = one.applied.status();
    if (sqlite::FaultOf(fault) != sqlite::StoreFault::kRecord ||
        !database_.in_transaction()) {
      return fault;
    }
    LINKTOR_TRY(database_.Execute("ROLLBACK TO one"));
    LINKTOR_TRY(applier_.Restore(before));
  }
  return database_.Execute("RELEASE one");
}

void TellFeed(const Feed& feed, const Batch& batch, std::size_t count) {
  std::vector<AppliedRecord> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Waiting& one = batch[i];
    if (!one.applied.ok()) continue;
    records.push_back({.record = one.appended.record,
                       .own = one.own,
                       .effects = *one.applied});
  }
  if (!records.empty()) feed.Tell(records);
}

Ending EndingOf(Waiting& committed) {
  if (!committed.applied.ok()) {
    return Ending::Refused(committed.applied.status());
  }
  return Ending::Applied(std::move(committed.applied->answer));
}

}  // namespace linktor::journal
