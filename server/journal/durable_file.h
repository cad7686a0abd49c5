// Small files, and folders, that are on the disk when a function returns: their
// content, their name and the folder that has the name are synced. Failures are
// FAILED_PRECONDITION with a sentence that names the path.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace linktor {

// "cannot write /data/x: No space left on device", for the current errno.
absl::Status FileError(std::string_view what, const std::string& path);

// 0 when there is no such file.
std::int64_t FileSize(const std::string& path);
bool FileExists(const std::string& path);

absl::Status SyncFile(const std::string& path);
absl::Status SyncFolder(const std::string& path);
// The folder that has the name.
std::string ParentOf(const std::string& path);

// Makes the folder, for its owner alone, and those above it that are missing.
// Nothing is done when it is there.
absl::Status MakeFolder(const std::string& path);

// Makes an empty file, mode 0600, in the place of whatever has the name.
absl::Status MakeEmptyFile(const std::string& path);

// Makes or replaces folder/name, mode 0600. After a crash at any moment the
// file has the old content or the new.
absl::Status WriteDurably(const std::string& folder, const std::string& name,
                          std::string_view content);
// The content of a file of at most 64 KiB; nothing when there is no such file.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path);

// Renames a file within the folder; it replaces one of the new name.
absl::Status RenameDurably(const std::string& folder, const std::string& from,
                           const std::string& to);

// Makes `to`, mode 0600, a copy of the file `from`. It is not synced.
absl::Status CopyFileBytes(const std::string& from, const std::string& to);

}  // namespace linktor
