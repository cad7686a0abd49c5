// A PageCleaner keeps erased and deleted content out of the database file. When
// rows are deleted, SQLite may move their neighbours to other pages. The bytes
// of a moved row then stay in the unallocated part of the page that it has
// left, even with secure_delete on. No statement reaches these bytes, so they
// would stay after the row itself is erased. Therefore the cleaner writes zeros
// to the database file in place of the unallocated part of every b-tree page.
// SQLite never reads that part.
//
// The cleaner leaves the write-ahead log as it is, because each page there has
// a checksum. An erasure ends by beginning the log anew, and from then on the
// pages are read from the cleaned file (Database::BeginLogAnew).

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace linktor::sqlite {

// Every page of this program's databases has this size, in bytes. The files on
// the disk depend on it: do not change it.
inline constexpr int kPageSize = 4096;

// Fills the unallocated part of the page with zeros if the page is one of a
// b-tree. `first` is true for the first page of the file. There the header of
// the file precedes the header of the page. Section 1.6 of
// https://www.sqlite.org/fileformat2.html describes the format. Every other
// kind of page begins with the number of a page. Such a page looks like a
// b-tree page only when that number is at least 2^25.
void ZeroUnallocated(std::span<std::uint8_t, kPageSize> page, bool first);

// Cleans every page that one connection writes to the database file. The
// cleaner must outlive the connection.
class PageCleaner {
 public:
  // A database with this many pages (124 GiB) or more is no longer cleaned:
  // from 2^25 pages on, the first byte of a page does not show its kind. The
  // limit is 2^20 pages below that, which is more than one checkpoint can add.
  static constexpr sqlite3_int64 kMaxPages = (1 << 25) - (1 << 20);

  PageCleaner() = default;
  PageCleaner(const PageCleaner&) = delete;
  PageCleaner& operator=(const PageCleaner&) = delete;

  // Takes over the connection's writes to its database file. The thread that
  // opened the connection calls it, before anything is written. It fails with
  // SQLite's error; the writes then go on as before.
  absl::Status Attach(sqlite3* connection);

 private:
  // Takes the place of SQLite's xWrite. It runs on the thread that commits or
  // checkpoints, and writes a cleaned copy of the page. It cleans whole pages
  // only, and passes any other write on unchanged.
  static int Write(sqlite3_file* file, const void* bytes, int size,
                   sqlite3_int64 offset);

  // Holds the file's methods, with Write in place of xWrite. SQLite hands Write
  // a pointer to `own`, from which Write finds this struct. Therefore `own`
  // must stay the first member.
  struct Methods {
    sqlite3_io_methods own{};
    const sqlite3_io_methods* real = nullptr;
    bool cleans = false;
  };
  Methods methods_;
};

}  // namespace linktor::sqlite
