#include "server/journal/data_folder.h"

#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/crypto.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/journal/durable_file.h"
#include "server/journal/folder_check.h"
#include "server/journal/folder_lock.h"
#include "server/journal/marker.h"
#include "server/sqlite/statement.h"
#include "server/state/instance_table.h"
#include "server/state/log_state.h"
#include "server/state/schema.h"

namespace linktor::journal {
namespace {

constexpr std::size_t kLogIdSize = 8;
constexpr std::size_t kInstanceSize = 8;
// The writer keeps so many KiB of pages in memory (the minus says KiB): the
// indexes that new keys are spread over should fit, or each key costs a read.
constexpr char kCachePragma[] = "PRAGMA cache_size=-65536";
// All that a transaction changes stays in memory until it commits; a batch is
// small. SQLite 3.40 may write a log that ends too early when a page was
// written before the commit, changed after a savepoint, and the savepoint
// rolled back.
constexpr char kSpillPragma[] = "PRAGMA cache_spill=OFF";

std::string DatabaseOf(const std::string& data_dir) {
  return absl::StrCat(data_dir, "/", kDatabaseFile);
}

// Does what ReadLogFacts does, and turns an error of the file into a sentence
// that says what to do.
absl::StatusOr<std::optional<LogFacts>> FactsOf(sqlite::Database& database,
                                                const std::string& path) {
  absl::StatusOr<std::optional<LogFacts>> facts = ReadLogFacts(database);
  if (!facts.ok() && !absl::IsFailedPrecondition(facts.status())) {
    return UnreadableDatabase(path, facts.status());
  }
  return facts;
}

const char* NameOf(OpenStep step) {
  switch (step) {
    case OpenStep::kLocked:
      return "locked";
    case OpenStep::kDatabaseOpened:
      return "database opened";
    case OpenStep::kMigrated:
      return "migrated";
    case OpenStep::kIdentified:
      return "identified";
    case OpenStep::kMarked:
      return "marked";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(
    const std::string& data_dir, const Secret& master_key) {
  return Open(data_dir, master_key, [](OpenStep step) {
    Log(LogLevel::kDebug, "data folder", {{"step", NameOf(step)}});
  });
}

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(
    const std::string& data_dir, const Secret& master_key,
    absl::FunctionRef<void(OpenStep)> reached) {
  std::unique_ptr<DataFolder> folder(new DataFolder(data_dir));
  LINKTOR_TRY(folder->Prepare(master_key, reached));
  return folder;
}

absl::Status DataFolder::Prepare(const Secret& master_key,
                                 absl::FunctionRef<void(OpenStep)> reached) {
  LINKTOR_TRY(MakeFolder(data_dir_));
  LINKTOR_ASSIGN(lock_, LockFolder(data_dir_));
  reached(OpenStep::kLocked);
  LINKTOR_ASSIGN(const std::optional<Marker> marker, ReadMarker(data_dir_));
  LINKTOR_TRY(CheckFiles(data_dir_, marker));
  LINKTOR_TRY(OpenDatabase());
  reached(OpenStep::kDatabaseOpened);
  sealer_ = std::make_unique<seal::Sealer>(master_key, *state_);
  // The facts are compared before anything is changed.
  LINKTOR_ASSIGN(const std::optional<LogFacts> facts,
                 FactsOf(*writer_, DatabaseOf(data_dir_)));
  LINKTOR_TRY(CheckMarker(data_dir_, facts, marker));
  LINKTOR_TRY(CheckKey(facts, *sealer_, "this data folder"));
  LINKTOR_TRY(state::Migrate(*writer_));
  reached(OpenStep::kMigrated);
  LINKTOR_TRY(writer_->Execute(kCachePragma));
  LINKTOR_TRY(writer_->Execute(kSpillPragma));
  LINKTOR_TRY(WriteLogOut());
  LINKTOR_TRY(LoadIdentity());
  reached(OpenStep::kIdentified);
  if (marker.has_value()) {
    checkpointed_seq_ = marker->checkpointed_seq;
  } else {
    LINKTOR_TRY(WriteMarker(*writer_));
    reached(OpenStep::kMarked);
  }
  marked_seq_ = last_seq_;
  events_ = std::make_unique<state::EventReader>(*pool_, recent_, *sealer_);
  feed_.Add([this](std::span<const AppliedRecord> records) {
    for (const AppliedRecord& one : records) {
      if (!one.effects.data_keys.empty()) {
        sealer_->OnStored(one.effects.data_keys);
      }
      if (!one.effects.destroyed_keys.empty()) {
        sealer_->OnDestroyed(one.effects.destroyed_keys);
      }
    }
  });
  return absl::OkStatus();
}

absl::Status DataFolder::OpenDatabase() {
  const std::string path = DatabaseOf(data_dir_);
  absl::StatusOr<std::unique_ptr<sqlite::Database>> writer =
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadWrite);
  if (!writer.ok()) return UnreadableDatabase(path, writer.status());
  writer_ = *std::move(writer);
  pool_ = std::make_unique<sqlite::ReadPool>(path);
  state_ = std::make_unique<state::StateReader>(*pool_, recent_.heads);
  return absl::OkStatus();
}

// Empties the write-ahead log into the database. A process whose sync has
// failed may leave a log that reads find and the disk never got: the kernel
// forgets about pages that it could not write that they were changed, and later
// syncs succeed without them. Answers from now on must not build on such pages,
// so they are written anew. A busy database is only logged: then another
// program has it open.
absl::Status DataFolder::WriteLogOut() {
  absl::Status written =
      writer_->RunCheckpoint(sqlite::Database::Checkpoint::kTruncate);
  if (sqlite::FaultOf(written) != sqlite::StoreFault::kBusy) return written;
  Log(LogLevel::kWarning, "the write-ahead log was not emptied",
      {{"error", written.ToString()}});
  return absl::OkStatus();
}

void DataFolder::NoteCheckpoint(sqlite::Database& writer) {
  // A checkpoint that was not whole has not synced what it wrote.
  if (!writer.checkpoint_was_whole()) return;
  const absl::StatusOr<state::LogState> state = state::LoadLogState(writer);
  if (state.ok()) checkpointed_seq_ = state->last_seq;
}

absl::Status DataFolder::WriteMarker(sqlite::Database& writer) {
  LINKTOR_ASSIGN(const state::LogState state, state::LoadLogState(writer));
  LINKTOR_TRY(linktor::journal::WriteMarker(
      data_dir_, {.log = {.log_id = identity_.log_id,
                          .epoch = identity_.epoch,
                          .last_seq = state.last_seq},
                  .checkpointed_seq = checkpointed_seq_}));
  marked_seq_ = state.last_seq;
  return absl::OkStatus();
}

void DataFolder::KeepMarker(sqlite::Database& writer) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_marker_) return;
  next_marker_ = now + kMarkerPause;
  const absl::StatusOr<state::LogState> state = state::LoadLogState(writer);
  if (state.ok() && state->last_seq == marked_seq_) return;
  if (const absl::Status written = WriteMarker(writer); !written.ok()) {
    LogCause(LogLevel::kWarning, "the marker was not written", "",
             {{"error", written.ToString()}});
  }
}

absl::Status DataFolder::LoadIdentity() {
  const auto load = [this]() -> absl::StatusOr<bool> {
    sqlite::Statement read(
        *writer_, "SELECT log_id, epoch, instance, last_seq FROM log_state");
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return false;
    identity_ = {.log_id = read.String(0), .epoch = read.Int(1)};
    LINKTOR_ASSIGN(identity_.former, state::ReadFormerEpochs(*writer_));
    appender_.instance = read.String(2);
    last_seq_ = read.Int(3);
    return true;
  };
  LINKTOR_ASSIGN(const bool there, load());
  if (!there) {
    const std::string log_id = RandomBytes(kLogIdSize);
    const std::string instance = RandomBytes(kInstanceSize);
    const std::string key_check = sealer_->MakeKeyCheck();
    sqlite::Statement insert(
        *writer_,
        "INSERT INTO log_state (only_row, log_id, epoch, instance, key_check, "
        "last_seq, oldest_seq, latest_ms, earliest_ms, expiry_ms, "
        "clock_offset_ms, "
        "mids_through, heads_through, last_raw_no, last_message_no, "
        "last_call_no, last_content_no, last_held_no, last_erasure_no, "
        "last_waiting_no, waiting_items, raw_bytes) "
        "VALUES (1,?,1,?,?,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0)");
    LINKTOR_TRY(insert.BindBlob(1, log_id)
                    .BindBlob(2, instance)
                    .BindBlob(3, key_check)
                    .Run());
    LINKTOR_TRY(load().status());
  }
  LINKTOR_ASSIGN(const std::int64_t last,
                 state::IncarnationOf(*writer_, appender_.instance));
  appender_.incarnation = last + 1;
  return absl::OkStatus();
}

absl::StatusOr<bool> DataFolder::Examine(const std::string& data_dir,
                                         const Secret& master_key) {
  const bool in_use = IsFolderLocked(data_dir);
  // The marker is read before the database: a server that runs writes the
  // marker after the events that it speaks of.
  LINKTOR_ASSIGN(const std::optional<Marker> marker, ReadMarker(data_dir));
  // A server that runs may be writing the file.
  if (!in_use) LINKTOR_TRY(CheckFiles(data_dir, marker));
  const std::string path = DatabaseOf(data_dir);
  // A rollback journal comes from a first start that did not get far, and must
  // be rolled back before anything can be read.
  if (FileSize(path) == 0 ||
      (!marker.has_value() && FileExists(path + "-journal"))) {
    return in_use;
  }
  sqlite::ReadPool pool(path);
  std::optional<LogFacts> facts;
  absl::Status version;
  absl::Status read =
      pool.Read([&](sqlite::Database& database) -> absl::Status {
        LINKTOR_ASSIGN(facts, FactsOf(database, path));
        version = state::CheckSchemaVersion(database);
        return absl::OkStatus();
      });
  if (absl::IsFailedPrecondition(read)) return read;
  if (!read.ok()) return UnreadableDatabase(path, read);
  LINKTOR_TRY(CheckMarker(data_dir, facts, marker));
  NoKeys no_keys;
  LINKTOR_TRY(
      CheckKey(facts, seal::Sealer(master_key, no_keys), "this data folder"));
  LINKTOR_TRY(version);
  return in_use;
}

StoreSizes SizesOf(const std::string& data_dir) {
  const std::string path = DatabaseOf(data_dir);
  return {.database_bytes = FileSize(path),
          .wal_bytes = FileSize(path + "-wal")};
}

}  // namespace linktor::journal
