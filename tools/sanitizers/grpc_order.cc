// Tells ThreadSanitizer what gRPC orders. Debian's gRPC is not instrumented, so
// its locks and atomics are not seen, and what one of our threads hands to
// another through gRPC looks like a race. gRPC's promises are few: whoever is
// told that an operation is complete sees what was done before it was started,
// a reactor's OnDone and OnCancel see what it did before, and who has shut a
// server down sees all of it. They are kept here, in the functions by which our
// programs and gRPC call each other. What is not handed over is still a race.
//
// Linked into every program, in builds for ThreadSanitizer only. It depends on
// how gRPC 1.51 works inside; with another version, reports without end are
// what one would see.

#include <absl/synchronization/mutex.h>
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/callback_common.h>
#include <grpcpp/support/server_callback.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

static_assert(GRPC_CPP_VERSION_MAJOR == 1 && GRPC_CPP_VERSION_MINOR == 51,
              "this follows gRPC 1.51: look at each part of it again");

namespace {

// The library's own function of a name. Looked up when it is first called, and
// without a lock: libraries call these before the program's own initialisers.
template <typename Function>
class Next {
 public:
  explicit constexpr Next(const char* name) : name_(name) {}

  template <typename... Arguments>
  auto operator()(Arguments... arguments) {
    Function* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
      // The library is of another version of gRPC or Abseil: see above.
      if (function == nullptr) std::abort();
      function_.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }

 private:
  const char* const name_;
  std::atomic<Function*> function_{nullptr};
};

constinit Next<decltype(grpc_call_start_batch)> next_start_batch(
    "grpc_call_start_batch");
constinit Next<decltype(grpc_completion_queue_next)> next_queue_next(
    "grpc_completion_queue_next");
constinit Next<decltype(grpc_completion_queue_pluck)> next_queue_pluck(
    "grpc_completion_queue_pluck");
constinit Next<void(absl::Mutex*)> next_lock("_ZN4absl7debian35Mutex4LockEv");
constinit Next<void(absl::Mutex*)> next_unlock(
    "_ZN4absl7debian35Mutex6UnlockEv");

// Its address stands for the ends of all calls.
char calls_end;

// A server empties its queue when its last call has ended.
grpc_event Acquired(grpc_event event) {
  if (event.type == GRPC_OP_COMPLETE) __tsan_acquire(event.tag);
  if (event.type == GRPC_QUEUE_SHUTDOWN) __tsan_acquire(&calls_end);
  return event;
}

// One thread for what gRPC would run on one of its own: std::mutex is seen.
class Reactions {
 public:
  // Lives as long as the program: gRPC's threads do, too.
  static Reactions& Get() {
    static auto* const reactions = new Reactions;
    return *reactions;
  }

  void Run(std::function<void()> reaction) {
    {
      const std::lock_guard lock(mutex_);
      reactions_.push_back(std::move(reaction));
    }
    changed_.notify_one();
  }

 private:
  Reactions() {
    std::thread([this] { Work(); }).detach();
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !reactions_.empty(); });
      const std::function<void()> reaction = std::move(reactions_.front());
      reactions_.pop_front();
      lock.unlock();
      reaction();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> reactions_;
};

}  // namespace

// ---- An operation begins ----------------------------------------------------

extern "C" grpc_call_error grpc_call_start_batch(grpc_call* call,
                                                 const grpc_op* ops,
                                                 std::size_t nops, void* tag,
                                                 void* reserved) {
  __tsan_release(tag);
  return next_start_batch(call, ops, nops, tag, reserved);
}

// ---- An operation is complete -----------------------------------------------

extern "C" grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                                 gpr_timespec deadline,
                                                 void* reserved) {
  return Acquired(next_queue_next(queue, deadline, reserved));
}

extern "C" grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue,
                                                  void* tag,
                                                  gpr_timespec deadline,
                                                  void* reserved) {
  return Acquired(next_queue_pluck(queue, tag, deadline, reserved));
}

namespace grpc::internal {
namespace {

// Explicit instantiations may name what is private.
void Run(CallbackWithSuccessTag* tag, bool ok);
void Run(CallbackWithStatusTag* tag, bool ok);
template <typename Tag, auto kRun>
struct RunOf {
  friend void Run(Tag* tag, bool ok) { (tag->*kRun)(ok); }
};
template struct RunOf<CallbackWithSuccessTag, &CallbackWithSuccessTag::Run>;
template struct RunOf<CallbackWithStatusTag, &CallbackWithStatusTag::Run>;

}  // namespace

// These take the place of the headers' inline ones, whose names they have.
void RunSuccess(grpc_completion_queue_functor* functor, int ok) asm(
    "_ZN4grpc8internal22CallbackWithSuccessTag9StaticRunEP29grpc_completion_"
    "queue_functori");
void RunStatus(grpc_completion_queue_functor* functor, int ok) asm(
    "_ZN4grpc8internal21CallbackWithStatusTag9StaticRunEP29grpc_completion_"
    "queue_functori");

void RunSuccess(grpc_completion_queue_functor* functor, int ok) {
  __tsan_acquire(functor);
  Run(static_cast<CallbackWithSuccessTag*>(functor), ok != 0);
}

void RunStatus(grpc_completion_queue_functor* functor, int ok) {
  __tsan_acquire(functor);
  Run(static_cast<CallbackWithStatusTag*>(functor), ok != 0);
}

// ---- Reactions that no operation tells of -----------------------------------

// The last to count down may have been gRPC itself, which ThreadSanitizer does
// not see; the functions here, its counterparts, are seen.
void ServerCallbackCall::ScheduleOnDone(bool inline_ondone) {
  (void)callbacks_outstanding_.load(std::memory_order_acquire);
  const auto done = [this] {
    CallOnDone();
    __tsan_release(&calls_end);
  };
  if (inline_ondone) return done();
  Reactions::Get().Run(done);
}

void ServerCallbackCall::CallOnCancel(ServerReactor* reactor) {
  (void)on_cancel_conditions_remaining_.load(std::memory_order_acquire);
  if (reactor->InternalInlineable()) return reactor->OnCancel();
  Ref();
  Reactions::Get().Run([this, reactor] {
    reactor->OnCancel();
    MaybeDone();
  });
}

}  // namespace grpc::internal

// ---- The mutex of gRPC's headers --------------------------------------------

void absl::Mutex::Lock() {
  next_lock(this);
  __tsan_acquire(this);
}

void absl::Mutex::Unlock() {
  __tsan_release(this);
  next_unlock(this);
}
