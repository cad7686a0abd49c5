#include "server/journal/folder_check.h"

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/journal/durable_file.h"
#include "server/sqlite/statement.h"
#include "server/state/schema.h"

namespace linktor::journal {
namespace {

// This is the advice when the database that belongs here is elsewhere, or
// nowhere.
constexpr char kPutBack[] =
    "put it back, or restore a backup (linktor-igd restore)";
// This is the advice when files do not belong together. A restore of what is
// there begins a new life of the log, in which old cursors are judged rightly.
constexpr char kBelong[] =
    "put back the files that belong together, or restore a backup into an "
    "empty "
    "folder. If this database is all there is, back it up as it is "
    "(linktor-igd "
    "backup) and restore that";

absl::Status Refuse(const std::string& data_dir, std::string_view what,
                    std::string_view advice) {
  return absl::FailedPreconditionError(
      absl::StrCat("data folder ", data_dir, ": ", ToAbsl(what), "; ",
                   ToAbsl(advice), "; nothing was changed"));
}

absl::StatusOr<bool> HasTable(sqlite::Database& database,
                              std::string_view name) {
  sqlite::Statement find(database,
                         "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND "
                         "name = ?1");
  return find.BindText(1, name).Step();
}

bool SameLog(const LogFacts& facts, const Marker& marker) {
  return facts.log.log_id == marker.log.log_id &&
         facts.log.epoch == marker.log.epoch;
}

std::string Older(std::int64_t ends, std::int64_t stored) {
  return absl::StrCat(kDatabaseFile, " is older than ", kMarkerFile,
                      ": it ends with event ", ends, ", and the events up to ",
                      stored, " were stored");
}

}  // namespace

absl::StatusOr<std::optional<LogFacts>> ReadLogFacts(
    sqlite::Database& database) {
  LINKTOR_ASSIGN(const bool made, HasTable(database, "log_state"));
  if (!made) {
    // A later program may keep it elsewhere.
    LINKTOR_TRY(state::CheckSchemaVersion(database));
    return std::nullopt;
  }
  sqlite::Statement read(database,
                         "SELECT log_id, epoch, last_seq, key_check, "
                         "EXISTS (SELECT 1 FROM instances) FROM log_state");
  const absl::StatusOr<bool> row = read.Step();
  if (!row.ok()) {
    LINKTOR_TRY(state::CheckSchemaVersion(database));
    return row.status();
  }
  if (!*row) return std::nullopt;
  return LogFacts{.log = {.log_id = read.String(0),
                          .epoch = read.Int(1),
                          .last_seq = read.Int(2)},
                  .key_check = read.String(3),
                  .begun = read.Int(4) != 0};
}

std::optional<LogFacts> ReadFileFacts(const std::string& data_dir) {
  const auto database =
      sqlite::Database::Open(absl::StrCat(data_dir, "/", kDatabaseFile),
                             sqlite::Database::Mode::kFileAlone);
  if (!database.ok()) return std::nullopt;
  absl::StatusOr<std::optional<LogFacts>> facts = ReadLogFacts(**database);
  return facts.ok() ? *std::move(facts) : std::nullopt;
}

namespace {

// Refuses a database of another time beside a write-ahead log: together they
// make a heap of pages that never were one database. Returns OK when there is
// no log, or when the file alone cannot be read or is not the marker's;
// CheckMarker judges those.
absl::Status CheckForMixture(const std::string& data_dir,
                             const Marker& marker) {
  if (FileSize(absl::StrCat(data_dir, "/", kDatabaseFile, "-wal")) == 0) {
    return absl::OkStatus();
  }
  const std::optional<LogFacts> file = ReadFileFacts(data_dir);
  if (!file.has_value() || !SameLog(*file, marker) ||
      file->log.last_seq >= marker.checkpointed_seq) {
    return absl::OkStatus();
  }
  return Refuse(
      data_dir,
      absl::StrCat(Older(file->log.last_seq, marker.checkpointed_seq), "; ",
                   kDatabaseFile, "-wal is another database's"),
      "put back the database that belongs here, or restore a backup into "
      "another folder");
}

}  // namespace

absl::Status CheckFiles(const std::string& data_dir,
                        const std::optional<Marker>& marker) {
  const std::string database = absl::StrCat(data_dir, "/", kDatabaseFile);
  if (FileSize(database) > 0) {
    return marker.has_value() ? CheckForMixture(data_dir, *marker)
                              : absl::OkStatus();
  }
  if (FileExists(absl::StrCat(data_dir, "/", kRestoringFile))) {
    return Refuse(data_dir, "a restore into it was interrupted", "repeat it");
  }
  if (marker.has_value()) {
    return Refuse(
        data_dir,
        absl::StrCat(kDatabaseFile, " is missing or empty, although ",
                     kMarkerFile, " says that there is a log"),
        absl::StrCat(kPutBack, "; to begin a new log, use an empty folder"));
  }
  if (FileSize(database + "-wal") > 0) {
    return Refuse(
        data_dir,
        absl::StrCat(kDatabaseFile, " is missing or empty, although ",
                     kDatabaseFile, "-wal has the latest changes to it"),
        kPutBack);
  }
  return absl::OkStatus();
}

absl::Status CheckMarker(const std::string& data_dir,
                         const std::optional<LogFacts>& facts,
                         const std::optional<Marker>& marker) {
  if (!marker.has_value()) {
    if (!facts.has_value() || !facts->begun) return absl::OkStatus();
    return Refuse(data_dir,
                  absl::StrCat(kMarkerFile, " is missing, although ",
                               kDatabaseFile, " holds a log"),
                  kBelong);
  }
  if (!facts.has_value()) {
    return Refuse(data_dir,
                  absl::StrCat(kDatabaseFile, " holds no log, although ",
                               kMarkerFile, " says that there is one"),
                  kPutBack);
  }
  if (!SameLog(*facts, *marker)) {
    return Refuse(
        data_dir,
        absl::StrCat(kDatabaseFile, " is not the database that ", kMarkerFile,
                     " names: it holds another log, or "
                     "the log of before or after a restore"),
        kBelong);
  }
  if (facts->log.last_seq < marker->log.last_seq) {
    return Refuse(data_dir, Older(facts->log.last_seq, marker->log.last_seq),
                  kBelong);
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const std::optional<LogFacts>& facts,
                      const seal::Sealer& sealer, std::string_view what) {
  if (!facts.has_value() || sealer.IsKeyCheck(facts->key_check)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the master key is not the one ", ToAbsl(what),
                   " was made with; nothing was changed"));
}

absl::Status UnreadableDatabase(const std::string& path,
                                const absl::Status& why) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " cannot be read: ", why.message(),
                   "; restore a backup into another folder"));
}

}  // namespace linktor::journal
