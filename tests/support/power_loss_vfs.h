// A PowerLossVfs is a disk that loses power. It stands between SQLite and the
// files of a folder. Of each file it remembers the content at the last sync,
// which is certainly on the disk, and every change since then. After Cut
// nothing reaches the disk any more, and Restore gives the files a content that
// such a disk may hold: any of the unsynced changes survive, in any order,
// whole or torn.
//
// The rules are those of Linux. A sync keeps the content, size and name of its
// file. The first sync of a journal or write-ahead log, and a deletion that
// asks for it, keep all names of the folder, because SQLite's unix VFS syncs
// the folder then. A write never damages bytes outside of it; within it a
// sector may be lost, or hold zeros or garbage from anywhere on. The
// shared-memory file of a write-ahead log is memory, and is gone.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linktor {

class PowerLossVfs {
 public:
  struct State;

  // Registers itself as SQLite's default. At most one may live at a time, and
  // it must outlive the connections that are opened meanwhile. Files that are
  // not below `folder` pass through it and are not synced, because they need
  // not survive anything. An empty `folder` stands for all folders.
  explicit PowerLossVfs(std::string_view folder = "");
  ~PowerLossVfs();
  PowerLossVfs(const PowerLossVfs&) = delete;
  PowerLossVfs& operator=(const PowerLossVfs&) = delete;

  // Cuts the power at a later call. `call` is its number from now on, from 1,
  // among the calls that change or sync a file; its change may still reach the
  // disk. With a kind only such calls count: "create", "write", "truncate",
  // "sync" or "delete". The number 0 cancels the cut.
  void CutAt(std::int64_t call, std::string_view kind = "");
  // Cuts the power now.
  void Cut();
  bool is_cut() const;
  // Returns the call at which the power was cut, such as "write x.db-wal";
  // "idle" after Cut.
  std::string cut_at() const;
  // Returns how many calls there were that change or sync a file.
  std::int64_t calls() const;

  // Damage counts the changes that were on their way when the power went, by
  // what became of them.
  struct Damage {
    std::int64_t lost = 0;
    std::int64_t kept = 0;
    std::int64_t torn = 0;
    // So many files had changes that survived in another order.
    std::int64_t reordered = 0;
    // So many files came back, or never came to be.
    std::int64_t names = 0;
  };
  // Rewrites the files, and turns the power on again: their content is certain
  // from now on. It is called after Cut, when all connections are closed. The
  // same seed after the same calls does the same.
  Damage Restore(std::uint64_t seed);
  // Turns the power on again as after the death of the process alone: the files
  // are as reads found them, and unsynced changes still are unsynced.
  void Resume();

  // Makes the next sync of a file whose name ends so fail, once. The unsynced
  // changes never reach the disk, although reads find them until Restore: Linux
  // forgets about pages that it could not write that they were changed.
  void FailNextSync(std::string_view suffix);

 private:
  State* const state_;
};

}  // namespace linktor
