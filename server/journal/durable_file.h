// Small files and folders that are on the disk when a function returns: their
// content, their name and the folder that has the name are synced. The data
// folder, backups, restores and their lock use them, on whatever thread they
// run on; each call blocks for the disk. A failure is FAILED_PRECONDITION with
// a sentence that names the path, because each of these calls is part of a
// start, a backup or a restore that somebody has to repeat.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace linktor::journal {

// Returns FAILED_PRECONDITION, "cannot write /data/x: No space left on device",
// for the current errno. `what` is the beginning of the sentence.
absl::Status FileError(std::string_view what, const std::string& path);

// Returns the size in bytes; 0 when there is no such file, or it cannot be
// looked at. It follows symbolic links.
std::int64_t FileSize(const std::string& path);
// Returns whether the name is taken. A symbolic link counts, wherever it leads:
// a new file could not be made there.
bool FileExists(const std::string& path);

// Makes the content of a file, or the names within a folder, durable. A file
// system that cannot sync a folder is taken to need no sync.
absl::Status SyncFile(const std::string& path);
absl::Status SyncFolder(const std::string& path);
// Returns the folder that has the name of `path`; "." when `path` has no
// folder.
std::string ParentOf(const std::string& path);

// Makes the folder, for its owner alone, and the folders above it that are
// missing, with the process' usual mode. All the new names are synced. It does
// nothing when the folder is there. After a failure some of the folders above
// may have been made.
absl::Status MakeFolder(const std::string& path);

// Makes an empty file of mode 0600, or empties and closes to others the one
// that has the name. It is not synced.
absl::Status MakeEmptyFile(const std::string& path);

// Makes or replaces folder/name, with mode 0600. It writes beside it and
// renames: after a crash or a failure at any moment the file has the old
// content or the new, and nothing between. It takes two syncs.
absl::Status WriteDurably(const std::string& folder, const std::string& name,
                          std::string_view content);
// Returns the content of a file of at most 64 KiB, which bounds the memory that
// a damaged file can take; nullopt when there is no such file.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path);

// Renames a file within the folder and syncs the folder. It replaces a file
// that has the new name. When only the sync fails, the file already has the new
// name.
absl::Status RenameDurably(const std::string& folder, const std::string& from,
                           const std::string& to);

// Makes `to`, with mode 0600, a copy of the file `from`; what `to` held is
// gone. It is not synced. After a failure `to` may hold a part.
absl::Status CopyFileBytes(const std::string& from, const std::string& to);

}  // namespace linktor::journal
