// A disk that loses power. It stands between SQLite and the files of a folder,
// and remembers of each file what is certainly on the disk, which is what was
// there at its last sync, and every change since then. After Cut nothing
// reaches the disk any more, and Restore gives the files a content that such a
// disk may hold: any of the unsynced changes survive, in any order, whole or
// torn.
//
// What is certain, as on Linux: a sync keeps the content, size and name of its
// file. The first sync of a journal or write-ahead log, and a deletion that
// asks for it, keep all names of the folder (SQLite's unix VFS syncs the folder
// then). Bytes outside a write never suffer from it; within one a sector may be
// lost, or hold zeros or garbage from anywhere on. The shared-memory file of a
// write-ahead log is memory, and is gone.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linktor {

class PowerLossVfs {
 public:
  struct State;

  // Registers itself as SQLite's default; at most one lives at a time, and
  // longer than the connections opened meanwhile. Files that are not below
  // `folder` pass through it, and are not synced: they need not survive
  // anything. An empty one stands for all folders.
  explicit PowerLossVfs(std::string_view folder = "");
  ~PowerLossVfs();
  PowerLossVfs(const PowerLossVfs&) = delete;
  PowerLossVfs& operator=(const PowerLossVfs&) = delete;

  // Cuts the power at the call with that number from now on, from 1, among
  // those that change or sync a file: what it changes may still reach the disk.
  // With a kind only such calls count: "create", "write", "truncate", "sync" or
  // "delete". 0 takes it back.
  void CutAt(std::int64_t call, std::string_view kind = "");
  // Cuts it now.
  void Cut();
  bool is_cut() const;
  // The call at which the power was cut, such as "write x.db-wal"; "idle" after
  // Cut.
  std::string cut_at() const;
  // How many such calls there were.
  std::int64_t calls() const;

  // What was on the disk's way when the power went.
  struct Damage {
    std::int64_t lost = 0;
    std::int64_t kept = 0;
    std::int64_t torn = 0;
    // Files whose changes survived in another order.
    std::int64_t reordered = 0;
    // Files that came back, or never came to be.
    std::int64_t names = 0;
  };
  // Call it when all connections are closed, after Cut. Rewrites the files, and
  // the power is there again: what they hold now is certain. The same seed
  // after the same calls does the same.
  Damage Restore(std::uint64_t seed);
  // The same, but it was only the process that died: the files are as reads
  // found them, and what was not synced still is not.
  void Resume();

  // The next sync of a file whose name ends so fails, once. What was to be
  // synced never reaches the disk, although reads find it until Restore: Linux
  // forgets of pages that it could not write that they were changed.
  void FailNextSync(std::string_view suffix);

 private:
  State* const state_;
};

}  // namespace linktor
