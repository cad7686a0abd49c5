#include "tests/support/power_loss_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <new>
#include <utility>

#include "tests/support/file_forward.h"
#include "tests/support/power_loss_disk.h"
#include "tests/support/seed.h"

namespace linktor {

struct PowerLossVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::string folder;
  std::atomic<bool> cut{false};

  std::mutex mutex;
  PowerLossDisk disk;
  std::int64_t calls = 0;
  // So many calls are left until the one that cuts, which is included; 0 for no
  // cut. With a kind, only such calls count.
  std::int64_t left = 0;
  std::string cut_kind;
  std::string cut_at;
  std::string failing_sync;

  // Counts a call. Returns false when the power went before or with it.
  bool Count(std::string_view kind, std::string_view path) {
    if (cut) return false;
    ++calls;
    if (left == 0 || (!cut_kind.empty() && cut_kind != kind)) return true;
    if (--left > 0) return true;
    cut_at = kind;
    cut_at += ' ';
    cut_at += path.substr(path.find_last_of('/') + 1);
    cut = true;
    return false;
  }
};

namespace {

// SQLite allocates szOsFile bytes: this struct, and the real file behind it.
struct File {
  sqlite3_file base;
  PowerLossVfs::State* state;
  // It is null for a file that passes through.
  DiskFile* disk;
  // SQLite keeps it as long as the file is open.
  const char* path;
  // It says that the file's first sync keeps the names of its folder.
  bool syncs_folder;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* AsFile(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return AsFile(file)->real(); }
bool IsDark(const File* file) {
  return file->disk != nullptr && file->state->cut;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  if (IsDark(AsFile(file))) return SQLITE_IOERR_READ;
  return Real(file)->pMethods->xRead(Real(file), out, size, offset);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  if (IsDark(AsFile(file))) return SQLITE_IOERR_FSTAT;
  return Real(file)->pMethods->xFileSize(Real(file), size);
}

int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) {
  File* self = AsFile(file);
  const auto write = [&] {
    return Real(file)->pMethods->xWrite(Real(file), data, size, offset);
  };
  if (self->disk == nullptr) return write();
  const std::lock_guard lock(self->state->mutex);
  if (self->state->cut) return SQLITE_IOERR_WRITE;
  self->disk->Write(
      offset, {static_cast<const char*>(data), static_cast<std::size_t>(size)});
  if (!self->state->Count("write", self->path)) return SQLITE_IOERR_WRITE;
  return write();
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  File* self = AsFile(file);
  const auto truncate = [&] {
    return Real(file)->pMethods->xTruncate(Real(file), size);
  };
  if (self->disk == nullptr) return truncate();
  const std::lock_guard lock(self->state->mutex);
  if (self->state->cut) return SQLITE_IOERR_TRUNCATE;
  self->disk->Truncate(size);
  if (!self->state->Count("truncate", self->path)) return SQLITE_IOERR_TRUNCATE;
  return truncate();
}

// The real disk is not synced, because the machine that runs the test loses no
// power; this class knows which changes are certain.
int Sync(sqlite3_file* file, int) {
  File* self = AsFile(file);
  if (self->disk == nullptr) return SQLITE_OK;
  PowerLossVfs::State& state = *self->state;
  const std::lock_guard lock(state.mutex);
  if (!state.Count("sync", self->path)) return SQLITE_IOERR_FSYNC;
  if (!state.failing_sync.empty() &&
      std::string_view(self->path).ends_with(state.failing_sync)) {
    state.failing_sync.clear();
    self->disk->FailSync();
    return SQLITE_IOERR_FSYNC;
  }
  state.disk.Sync(self->path, *self->disk);
  if (std::exchange(self->syncs_folder, false)) state.disk.SyncNames();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods<Real>();
  methods.xRead = Read;
  methods.xFileSize = FileSize;
  methods.xWrite = Write;
  methods.xTruncate = Truncate;
  methods.xSync = Sync;
  return methods;
}();

PowerLossVfs::State& StateOf(sqlite3_vfs* vfs) {
  return *static_cast<PowerLossVfs::State*>(vfs->pAppData);
}

bool IsOurs(const PowerLossVfs::State& state, const char* path) {
  return path != nullptr && std::string_view(path).starts_with(state.folder);
}

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
         int* out_flags) {
  PowerLossVfs::State& state = StateOf(vfs);
  File* self = new (file) File{.base = {nullptr},
                               .state = &state,
                               .disk = nullptr,
                               .path = path,
                               .syncs_folder = false};
  const bool ours = IsOurs(state, path);
  const std::lock_guard lock(state.mutex);
  if (ours && state.cut) return SQLITE_CANTOPEN;
  const bool there = ours && std::filesystem::exists(path);
  const bool creates = (flags & SQLITE_OPEN_CREATE) != 0;
  if (ours && !there && creates) {
    state.disk.Create(path);
    if (!state.Count("create", path)) return SQLITE_CANTOPEN;
  }
  const int code =
      state.real->xOpen(state.real, path, self->real(), flags, out_flags);
  if (self->real()->pMethods != nullptr) self->base.pMethods = &kMethods;
  if (code != SQLITE_OK || !ours) return code;
  constexpr int kLogs =
      SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  self->disk = &state.disk.Find(path);
  self->syncs_folder = creates && (flags & kLogs) != 0;
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  PowerLossVfs::State& state = StateOf(vfs);
  if (!IsOurs(state, path)) {
    return state.real->xDelete(state.real, path, sync_folder);
  }
  const std::lock_guard lock(state.mutex);
  if (state.cut) return SQLITE_IOERR_DELETE;
  if (std::filesystem::exists(path)) state.disk.Delete(path);
  if (!state.Count("delete", path)) return SQLITE_IOERR_DELETE;
  if (sync_folder != 0) state.disk.SyncNames();
  return state.real->xDelete(state.real, path, 0);
}

}  // namespace

