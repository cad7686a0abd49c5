// A disk that fails when it is told to, and remembers what was synced: as long
// as it lives it stands between SQLite and the files of connections opened.

#pragma once

#include <string>

namespace linktor::state {

class FaultyVfs {
 public:
  struct State;

  // Registers itself as SQLite's default; at most one lives at a time, and
  // longer than the connections opened meanwhile.
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  // The SQLite code with which writes or syncs fail from now on, those of files
  // whose name ends so; 0: they work.
  void FailWrites(int code, const std::string& suffix = "");
  void FailSyncs(int code, const std::string& suffix = "");
  // As FailWrites, for the next write alone, of whatever file.
  void FailOneWrite(int code);
  // As FailWrites, when a transaction that writes begins.
  void FailWriteLocks(int code);

  // How many calls have written to files whose name ends so.
  int Writes(const std::string& suffix) const;

  // Writes what would be left of the database files in `from` after a power
  // failure now, everything that was not synced being lost, into `to`.
  void WriteSynced(const std::string& from, const std::string& to) const;

 private:
  State* const state_;
};

}  // namespace linktor::state
