// Keeps what was erased or deleted out of the database file. SQLite moves rows
// between pages when their neighbours are deleted, and leaves the bytes of the
// moved ones in the unallocated part of the page that they have left, also with
// secure_delete. They would stay there when the row itself is erased, where no
// statement reaches them. So the unallocated part of every page of a b-tree is
// written to the database file as zeros. SQLite never reads it.
//
// The write-ahead log is written as it is, because each of its pages has a
// checksum; it is emptied by the checkpoint that ends an erasure.

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace linktor {

// Databases of this program have pages of this size only, in bytes. The files
// depend on it: do not change.
inline constexpr int kPageSize = 4096;

// Makes the unallocated part of the page zero, if it is one of a b-tree.
// `first`: it is the first of the file, which begins with the file's header.
// The format is that of https://www.sqlite.org/fileformat2.html, 1.6. A page of
// another kind begins with the number of a page, and begins like one of a
// b-tree only where that number is at least 2^25.
void ZeroUnallocated(std::span<std::uint8_t, kPageSize> page, bool first);

// Cleans every page that a connection writes to the database file. It must
// outlive the connection.
class PageCleaner {
 public:
  // A database of so many pages (124 GiB) or more is no longer cleaned, since
  // its pages cannot be told apart by how they begin. The 2^20 pages below 2^25
  // are more than a checkpoint can add.
  static constexpr sqlite3_int64 kMaxPages = (1 << 25) - (1 << 20);

  PageCleaner() = default;
  PageCleaner(const PageCleaner&) = delete;
  PageCleaner& operator=(const PageCleaner&) = delete;

  // Takes over the writes of the connection's database file, on the thread that
  // opened it, before anything is written. Fails with SQLite's error; the
  // connection's writes are then as they were.
  absl::Status Attach(sqlite3* connection);

 private:
  // Takes the place of SQLite's xWrite. It runs on the thread that commits or
  // checkpoints, and writes a cleaned copy of the page. It cleans whole pages
  // only; any other write goes through as it is.
  static int Write(sqlite3_file* file, const void* bytes, int size,
                   sqlite3_int64 offset);

  // Holds the file's methods, with a Write of our own. SQLite gives back a
  // pointer to its first member as the file's methods, so that member stays the
  // first.
  struct Methods {
    sqlite3_io_methods own{};
    const sqlite3_io_methods* real = nullptr;
    bool cleans = false;
  };
  Methods methods_;
};

}  // namespace linktor
