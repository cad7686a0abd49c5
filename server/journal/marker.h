// Two small files that name a database. They are text, so that whoever stands
// before a folder at night can read them:
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
// before it, in hex digits. Persisted: do not change, add a version.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace linktor {

// The files of a data folder.
inline constexpr char kDatabaseFile[] = "gateway.db";
inline constexpr char kMarkerFile[] = "gateway.marker";
// A backup has a kDatabaseFile too. Without this it is none.
inline constexpr char kManifestFile[] = "backup.manifest";

// Which log a database holds, and how far.
struct LogPosition {
  // 8 bytes.
  std::string log_id;
  std::int64_t epoch = 0;
  std::int64_t last_seq = 0;

  bool operator==(const LogPosition&) const = default;
};

// Says which database belongs into a data folder.
struct Marker {
  // It holds this log at least so far.
  LogPosition log;
  // The database file holds it so far even without the write-ahead log.
  std::int64_t checkpointed_seq = 0;

  bool operator==(const Marker&) const = default;
};

absl::Status WriteMarker(const std::string& data_dir, const Marker& marker);
// Nothing when there is none. FAILED_PRECONDITION with a sentence when it is
// damaged.
absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& data_dir);

// What a backup is of.
struct BackupManifest {
  LogPosition log;
  // Everything up to then is in it.
  absl::Time time;
  // The size of its database.
  std::int64_t bytes = 0;

  bool operator==(const BackupManifest&) const = default;
};

absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest);
// FAILED_PRECONDITION with a sentence when it is missing or damaged.
absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder);

}  // namespace linktor
