#include "tests/power/twin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/state/recent_rows.h"
#include "tests/unit/state/store_rig.h"

namespace linktor {
namespace {

absl::Status Compare(const ToldRecord& there, const ToldRecord& here) {
  const std::string name = journal::Record::descriptor()
                               ->FindFieldByNumber(there.record.body_case())
                               ->name();
  if (Describe(there.answer) != Describe(here.answer)) {
    return absl::InternalError(absl::StrCat(
        "record ", there.record.incarnation(), "/", there.record.number(), " (",
        name, ") was answered '", Describe(there.answer), "', by the twin '",
        Describe(here.answer), "'"));
  }
  if (there.events != here.events || there.due_erasure != here.due_erasure) {
    return absl::InternalError(absl::StrCat(
        "record ", there.record.incarnation(), "/", there.record.number(), " (",
        name, ") made other events than the twin's"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Twin>> Twin::Create() {
  std::unique_ptr<Twin> twin(new Twin());
  LINKTOR_TRY(twin->Reset());
  return twin;
}

absl::Status Twin::Reset() {
  applier_.reset();
  database_.reset();
  folder_.reset();
  temp_ = std::make_unique<TempFolder>(TempFolder::MemoryParent());
  LINKTOR_ASSIGN(folder_, journal::DataFolder::Open(temp_->path(),
                                                    state::TestMasterKey()));
  database_ = folder_->TakeWriter();
  LINKTOR_TRY(database_->Execute("PRAGMA synchronous=OFF"));
  applier_ = std::make_unique<journal::BatchApplier>(
      *database_, folder_->recent(), state::RunSizes(),
      journal::BatchApplier::Limits());
  return applier_->Load();
}

absl::StatusOr<journal::Batch> Twin::ApplyAll(journal::Batch batch) {
  if (batch.empty()) return batch;
  const std::size_t size = batch.size();
  const journal::BatchApplier::Result result = applier_->Apply(batch);
  LINKTOR_TRY(result.status);
  if (result.count != size) {
    return absl::InternalError("the twin does not know a record");
  }
  return batch;
}

absl::Status Twin::Follow(std::span<const ToldRecord> told) {
  journal::Batch batch;
  for (const ToldRecord& one : told) {
    batch.push_back({.appended = {.record = one.record, .clear = {}}});
  }
  LINKTOR_ASSIGN(batch, ApplyAll(std::move(batch)));
  for (std::size_t i = 0; i < told.size(); ++i) {
    LINKTOR_TRY(batch[i].applied.status());
    LINKTOR_TRY(
        Compare(told[i], ToldRecord::Of(told[i].record, *batch[i].applied)));
  }
  return absl::OkStatus();
}

absl::Status Twin::Apply(std::span<const journal::Record> records) {
  journal::Batch batch;
  for (const journal::Record& one : records) {
    batch.push_back({.appended = {.record = one, .clear = {}}});
  }
  return ApplyAll(std::move(batch)).status();
}

absl::StatusOr<journal::StateDump> Twin::Dump() const {
  return journal::DumpState(temp_->path() + "/gateway.db");
}

}  // namespace linktor
