// A PageCleaner keeps erased and deleted content out of the database file. When
// rows are deleted, SQLite may move the rows beside them to other pages. The
// bytes of a moved row then stay in the unallocated part of its old page, even
// with secure_delete on. No SQL statement reaches these bytes, so they would
// stay even when the row itself is erased later. Therefore the cleaner writes
// zeros to the database file in place of the unallocated part of every b-tree
// page. SQLite never reads that part.
//
// The cleaner does not change the write-ahead log, because each page in the log
// has a checksum. So an erasure ends with Database::BeginLogAnew. After that
// call SQLite reads the pages from the cleaned database file, and later commits
// overwrite the log.

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace linktor::sqlite {

// Every page of this program's databases has this size, in bytes. The files on
// the disk depend on it: do not change it.
inline constexpr int kPageSize = 4096;

// Fills the unallocated part of the page with zeros if the page is a b-tree
// page. `first` is true for the first page of the file. There the header of the
// file comes before the header of the page. Section 1.6 of
// https://www.sqlite.org/fileformat2.html describes the format. Every other
// kind of page begins with a page number. It looks like a b-tree page only when
// that number is 2^25 or more.
void ZeroUnallocated(std::span<std::uint8_t, kPageSize> page, bool first);

// Cleans every page that one connection writes to the database file. The
// cleaner must outlive the connection.
class PageCleaner {
 public:
  // When a database has this many pages (124 GiB) or more, it is no longer
  // cleaned. The reason: in a database of 2^25 pages, the first byte of a page
  // no longer shows the kind of the page. The limit is 2^20 pages below 2^25,
  // because a checkpoint may still add pages after the limit is reached, but
  // always fewer than 2^20.
  static constexpr sqlite3_int64 kMaxPages = (1 << 25) - (1 << 20);

  PageCleaner() = default;
  PageCleaner(const PageCleaner&) = delete;
  PageCleaner& operator=(const PageCleaner&) = delete;

  // Takes over the connection's writes to its database file. The thread that
  // opened the connection calls it, before anything is written. It fails with
  // SQLite's error; then the writes are not cleaned.
  absl::Status Attach(sqlite3* connection);

 private:
  // SQLite calls this function in place of its own xWrite. It runs on the
  // thread that commits or checkpoints. It writes a cleaned copy of the page.
  // It cleans only writes of one whole page, and passes every other write on
  // unchanged.
  static int Write(sqlite3_file* file, const void* bytes, int size,
                   sqlite3_int64 offset);

  // The struct Methods holds SQLite's functions for the file. The function
  // Write stands there in the place of xWrite. SQLite passes a pointer to `own`
  // to the function Write, which finds the struct by this pointer. Therefore
  // `own` must stay the first member.
  struct Methods {
    sqlite3_io_methods own{};
    const sqlite3_io_methods* real = nullptr;
    bool cleans = false;
  };
  Methods methods_;
};

}  // namespace linktor::sqlite
