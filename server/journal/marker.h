// Two small files name a database. They are text, so that an operator who
// stands before a folder at night can read them:
//
//   gateway.marker, in a data folder     backup.manifest, in a backup
//   linktor marker 1                     linktor backup 1
//   log 00112233445566ff                 log 00112233445566ff
//   epoch 1                              epoch 1
//   last_seq 4711                        last_seq 4711
//   checkpointed_seq 4500                time_ms 1795867200000
//   checksum 0123456789abcdef            bytes 1052672
//                                        checksum 0123456789abcdef
//
// Each line ends with a line feed. The log id is in hex digits, numbers are
// decimal, and the checksum is the first 8 bytes of SHA-256 over the lines
// before it, in hex digits. The files are persisted: do not change them, add a
// version.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace linktor {

// These are the names of files in a data folder. They are persisted: do not
// change them.
inline constexpr char kDatabaseFile[] = "gateway.db";
inline constexpr char kMarkerFile[] = "gateway.marker";
// A backup has a kDatabaseFile as well. A folder without this file is no
// backup.
inline constexpr char kManifestFile[] = "backup.manifest";

// A LogPosition says which log a database holds, and up to which event.
struct LogPosition {
  // These are 8 bytes, as in LogIdentity (data_folder.h).
  std::string log_id;
  std::int64_t epoch = 0;
  std::int64_t last_seq = 0;

  bool operator==(const LogPosition&) const = default;
};

// A Marker says which database belongs into a data folder. It may be older than
// the database, and is never newer.
struct Marker {
  // The database holds this log, up to this event at least.
  LogPosition log;
  // The database file holds the log up to this event even without its
  // write-ahead log. It tells a database that was put beside the log of a newer
  // one.
  std::int64_t checkpointed_seq = 0;

  bool operator==(const Marker&) const = default;
};

// Writes the marker durably (WriteDurably). It blocks for two syncs.
absl::Status WriteMarker(const std::string& data_dir, const Marker& marker);
// Returns the marker; nullopt when there is none. It fails with
// FAILED_PRECONDITION and a sentence when it is damaged or cannot be read.
absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& data_dir);

// A BackupManifest says what a backup holds.
struct BackupManifest {
  LogPosition log;
  // Everything that was stored before this time is in the backup. It is stored
  // in milliseconds.
  absl::Time time;
  // This is the size of the backup's database, in bytes. It tells a copy that
  // was cut off.
  std::int64_t bytes = 0;

  bool operator==(const BackupManifest&) const = default;
};

// Writes the manifest durably; it makes a backup of the folder.
absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest);
// Returns the manifest. It fails with FAILED_PRECONDITION and a sentence when
// it is missing, damaged or cannot be read.
absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder);

}  // namespace linktor
