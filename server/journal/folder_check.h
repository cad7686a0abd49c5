// Judges whether a data folder's database is the one that belongs there, before
// anything in it is changed. The database and the marker (marker.h) name each
// other. When one of them is missing, older or foreign, somebody has moved
// files by mistake; a server that started all the same would begin a log that
// its subscribers have never heard of, or forget what it answered with 200.
//
// A first start makes the database durable before the marker, and the marker
// before the first record. So a database without a record, or without content,
// and no marker beside it means a first start that was interrupted.
//
// DataFolder, backups and restores call these while they hold the folder's
// lock; `linktor-igd check` calls them beside a running server.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/marker.h"
#include "server/seal/sealer.h"
#include "server/sqlite/database.h"

namespace linktor::journal {

// LogFacts are what a database says about the log that is in it.
struct LogFacts {
  LogPosition log;
  // Sealer::IsKeyCheck tells by it whether a master key is the right one.
  std::string key_check;
  // It is true when a record was ever applied.
  bool begun = false;
};
// Returns nullopt when the database holds no log yet. It fails with
// FAILED_PRECONDITION and a sentence when a newer program has written it, so
// that it cannot be read; another error is the disk's or the file's.
absl::StatusOr<std::optional<LogFacts>> ReadLogFacts(
    sqlite::Database& database);

// Does the same with the database file alone, without its write-ahead log. It
// returns nullopt also when the file cannot be read that way, because a crash
// interrupted a checkpoint. Nobody may write the file meanwhile.
std::optional<LogFacts> ReadFileFacts(const std::string& data_dir);

// Looks at the files before the database is opened. Opening a missing one would
// make it, and opening an old one beside the write-ahead log of a newer one
// would mix them. Every failure is FAILED_PRECONDITION with a sentence that
// says what to do. `marker` is what ReadMarker returned before.
absl::Status CheckFiles(const std::string& data_dir,
                        const std::optional<Marker>& marker);

// Returns OK when the database, read with its write-ahead log, and the marker
// belong together. It fails with FAILED_PRECONDITION otherwise, as above.
absl::Status CheckMarker(const std::string& data_dir,
                         const std::optional<LogFacts>& facts,
                         const std::optional<Marker>& marker);

// Returns OK when the log was written under this master key, or there is none
// yet. It fails with FAILED_PRECONDITION otherwise. `what` names in the
// sentence what was made with the key, such as "this data folder".
absl::Status CheckKey(const std::optional<LogFacts>& facts,
                      const seal::Sealer& sealer, std::string_view what);

// The copy of a backup has this name in a data folder until it is whole. No
// server opens it. It is persisted by an interrupted restore: do not change it.
inline constexpr char kRestoringFile[] = "gateway.db.restoring";

// Returns FAILED_PRECONDITION: "/data/gateway.db cannot be read: …", with what
// to do.
absl::Status UnreadableDatabase(const std::string& path,
                                const absl::Status& why);

// This is a KeySource for a Sealer that seals and opens nothing: it is asked
// about key checks alone, before the tables may be read.
class NoKeys final : public seal::KeySource {
 public:
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const seal::KeyScope&) override {
    return std::nullopt;
  }
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t) override {
    return std::nullopt;
  }
};

}  // namespace linktor::journal
