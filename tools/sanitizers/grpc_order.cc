// Tells ThreadSanitizer what gRPC orders. Debian's gRPC is not instrumented, so
// its locks and atomics are not seen, and what one of our threads hands to
// another through gRPC looks like a race. gRPC's promises are few: whoever is
// told that an operation is complete sees what was done before it was started,
// and so it is with a reactor's OnDone and OnCancel. They are made here, at the
// functions that our programs and gRPC call each other by. What is not handed
// over, is still a race.
//
// Linked into every program that uses gRPC, in builds for ThreadSanitizer only.

#include <absl/synchronization/mutex.h>
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/callback_common.h>
#include <grpcpp/support/server_callback.h>
#include <sanitizer/tsan_interface.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace {

// gRPC's own function of that name.
template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

grpc_event Acquired(grpc_event event) {
  if (event.type == GRPC_OP_COMPLETE) __tsan_acquire(event.tag);
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
  static auto* const next =
      Next<decltype(grpc_call_start_batch)>("grpc_call_start_batch");
  __tsan_release(tag);
  return next(call, ops, nops, tag, reserved);
}

// ---- An operation is complete -----------------------------------------------

extern "C" grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                                 gpr_timespec deadline,
                                                 void* reserved) {
  static auto* const next =
      Next<decltype(grpc_completion_queue_next)>("grpc_completion_queue_next");
  return Acquired(next(queue, deadline, reserved));
}

extern "C" grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue,
                                                  void* tag,
                                                  gpr_timespec deadline,
                                                  void* reserved) {
  static auto* const next = Next<decltype(grpc_completion_queue_pluck)>(
      "grpc_completion_queue_pluck");
  return Acquired(next(queue, tag, deadline, reserved));
}

// ---- The mutex of gRPC's headers --------------------------------------------

void absl::Mutex::Lock() {
  static auto* const next = Next<void(Mutex*)>("_ZN4absl7debian35Mutex4LockEv");
  next(this);
  __tsan_acquire(this);
}

void absl::Mutex::Unlock() {
  static auto* const next =
      Next<void(Mutex*)>("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  next(this);
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

// Who counted last may have been gRPC, unseen; its counterparts are not.
void ServerCallbackCall::ScheduleOnDone(bool inline_ondone) {
  (void)callbacks_outstanding_.load(std::memory_order_acquire);
  if (inline_ondone) return CallOnDone();
  Reactions::Get().Run([this] { CallOnDone(); });
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
