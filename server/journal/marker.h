// Two kinds of small files identify a database: the marker and the manifest.
// They are text, so that an operator can read them when something is wrong with
// a folder:
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
// Each line ends with a line feed. The log id is in hex digits, and numbers are
// decimal. The checksum is the first 8 bytes of the SHA-256 of all lines before
// the checksum, in hex digits. Existing folders have such files. So do not
// change the two formats, but add a new version.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace linktor::journal {

// These are the names of files in a data folder. Existing folders have such
// files, so do not change the names.
inline constexpr char kDatabaseFile[] = "gateway.db";
inline constexpr char kMarkerFile[] = "gateway.marker";
// This is the name of a file in a backup, which also has a kDatabaseFile. A
// folder without a manifest is not a backup.
inline constexpr char kManifestFile[] = "backup.manifest";

// A LogPosition says which log of events a database has, and up to which event.
struct LogPosition {
  // The log id has 8 bytes. LogIdentity (data_folder.h) explains the log id and
  // the epoch.
  std::string log_id;
  std::int64_t epoch = 0;
  // This is the sequence of the last event; it is 0 for an empty log.
  std::int64_t last_seq = 0;

  bool operator==(const LogPosition&) const = default;
};

// A Marker says which database belongs in a data folder. It may be behind the
// database, because it is written only now and then. It is never ahead of the
// database.
struct Marker {
  // The database has this log, with all events up to log.last_seq at least.
  LogPosition log;
  // The database file has the events up to this one even without its
  // write-ahead log. If the file alone has fewer events, somebody has put an
  // older database beside the write-ahead log of a newer one.
  std::int64_t checkpointed_seq = 0;

  bool operator==(const Marker&) const = default;
};

// Writes the marker durably (WriteDurably in durable_file.h). It blocks until
// the file and the folder are synced.
absl::Status WriteMarker(const std::string& data_dir, const Marker& marker);
// Returns the marker, or nullopt when there is none. It fails with
// FAILED_PRECONDITION and a sentence when the file is damaged or cannot be
// read.
absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& data_dir);

// A BackupManifest says what a backup holds.
struct BackupManifest {
  LogPosition log;
  // Everything that was stored before this time is in the backup. The file of
  // the manifest has this time in milliseconds since the epoch.
  absl::Time time;
  // This is the size of the backup's database, in bytes. So an incomplete copy
  // of the backup is recognised.
  std::int64_t bytes = 0;

  bool operator==(const BackupManifest&) const = default;
};

// Writes the manifest durably. From then on the folder counts as a backup.
absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest);
// Returns the manifest. It fails with FAILED_PRECONDITION and a sentence when
// the file is missing or damaged, or cannot be read.
absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder);

}  // namespace linktor::journal
