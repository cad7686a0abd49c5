// These functions work with small files and folders that must be durable.
// Unless a comment says otherwise, the result of a function is on the disk when
// it returns: the content, the name, and the folder that has the name are
// synced. The data folder, backups, restores and the folder's lock use them,
// each on its own thread. Each call blocks for the disk.
//
// A failure is FAILED_PRECONDITION with a sentence that names the path. The
// reason for this code is that each call is a part of a start, a backup or a
// restore, which somebody has to repeat.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace linktor::journal {

// Returns FAILED_PRECONDITION with a sentence for the current errno, such as
// "cannot write /data/x: No space left on device". `what` is the beginning of
// the sentence.
absl::Status FileError(std::string_view what, const std::string& path);

// Returns the size in bytes. Returns 0 when there is no such file, or when its
// size cannot be read. It follows symbolic links.
std::int64_t FileSize(const std::string& path);
// Returns whether something has this name. A symbolic link counts, wherever it
// leads, because a new file of this name could not be made.
bool FileExists(const std::string& path);

// These make the content of a file, or the names within a folder, durable. Some
// file systems cannot sync a folder. Then SyncFolder returns OK, because such a
// file system is taken to need no sync.
absl::Status SyncFile(const std::string& path);
absl::Status SyncFolder(const std::string& path);
// Returns the folder that `path` lies in. Returns "." when `path` names no
// folder.
std::string ParentOf(const std::string& path);

// Makes the folder, which only its owner can access. It also makes the missing
// folders above it, with the process' usual mode. It syncs all new names. When
// the folder exists already, it does nothing. After a failure it may have made
// some of the folders above.
absl::Status MakeFolder(const std::string& path);

// Makes an empty file of mode 0600. When a file has the name already, it
// empties that file and sets its mode. It does not sync the file.
absl::Status MakeEmptyFile(const std::string& path);

// Makes or replaces the file folder/name, with mode 0600. It writes a second
// file beside it, and then renames the second file. So after a crash or a
// failure at any moment, the file has either its old content or the new
// content, and never a mixture. It takes two syncs.
absl::Status WriteDurably(const std::string& folder, const std::string& name,
                          std::string_view content);
// Returns the content of a file, or nullopt when there is no such file. It
// fails when the file has more than 64 KiB. The limit bounds the memory that a
// damaged file can take.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path);

// Renames a file within the folder and syncs the folder. It replaces a file
// that has the new name already. When only the sync fails, the file has the new
// name already.
absl::Status RenameDurably(const std::string& folder, const std::string& from,
                           const std::string& to);

// Makes `to` a copy of the file `from`, with mode 0600. `to` loses its old
// content. It does not sync `to`. After a failure `to` may have a part of the
// content.
absl::Status CopyFileBytes(const std::string& from, const std::string& to);

}  // namespace linktor::journal
