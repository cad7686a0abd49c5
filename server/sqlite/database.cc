#include "server/sqlite/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/sqlite/page_cache.h"
#include "server/sqlite/page_cleaner.h"
#include "server/sqlite/statement.h"

namespace linktor::sqlite {
namespace {

// Carries SQLite's extended code through absl::Status.
constexpr char kCodePayload[] = "linktor/sqlite";

// A connection waits so long for another's lock, in milliseconds; readers never
// wait in WAL.
constexpr int kBusyMs = 5000;

// The log's file begins with a head of this length, and so does each page in
// it, in bytes (section 4.1 of https://www.sqlite.org/fileformat2.html).
constexpr std::int64_t kLogHead = 32;
constexpr std::int64_t kFrameHead = 24;

// Returns OK when the pragma's value is `wanted`. SQLite keeps an older value,
// without an error, where it cannot change it.
absl::Status AssertPragma(Database& database, const char* sql,
                          std::string_view wanted) {
  Statement statement(database, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  if (!*row || statement.Bytes(0) != wanted) {
    return absl::InternalError(
        absl::StrCat(sql, " is ", *row ? statement.String(0) : "nothing",
                     ", wanted ", std::string(wanted)));
  }
  return absl::OkStatus();
}

// Returns the URI of a file that is read as it is. A relative path stays one.
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("/._-").find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      absl::StrAppend(
          &uri, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return uri + "?immutable=1";
}

// Returns the write-ahead log's file, as the connection writes it.
absl::StatusOr<sqlite3_file*> LogFile(sqlite3* handle) {
  sqlite3_file* log = nullptr;
  const int code = sqlite3_file_control(
      handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (code != SQLITE_OK) return SqliteStatus(nullptr, code, "find the log");
  return log;
}

}  // namespace

absl::Status SqliteStatus(sqlite3* handle, int code, std::string_view what) {
  if (handle != nullptr) code = sqlite3_extended_errcode(handle);
  absl::Status status = absl::InternalError(absl::StrCat(
      "sqlite: ", std::string(what), ": ",
      handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code), " (",
      code, ")"));
  status.SetPayload(kCodePayload, absl::Cord(std::to_string(code)));
  return status;
}

StoreFault FaultOf(const absl::Status& status) {
  if (status.ok()) return StoreFault::kNone;
  const auto payload = status.GetPayload(kCodePayload);
  int code = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &code)) {
    return StoreFault::kRecord;
  }
  // Memory was lacking while a file was read or written, which says nothing of
  // the disk.
  if (code == SQLITE_IOERR_NOMEM) return StoreFault::kBusy;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return StoreFault::kFull;
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreFault::kBusy;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
      return StoreFault::kDisk;
    default:
      return StoreFault::kRecord;
  }
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, Mode mode) {
  SkipNeedlessTruncation();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  std::string name = path;
  switch (mode) {
    case Mode::kReadWrite:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Mode::kReadOnly:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Mode::kFileAlone:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      name = ImmutableUri(path);
      break;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return SqliteStatus(handle, code, "open " + path);
  sqlite3_busy_timeout(handle, kBusyMs);
  if (mode != Mode::kReadWrite) return database;
  if (absl::Status status = database->cleaner_->Attach(handle); !status.ok()) {
    return status;
  }
  // The hook takes the place of SQLite's own, which would checkpoint.
  sqlite3_wal_hook(
      handle,
      [](void* raw, sqlite3*, const char*, int pages) {
        auto& self = *static_cast<Database*>(raw);
        self.wal_pages_ = pages;
        if (self.new_pages_.has_value()) {
          self.new_pages_ = std::max(*self.new_pages_, self.wal_pages_);
        }
        ++self.written_commits_;
        return SQLITE_OK;
      },
      database.get());
  for (const char* sql :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON", "PRAGMA secure_delete=ON"}) {
    if (absl::Status status = database->Execute(sql); !status.ok()) {
      return status;
    }
  }
  for (const auto& [sql, wanted] : {std::pair{"PRAGMA journal_mode", "wal"},
                                    std::pair{"PRAGMA synchronous", "2"},
                                    std::pair{"PRAGMA foreign_keys", "1"},
                                    std::pair{"PRAGMA page_size", "4096"},
                                    std::pair{"PRAGMA auto_vacuum", "0"}}) {
    if (absl::Status status = AssertPragma(*database, sql, wanted);
        !status.ok()) {
      return status;
    }
  }
  return database;
}

Database::Database(sqlite3* handle)
    : cleaner_(std::make_unique<PageCleaner>()), handle_(handle) {}

Database::~Database() { sqlite3_close(handle_); }

absl::Status Database::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus()
                           : SqliteStatus(handle_, code, sql);
}

// An UPDATE that sets a row to what it is writes no page, but setting a number
// in the file's head always does. Nothing reads this number.
absl::Status Database::CommitUnchangedPage() {
  return Execute("PRAGMA application_id=0");
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

absl::Status Database::RunCheckpoint(Checkpoint kind) {
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  if (kind == Checkpoint::kRestart) mode = SQLITE_CHECKPOINT_RESTART;
  if (kind == Checkpoint::kTruncate) mode = SQLITE_CHECKPOINT_TRUNCATE;
  int pages = 0;
  int written = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, &pages, &written);
  checkpoint_was_whole_ = code == SQLITE_OK && written == pages;
  if (code == SQLITE_OK) wal_pages_ = pages;
  return code == SQLITE_OK ? absl::OkStatus()
                           : SqliteStatus(handle_, code, "checkpoint");
}

absl::Status Database::BeginLogAnew() {
  const std::int64_t before = wal_pages_;
  new_pages_.reset();
  LINKTOR_TRY(CommitUnchangedPage());
  if (before != 0 && wal_pages_ > before) {
    return SqliteStatus(nullptr, SQLITE_BUSY, "the log was not begun anew");
  }
  new_pages_ = wal_pages_;
  sqlite3_db_release_memory(handle_);
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Database::OldLogBytes() {
  if (!new_pages_.has_value()) {
    return SqliteStatus(nullptr, SQLITE_MISUSE, "the log was not begun anew");
  }
  LINKTOR_ASSIGN(sqlite3_file* const log, LogFile(handle_));
  sqlite3_int64 size = 0;
  const int code = log->pMethods->xFileSize(log, &size);
  if (code != SQLITE_OK) return SqliteStatus(nullptr, code, "size of the log");
  const std::int64_t pages = std::max(*new_pages_, wal_pages_);
  return std::max<std::int64_t>(
      0, size - kLogHead - pages * (kFrameHead + kPageSize));
}

absl::StatusOr<std::int64_t> Database::CutLog(std::int64_t most) {
  LINKTOR_ASSIGN(const std::int64_t old, OldLogBytes());
  if (old == 0) return old;
  LINKTOR_ASSIGN(sqlite3_file* const log, LogFile(handle_));
  sqlite3_int64 size = 0;
  int code = log->pMethods->xFileSize(log, &size);
  const std::int64_t cut = std::min(old, most);
  if (code == SQLITE_OK) code = log->pMethods->xTruncate(log, size - cut);
  if (code != SQLITE_OK) return SqliteStatus(nullptr, code, "cut the log");
  return old - cut;
}

}  // namespace linktor::sqlite
