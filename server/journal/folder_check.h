// Judges whether a data folder's database is the one that belongs there, before
// anything of it is changed. The database and the marker (marker.h) name each
// other: one of them missing, older or foreign is a mistake of somebody who
// moved files, and a server that started all the same would begin a log that
// its subscribers have never heard of, or forget what it was told 200 about.
//
// A first start makes the database durable before the marker, and the marker
// before the first record: so a database without a record, or without content,
// and no marker beside it is a first start that was interrupted.

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

namespace linktor {

// What a database says of the log that is in it.
struct LogFacts {
  LogPosition log;
  std::string key_check;
  // Whether a record was ever applied.
  bool begun = false;
};
// Nothing when the database holds no log yet. FAILED_PRECONDITION with a
// sentence when a newer program has written it, and what it wrote cannot be
// read; another error is the disk's or the file's.
absl::StatusOr<std::optional<LogFacts>> ReadLogFacts(Database& database);

// The same of the database file alone, without its write-ahead log; nothing
// also when the file cannot be read so, because a crash interrupted a
// checkpoint. Nobody may write the file meanwhile.
std::optional<LogFacts> ReadFileFacts(const std::string& data_dir);

// Looks at the files before the database is opened: opening one that is missing
// would make it, and opening an old one beside the write-ahead log of a newer
// one would mix them. Everything here is FAILED_PRECONDITION with a sentence
// that says what to do.
absl::Status CheckFiles(const std::string& data_dir,
                        const std::optional<Marker>& marker);

// Whether the database, with its write-ahead log, and the marker belong
// together.
absl::Status CheckMarker(const std::string& data_dir,
                         const std::optional<LogFacts>& facts,
                         const std::optional<Marker>& marker);

// Whether the log was written under this master key; OK when there is none yet.
// `what` is what was made with it, such as "this data folder".
absl::Status CheckKey(const std::optional<LogFacts>& facts,
                      const Sealer& sealer, std::string_view what);

// The copy of a backup in a data folder, until it is whole. No server opens it.
inline constexpr char kRestoringFile[] = "gateway.db.restoring";

// "/data/gateway.db cannot be read: …", with what to do.
absl::Status UnreadableDatabase(const std::string& path,
                                const absl::Status& why);

// For a sealer that seals and opens nothing: it is asked about key checks
// alone.
class NoKeys final : public KeySource {
 public:
  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const KeyScope&) override {
    return std::nullopt;
  }
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t) override {
    return std::nullopt;
  }
};

}  // namespace linktor
