#include "server/sqlite/page_cleaner.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "server/sqlite/database.h"

namespace linktor::sqlite {
namespace {

// The first page of the file begins with the header of the file. The header has
// this many bytes.
constexpr std::size_t kFileHeader = 100;
// The first byte of a b-tree page is one of these values. It tells the kind of
// the page.
constexpr std::uint8_t kInnerIndex = 2;
constexpr std::uint8_t kInnerTable = 5;
constexpr std::uint8_t kLeafIndex = 10;
constexpr std::uint8_t kLeafTable = 13;
// The header of a b-tree page has a big-endian number of two bytes at the
// offset kCellCount, and another one at kContentStart. The size of the header
// depends on the kind of the page. A list of cell pointers follows the header;
// each has kCellPointer bytes.
constexpr std::size_t kCellCount = 3;
constexpr std::size_t kContentStart = 5;
constexpr std::size_t kLeafHeader = 8;
constexpr std::size_t kInnerHeader = 12;
constexpr std::size_t kCellPointer = 2;

// Returns the big-endian number of two bytes at the offset `at`.
std::size_t TwoBytes(std::span<const std::uint8_t> page, std::size_t at) {
  return static_cast<std::size_t>(page[at]) << 8 | page[at + 1];
}

}  // namespace

void ZeroUnallocated(std::span<std::uint8_t, kPageSize> page, bool first) {
  const std::size_t header = first ? kFileHeader : 0;
  const std::uint8_t kind = page[header];
  const bool leaf = kind == kLeafIndex || kind == kLeafTable;
  if (!leaf && kind != kInnerIndex && kind != kInnerTable) return;
  const std::size_t begin = header + (leaf ? kLeafHeader : kInnerHeader) +
                            kCellPointer * TwoBytes(page, header + kCellCount);
  const std::size_t end = TwoBytes(page, header + kContentStart);
  if (begin >= end || end > page.size()) return;
  std::fill(page.begin() + static_cast<std::ptrdiff_t>(begin),
            page.begin() + static_cast<std::ptrdiff_t>(end), 0);
}

absl::Status PageCleaner::Attach(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(
      connection, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (code != SQLITE_OK || file == nullptr || file->pMethods == nullptr) {
    return SqliteStatus(connection, code, "file of the database");
  }
  sqlite3_int64 size = 0;
  const int sized = file->pMethods->xFileSize(file, &size);
  if (sized != SQLITE_OK) {
    return SqliteStatus(nullptr, sized, "size of the database");
  }
  methods_.own = *file->pMethods;
  methods_.own.xWrite = Write;
  methods_.real = file->pMethods;
  methods_.cleans = size / kPageSize < kMaxPages;
  file->pMethods = &methods_.own;
  return absl::OkStatus();
}

int PageCleaner::Write(sqlite3_file* file, const void* bytes, int size,
                       sqlite3_int64 offset) {
  auto* methods = reinterpret_cast<Methods*>(
      const_cast<sqlite3_io_methods*>(file->pMethods));
  if (offset / kPageSize >= kMaxPages) methods->cleans = false;
  if (!methods->cleans || size != kPageSize || offset % kPageSize != 0) {
    return methods->real->xWrite(file, bytes, size, offset);
  }
  std::array<std::uint8_t, kPageSize> page;
  std::copy_n(static_cast<const std::uint8_t*>(bytes), page.size(),
              page.begin());
  ZeroUnallocated(page, offset == 0);
  return methods->real->xWrite(file, page.data(), size, offset);
}

}  // namespace linktor::sqlite
