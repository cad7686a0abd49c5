#include "tests/unit/journal/killing_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>

#include "tests/support/file_forward.h"

namespace linktor::journal {

struct KillingVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::int64_t at_call = 0;
  bool after = false;
  std::int64_t calls = 0;

  // Every call that changes a file goes through this.
  template <typename Call>
  int Count(Call call) {
    const bool now = ++calls == at_call;
    if (now && !after) KillThisProcess();
    const int code = call();
    if (now) KillThisProcess();
    return code;
  }
};

namespace {

// SQLite allocates szOsFile bytes for a file. This struct is at their
// beginning, and the real file follows it.
struct File {
  sqlite3_file base;
  KillingVfs::State* state;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real();
}
KillingVfs::State& StateOf(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file)->state;
}

constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods<Real>();
  methods.xWrite = [](sqlite3_file* file, const void* data, int size,
                      sqlite3_int64 at) {
    return StateOf(file).Count([&] {
      return Real(file)->pMethods->xWrite(Real(file), data, size, at);
    });
  };
  methods.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
    return StateOf(file).Count(
        [&] { return Real(file)->pMethods->xTruncate(Real(file), size); });
  };
  methods.xSync = [](sqlite3_file* file, int flags) {
    return StateOf(file).Count(
        [&] { return Real(file)->pMethods->xSync(Real(file), flags); });
  };
  return methods;
}();

}  // namespace

void KillThisProcess() {
  kill(getpid(), SIGKILL);
  std::abort();
}

bool IsKilledIn(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the process ended with status " << status;
  return false;
}

KillingVfs::KillingVfs(std::int64_t at_call, bool after) : state_(new State) {
  state_->at_call = at_call;
  state_->after = after;
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs = *state_->real;
  state_->vfs.zName = "linktor-killing";
  state_->vfs.pNext = nullptr;
  state_->vfs.szOsFile =
      static_cast<int>(sizeof(File)) + state_->real->szOsFile;
  // The real xOpen and xDelete are the only ones that look at pAppData.
  state_->vfs.pAppData = state_;
  state_->vfs.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync_dir) {
    auto& state = *static_cast<State*>(vfs->pAppData);
    return state.Count(
        [&] { return state.real->xDelete(state.real, path, sync_dir); });
  };
  state_->vfs.xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                         int flags, int* out_flags) {
    auto* state = static_cast<State*>(vfs->pAppData);
    File* self = new (file) File{.base = {nullptr}, .state = state};
    const int code =
        state->real->xOpen(state->real, path, self->real(), flags, out_flags);
    if (self->real()->pMethods != nullptr) self->base.pMethods = &kMethods;
    return code;
  };
  sqlite3_vfs_register(&state_->vfs, 1);
}

KillingVfs::~KillingVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
  delete state_;
}

}  // namespace linktor::journal
