// These functions work with small files and folders that must be durable.
// Unless a comment says otherwise, the result of a function is on the disk when
// the function returns. The function has then synced the content, the name, and
// the folder that has the name. Any thread may call these functions. Each call
// blocks until the disk has done the work.
//
// A failure is FAILED_PRECONDITION with a sentence that names the path. The
// reason for this code is that the functions are called only by a start of the
// server, a backup or a restore, and for the marker. After a failure the
// operator has to mend something first.

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
// Returns whether something has this name. A symbolic link counts even if it
// leads to nothing, because nobody could make a new file of this name.
bool FileExists(const std::string& path);

// SyncFile makes the content of a file durable. SyncFolder makes the names in a
// folder durable. Some file systems cannot sync a folder. Then SyncFolder
// returns OK, because such file systems are assumed to need no sync.
absl::Status SyncFile(const std::string& path);
absl::Status SyncFolder(const std::string& path);
// Returns the folder that `path` lies in. Returns "." when `path` is only a
// name.
std::string ParentOf(const std::string& path);

// Makes the folder, with a mode that lets only the owner access it. It also
// makes the missing folders above it, with the usual mode of the process. It
// syncs all new names. When the folder exists already, it does nothing. After a
// failure it may have made some of the folders above.
absl::Status MakeFolder(const std::string& path);

// Makes an empty file of mode 0600. When a file has the name already, it
// empties that file and sets its mode. It does not sync the file.
absl::Status MakeEmptyFile(const std::string& path);

// Makes or replaces the file folder/name, with mode 0600. It writes and syncs a
// second file beside it. Then it renames the second file to `name` and syncs
// the folder. So after a crash or a failure at any moment, the file has either
// its old content or the new content, and never a mixture.
absl::Status WriteDurably(const std::string& folder, const std::string& name,
                          std::string_view content);
// Returns the content of a file, or nullopt when there is no such file. It
// fails when the file has more than 64 KiB. The limit bounds the memory that a
// damaged file can take.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path);

// Renames a file within the folder and syncs the folder. It replaces a file
// that has the new name already. When the sync fails, the file has the new
// name, but a power cut may undo that.
absl::Status RenameDurably(const std::string& folder, const std::string& from,
                           const std::string& to);

// Makes `to` a copy of the file `from`, with mode 0600. If `to` exists already,
// its old content is lost. It does not sync `to`. After a failure `to` may have
// only a part of the content.
absl::Status CopyFileBytes(const std::string& from, const std::string& to);

}  // namespace linktor::journal
