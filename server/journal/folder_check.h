// These functions check that a data folder has the database that belongs there,
// before anything in the folder is changed. The database and the marker
// (marker.h) must name the same log of events. When one of them is missing, too
// old or from another log, somebody has moved files by mistake. If a server
// started in such a folder, it would do harm. It could begin a log that its
// subscribers do not know. Or it could lose webhooks that the server has
// answered with 200.
//
// On the first start of a folder, the server makes the database durable before
// the marker, and the marker before the first record. So when there is no
// marker, and the database is empty or has no record, a first start was
// interrupted. Such a folder passes the checks.
//
// DataFolder, backups and restores call these functions while they hold the
// folder's lock. `linktor-igd check` calls them also while a server uses the
// folder, and then without the lock.

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

// LogFacts are the facts that a database states about the log of events in it.
struct LogFacts {
  LogPosition log;
  // Sealer::IsKeyCheck uses it to tell whether a master key is the right one.
  std::string key_check;
  // It is true when at least one record was applied.
  bool begun = false;
};
// Returns what the database says about its log of events, or nullopt when it
// has no log yet. It fails with FAILED_PRECONDITION and a sentence when a newer
// program wrote the database, so that this program cannot read it. Any other
// error means that the disk or the file is at fault.
absl::StatusOr<std::optional<LogFacts>> ReadLogFacts(
    sqlite::Database& database);

// Reads the facts from the database file alone, without its write-ahead log.
// Returns nullopt when the file has no log of events. Returns nullopt also when
// the file alone cannot be read, for example because a crash interrupted a
// checkpoint. Nobody may write the file meanwhile.
std::optional<LogFacts> ReadFileFacts(const std::string& data_dir);

// Checks which files exist, and whether the database file is as new as the
// marker says. It must be called before the database is opened, for two
// reasons. Opening a missing database would make an empty one. Opening an old
// database beside the write-ahead log of a newer one would mix their pages.
// Every failure is FAILED_PRECONDITION with a sentence that says what to do.
// `marker` is the result of ReadMarker.
absl::Status CheckFiles(const std::string& data_dir,
                        const std::optional<Marker>& marker);

// Returns OK when the database and the marker belong together. Otherwise it
// fails with FAILED_PRECONDITION and a sentence that says what to do. `facts`
// must be the result of ReadLogFacts. ReadFileFacts is not enough, because the
// last events may be only in the write-ahead log.
absl::Status CheckMarker(const std::string& data_dir,
                         const std::optional<LogFacts>& facts,
                         const std::optional<Marker>& marker);

// Returns OK when the master key of `sealer` is the one under which the
// database was written, or when there is no log yet. Otherwise it fails with
// FAILED_PRECONDITION and a sentence. `what` is the part of that sentence which
// names the thing that was made with the key, such as "this data folder".
absl::Status CheckKey(const std::optional<LogFacts>& facts,
                      const seal::Sealer& sealer, std::string_view what);

// During a restore, the copy of the backup has this name in the data folder
// until the copy is complete. No server opens a file of this name. A restore
// that was interrupted leaves the file in the folder, and later programs must
// recognise it. So do not change the name.
inline constexpr char kRestoringFile[] = "gateway.db.restoring";

// Returns FAILED_PRECONDITION with a sentence such as "/data/gateway.db cannot
// be read: …". The end of the sentence says what to do.
absl::Status UnreadableDatabase(const std::string& path,
                                const absl::Status& why);

// This KeySource has no data keys. It is for a Sealer that is made only to call
// IsKeyCheck, which needs the master key and no data key. Such a Sealer seals
// and opens nothing.
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
