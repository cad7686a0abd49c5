#include "server/store/wal_gather.h"

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <new>
#include <string>

#include "server/store/file_forward.h"

namespace linktor {
namespace {

// More is written in pieces: SQLite's layer for Unix takes no more than this in
// one call (os_unix.c). A page is at most 64 KiB.
constexpr std::size_t kMostGathered = 0x1ffff;
// Of the locks upon a write-ahead log (SQLite's wal.c): the writer's.
constexpr int kWriteLock = 0;

// A file of SQLite's: what the default VFS opened, and what has been written to
// a write-ahead log but not handed on.
struct File {
  sqlite3_file base;  // first: SQLite knows the rest only by its address
  std::unique_ptr<std::byte[]> memory;
  bool gathers = false;
  std::string gathered;
  sqlite3_int64 gathered_at = 0;  // offset of its first byte
  int failed = SQLITE_OK;         // why it could not be handed on
  File* database = nullptr;       // of a write-ahead log
  File* wal = nullptr;            // of a database, while it is open

  sqlite3_file* real() const {
    return reinterpret_cast<sqlite3_file*>(memory.get());
  }
};

// SQLite's memory is aligned to 8 bytes.
static_assert(alignof(File) <= 8);

File* AsFile(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return AsFile(file)->real(); }
const sqlite3_io_methods* Methods(sqlite3_file* file) {
  return Real(file)->pMethods;
}

// After a failure everything stays, and fails again until the transaction is
// over: no sync succeeds without it, and a commit that was refused is not
// written after all, by its own rollback.
int HandOn(sqlite3_file* file) {
  File* self = AsFile(file);
  if (self->gathered.empty()) return SQLITE_OK;
  if (self->failed != SQLITE_OK) return self->failed;
  const int code = Methods(file)->xWrite(
      Real(file), self->gathered.data(),
      static_cast<int>(self->gathered.size()), self->gathered_at);
  if (code == SQLITE_OK) self->gathered.clear();
  self->failed = code;
  return code;
}

int Close(sqlite3_file* file) {
  File* self = AsFile(file);
  if (self->database != nullptr) self->database->wal = nullptr;
  if (self->wal != nullptr) self->wal->database = nullptr;
  const int code = Methods(file)->xClose(Real(file));
  self->~File();
  return code;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const File* self = AsFile(file);
  const auto held = static_cast<sqlite3_int64>(self->gathered.size());
  if (offset < self->gathered_at + held && self->gathered_at < offset + size) {
    if (const int code = HandOn(file); code != SQLITE_OK) return code;
  }
  return Methods(file)->xRead(Real(file), out, size, offset);
}

int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) noexcept {
  File* self = AsFile(file);
  if (!self->gathers) {
    return Methods(file)->xWrite(Real(file), data, size, offset);
  }
  const std::size_t held = self->gathered.size();
  const auto end = self->gathered_at + static_cast<sqlite3_int64>(held);
  if (offset != end || held + static_cast<std::size_t>(size) > kMostGathered) {
    if (const int code = HandOn(file); code != SQLITE_OK) return code;
  }
  if (self->gathered.empty()) self->gathered_at = offset;
  self->gathered.append(static_cast<const char*>(data),
                        static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = HandOn(file); code != SQLITE_OK) return code;
  return Methods(file)->xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int flags) {
  if (const int code = HandOn(file); code != SQLITE_OK) return code;
  return Methods(file)->xSync(Real(file), flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = HandOn(file); code != SQLITE_OK) return code;
  return Methods(file)->xFileSize(Real(file), size);
}

// Whoever gets the writer's lock next may put frames of its own where those of
// a transaction that was not committed would have been: they are dropped.
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  constexpr int kRelease = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
  if (flags == kRelease && offset == kWriteLock) {
    if (File* wal = AsFile(file)->wal; wal != nullptr) {
      wal->gathered.clear();
      wal->failed = SQLITE_OK;
    }
  }
  return Methods(file)->xShmLock(Real(file), offset, n, flags);
}

// Precedes the moment from which on others see a commit. With synchronous FULL
// nothing is left to hand on by then.
void ShmBarrier(sqlite3_file* file) {
  if (File* wal = AsFile(file)->wal; wal != nullptr) (void)HandOn(&wal->base);
  Methods(file)->xShmBarrier(Real(file));
}

constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods<Real>();
  methods.xClose = Close;
  methods.xRead = Read;
  methods.xWrite = Write;
  methods.xTruncate = Truncate;
  methods.xSync = Sync;
  methods.xFileSize = FileSize;
  methods.xShmLock = ShmLock;
  methods.xShmBarrier = ShmBarrier;
  return methods;
}();

// SQLite's default, which `self` becomes when no other is left before it.
sqlite3_vfs* Below(sqlite3_vfs* self) {
  sqlite3_vfs* found = sqlite3_vfs_find(nullptr);
  return found == self ? self->pNext : found;
}

// Where SQLite fills up the sectors that it syncs, it writes a part of a commit
// after the sync.
bool SyncsLast(sqlite3_file* database) {
  return (Methods(database)->xDeviceCharacteristics(Real(database)) &
          SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
         int* out_flags) noexcept {
  sqlite3_vfs* below = Below(vfs);
  File* self = new (file) File{};
  self->memory =
      std::make_unique<std::byte[]>(static_cast<std::size_t>(below->szOsFile));
  const int code = below->xOpen(below, path, self->real(), flags, out_flags);
  if (self->real()->pMethods == nullptr) {
    self->~File();
    file->pMethods = nullptr;
    return code;
  }
  self->base.pMethods = &kMethods;
  if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
    sqlite3_file* database = sqlite3_database_file_object(path);
    self->gathers = SyncsLast(database);
    self->database = AsFile(database);
    self->database->wal = self;
  }
  return code;
}

sqlite3_vfs MakeVfs() {
  // What neither opens nor deletes is the default's own.
  sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
  vfs.pNext = nullptr;
  vfs.zName = "linktor-wal-gather";
  vfs.szOsFile = static_cast<int>(sizeof(File));
  vfs.pAppData = nullptr;
  vfs.xOpen = Open;
  vfs.xDelete = [](sqlite3_vfs* self, const char* path, int sync_dir) {
    sqlite3_vfs* below = Below(self);
    return below->xDelete(below, path, sync_dir);
  };
  return vfs;
}

}  // namespace

const char* WalGatheringVfs() {
  static sqlite3_vfs* const kVfs = [] {
    auto* made = new sqlite3_vfs(MakeVfs());
    sqlite3_vfs_register(made, 0);
    return made;
  }();
  return kVfs->zName;
}

}  // namespace linktor