PowerLossVfs::PowerLossVfs(std::string_view folder) : state_(new State) {
  state_->folder = folder;
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs = *state_->real;
  state_->vfs.zName = "linktor-power-loss";
  state_->vfs.pNext = nullptr;
  state_->vfs.szOsFile =
      static_cast<int>(sizeof(File)) + state_->real->szOsFile;
  // Only xOpen among the real functions looks at pAppData.
  state_->vfs.pAppData = state_;
  state_->vfs.xOpen = Open;
  state_->vfs.xDelete = Delete;
  sqlite3_vfs_register(&state_->vfs, 1);
}

PowerLossVfs::~PowerLossVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
  delete state_;
}

void PowerLossVfs::CutAt(std::int64_t call, std::string_view kind) {
  const std::lock_guard lock(state_->mutex);
  state_->left = call;
  state_->cut_kind = kind;
}

void PowerLossVfs::Cut() {
  const std::lock_guard lock(state_->mutex);
  if (state_->cut) return;
  state_->cut_at = "idle";
  state_->cut = true;
}

bool PowerLossVfs::is_cut() const { return state_->cut; }

std::string PowerLossVfs::cut_at() const {
  const std::lock_guard lock(state_->mutex);
  return state_->cut_at;
}

std::int64_t PowerLossVfs::calls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->calls;
}

PowerLossVfs::Damage PowerLossVfs::Restore(std::uint64_t seed) {
  Resume();
  const std::lock_guard lock(state_->mutex);
  Random dice(seed);
  return state_->disk.LosePower(dice);
}

void PowerLossVfs::Resume() {
  const std::lock_guard lock(state_->mutex);
  state_->left = 0;
  state_->cut_at.clear();
  state_->cut = false;
}

void PowerLossVfs::FailNextSync(std::string_view suffix) {
  const std::lock_guard lock(state_->mutex);
  state_->failing_sync = suffix;
}

}  // namespace linktor
