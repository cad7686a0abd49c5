#include "tests/unit/state/faulty_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <string>

#include "tests/support/file_forward.h"

namespace linktor::state {

struct FaultyVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::atomic<int> one_write_code{0};
  std::atomic<int> lock_code{0};
  std::mutex mutex;
  // A code, and the files that fail with it.
  struct Failure {
    int code = 0;
    std::string suffix;
  };
  Failure write_failure;
  Failure sync_failure;
  // By path: the bytes as of the last sync, and how often it was written.
  std::map<std::string, std::string> synced;
  std::map<std::string, int> writes;
};

namespace {

// SQLite allocates szOsFile bytes for a file. This struct is at their
// beginning, and the real file follows it.
struct File {
  sqlite3_file base;
  FaultyVfs::State* state;
  // Null for temporary files; SQLite keeps it as long as the file is open.
  const char* path;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* AsFile(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return AsFile(file)->real(); }

// Returns the code with which the file is to fail; 0 when it is not.
int CodeOf(const File& file, const FaultyVfs::State::Failure& failure) {
  const std::lock_guard lock(file.state->mutex);
  const std::string path = file.path == nullptr ? "" : file.path;
  return path.ends_with(failure.suffix) ? failure.code : 0;
}

int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) {
  File* self = AsFile(file);
  if (const int code = CodeOf(*self, self->state->write_failure); code != 0) {
    return code;
  }
  if (const int code = self->state->one_write_code.exchange(0); code != 0) {
    return code;
  }
  if (self->path != nullptr) {
    const std::lock_guard lock(self->state->mutex);
    ++self->state->writes[self->path];
  }
  return Real(file)->pMethods->xWrite(Real(file), data, size, offset);
}
int Sync(sqlite3_file* file, int flags) {
  File* self = AsFile(file);
  if (const int failed = CodeOf(*self, self->state->sync_failure);
      failed != 0) {
    return failed;
  }
  const int code = Real(file)->pMethods->xSync(Real(file), flags);
  if (code != SQLITE_OK || self->path == nullptr) return code;
  sqlite3_int64 size = 0;
  Real(file)->pMethods->xFileSize(Real(file), &size);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  Real(file)->pMethods->xRead(Real(file), bytes.data(), static_cast<int>(size),
                              0);
  const std::lock_guard lock(self->state->mutex);
  self->state->synced[self->path] = std::move(bytes);
  return SQLITE_OK;
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  // The first of a WAL's locks is the writer's (SQLite's wal.c).
  const int code = AsFile(file)->state->lock_code;
  if (code != 0 && offset == 0 &&
      flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE)) {
    return code;
  }
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}

constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods<Real>();
  methods.xWrite = Write;
  methods.xSync = Sync;
  methods.xShmLock = ShmLock;
  return methods;
}();

}  // namespace

FaultyVfs::FaultyVfs() : state_(new State) {
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs = *state_->real;
  state_->vfs.zName = "linktor-faulty";
  state_->vfs.pNext = nullptr;
  state_->vfs.szOsFile =
      static_cast<int>(sizeof(File)) + state_->real->szOsFile;
  // Only xOpen of the real functions looks at pAppData.
  state_->vfs.pAppData = state_;
  state_->vfs.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync_dir) {
    auto* state = static_cast<State*>(vfs->pAppData);
    const std::lock_guard lock(state->mutex);
    state->synced.erase(path);
    return state->real->xDelete(state->real, path, sync_dir);
  };
  state_->vfs.xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                         int flags, int* out_flags) {
    auto* state = static_cast<State*>(vfs->pAppData);
    File* self =
        new (file) File{.base = {nullptr}, .state = state, .path = path};
    const int code =
        state->real->xOpen(state->real, path, self->real(), flags, out_flags);
    if (self->real()->pMethods != nullptr) self->base.pMethods = &kMethods;
    return code;
  };
  sqlite3_vfs_register(&state_->vfs, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
  delete state_;
}

void FaultyVfs::FailWrites(int code, const std::string& suffix) {
  const std::lock_guard lock(state_->mutex);
  state_->write_failure = {.code = code, .suffix = suffix};
}
void FaultyVfs::FailSyncs(int code, const std::string& suffix) {
  const std::lock_guard lock(state_->mutex);
  state_->sync_failure = {.code = code, .suffix = suffix};
}
void FaultyVfs::FailOneWrite(int code) { state_->one_write_code = code; }
void FaultyVfs::FailWriteLocks(int code) { state_->lock_code = code; }

int FaultyVfs::Writes(const std::string& suffix) const {
  const std::lock_guard lock(state_->mutex);
  int writes = 0;
  for (const auto& [path, count] : state_->writes) {
    if (path.ends_with(suffix)) writes += count;
  }
  return writes;
}

void FaultyVfs::WriteSynced(const std::string& from,
                            const std::string& to) const {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [path, bytes] : state_->synced) {
    if (!path.starts_with(from + "/")) continue;
    std::ofstream(to + path.substr(from.size()), std::ios::binary) << bytes;
  }
  // No file of SQLite's; it is never left unsynced.
  const std::string marker = "/gateway.marker";
  if (std::filesystem::exists(from + marker)) {
    std::filesystem::copy_file(from + marker, to + marker);
  }
}

}  // namespace linktor::state
