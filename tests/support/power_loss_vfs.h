// A PowerLossVfs is a SQLite VFS (virtual file system) that imitates a disk
// which loses power. SQLite calls it for the files of a folder, and it forwards
// the calls to the real files. For each file it remembers the content at the
// last sync, which is certainly on the disk, and every change since then. After
// Cut() no change reaches the disk. Restore() gives the files a content that
// the disk may have after the power failure: any of the unsynced changes may
// survive, in any order, whole or torn.
//
// The rules are those of Linux. A sync makes the content, the size and the name
// of its file certain. Two calls make all names of the folder certain, because
// SQLite's unix VFS syncs the folder then: the first sync of a journal or
// write-ahead log, and a deletion that asks for it. A write never damages bytes
// outside of its range. Within the range, a sector may be lost, or have zeros
// or garbage from some byte on. The shared-memory file of a write-ahead log is
// only memory, so it is always lost.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linktor {

class PowerLossVfs {
 public:
  struct State;

  // Registers itself as SQLite's default VFS. At most one may exist at a time,
  // and it must outlive the connections that are opened while it exists. Files
  // that are not below `folder` are forwarded unchanged. They are not synced,
  // because they need not survive. An empty `folder` means all folders.
  explicit PowerLossVfs(std::string_view folder = "");
  ~PowerLossVfs();
  PowerLossVfs(const PowerLossVfs&) = delete;
  PowerLossVfs& operator=(const PowerLossVfs&) = delete;

  // Cuts the power at a later call. Calls that change or sync a file are
  // counted from now on, and `call` is the number of the call that cuts, from
  // 1. The change of this call may still reach the disk. With a `kind`, only
  // calls of this kind count: "create", "write", "truncate", "sync" or
  // "delete". The number 0 cancels the cut.
  void CutAt(std::int64_t call, std::string_view kind = "");
  // Cuts the power now.
  void Cut();
  bool is_cut() const;
  // Returns the call at which the power was cut, such as "write x.db-wal".
  // After Cut() it is "idle".
  std::string cut_at() const;
  // Returns how many calls have changed or synced a file.
  std::int64_t calls() const;

  // Damage counts what happened to the changes that were not synced when the
  // power was cut.
  struct Damage {
    std::int64_t lost = 0;
    std::int64_t kept = 0;
    std::int64_t torn = 0;
    // This many files had changes that survived in another order.
    std::int64_t reordered = 0;
    // For this many names a creation or deletion was lost: a deleted file came
    // back, or a new file disappeared.
    std::int64_t names = 0;
  };
  // Turns the power on again and rewrites the files; their new content is
  // certain. Call it after Cut(), when all connections are closed. The same
  // seed after the same calls gives the same result.
  Damage Restore(std::uint64_t seed);
  // Turns the power on again, as if only the process had died. The files have
  // the content that reads found, and unsynced changes are still unsynced.
  void Resume();

  // Makes the next sync of a file whose name ends with `suffix` fail, once. The
  // file's unsynced changes then never reach the disk, although reads still
  // find them until Restore(). Linux behaves in this way: after a failed write
  // it marks the changed pages as clean.
  void FailNextSync(std::string_view suffix);

 private:
  State* const state_;
};

}  // namespace linktor
