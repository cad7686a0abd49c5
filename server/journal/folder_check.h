// These functions check that a data folder has the database that belongs there,
// before anything in the folder is changed. The database and the marker
// (marker.h) must name the same log. When one of them is missing, too old or
// from another log, somebody has moved files by mistake. A server that started
// anyway would do harm. It would begin a log that its subscribers do not know,
// or it would lose webhooks that it has answered with 200.
//
// A first start makes the database durable before the marker, and the marker
// before the first record. So a first start was interrupted if there is no
// marker, and the database is empty or has no record.
//
// DataFolder, backups and restores call these functions while they hold the
// folder's lock. `linktor-igd check` calls them beside a running server.

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

// LogFacts are the facts that a database states about the log in it.
struct LogFacts {
  LogPosition log;
  // Sealer::IsKeyCheck uses it to tell whether a master key is the right one.
  std::string key_check;
  // It is true when at least one record was applied.
  bool begun = false;
};
// Returns what the database says about its log, or nullopt when it has no log
// yet. It fails with FAILED_PRECONDITION and a sentence when a newer program
// wrote the database, so that this program cannot read it. Any other error
// means that the disk or the file is at fault.
absl::StatusOr<std::optional<LogFacts>> ReadLogFacts(
    sqlite::Database& database);

// Reads the facts from the database file alone, without its write-ahead log.
// Returns nullopt when there is no log. Returns nullopt also when the file
// cannot be read in this way, because a crash interrupted a checkpoint. Nobody
// may write the file meanwhile.
std::optional<LogFacts> ReadFileFacts(const std::string& data_dir);

// Checks the files. It must be called before the database is opened, for two
// reasons: opening a missing database would make it, and opening an old
// database beside the write-ahead log of a newer one would mix the two. Every
// failure is FAILED_PRECONDITION with a sentence that says what to do. `marker`
// is the result of an earlier ReadMarker.
absl::Status CheckFiles(const std::string& data_dir,
                        const std::optional<Marker>& marker);

// Returns OK when the database and the marker belong together. `facts` must
// come from the database with its write-ahead log. Otherwise it fails with
// FAILED_PRECONDITION and a sentence that says what to do.
absl::Status CheckMarker(const std::string& data_dir,
                         const std::optional<LogFacts>& facts,
                         const std::optional<Marker>& marker);

// Returns OK when the log was written under this master key, or when there is
// no log yet. Otherwise it fails with FAILED_PRECONDITION and a sentence.
// `what` is the part of that sentence which names the thing that was made with
// the key, such as "this data folder".
absl::Status CheckKey(const std::optional<LogFacts>& facts,
                      const seal::Sealer& sealer, std::string_view what);

// During a restore, the copy of the backup has this name in the data folder
// until the copy is complete. No server opens a file of this name. An
// interrupted restore leaves the file on the disk, so do not change the name.
inline constexpr char kRestoringFile[] = "gateway.db.restoring";

// Returns FAILED_PRECONDITION with the sentence "/data/gateway.db cannot be
// read: …", which also says what to do.
absl::Status UnreadableDatabase(const std::string& path,
                                const absl::Status& why);

// This KeySource has no keys. It is for a Sealer that only compares key checks,
// before the tables may be read. Such a Sealer seals and opens nothing.
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
