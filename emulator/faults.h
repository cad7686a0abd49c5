// These are the faults that tests ask for. A fault says how one of the next
// Graph calls goes wrong.

#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "emulator/graph_error.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// A fault either prevents a call from being done, or spoils its answer.
enum class FaultKind {
  // The call is done and its echo is sent, but the connection is closed without
  // an answer. So the caller cannot know the outcome.
  kAcceptThenClose,
  // The call is not done, and the connection is closed.
  kClose,
  // The call is done, but answered later.
  kDelay,
  // The call is not done, and the answer has this HTTP status.
  kStatus,
  // The call is not done, and the answer is this Graph error.
  kGraphError,
};

// A Fault says which calls it affects, how many of them, and how.
struct Fault {
  // It affects calls on this edge: "messages", "messenger_profile",
  // "user_profile", "message", or "*" for every Graph call. See
  // GraphApi::Edge().
  std::string on = "*";
  // It affects only calls for the account with this id. When it is empty, it
  // affects calls for every account.
  std::string account;
  FaultKind kind = FaultKind::kClose;
  // It affects this many calls; 0 means all calls until the fault is removed.
  int times = 1;
  // This is used only with kDelay.
  absl::Duration delay = absl::ZeroDuration();
  // This is used only with kStatus.
  http::HttpResponse response;
  // This is used only with kGraphError.
  GraphError error;
};

// It is thread-safe. The control API adds faults, and GraphEndpoint takes them.
class FaultQueue {
 public:
  // The queue has at most this many faults, because each call looks at all of
  // them.
  static constexpr std::size_t kMaxFaults = 1000;

  // Adds a fault after the others. Returns false when there are kMaxFaults
  // already.
  [[nodiscard]] bool Add(Fault fault);
  // Returns the oldest fault that affects a call on `edge` for the account, and
  // counts one use of this fault. Returns nullopt when there is none.
  std::optional<Fault> Take(std::string_view edge, std::string_view account);
  // Returns the faults that are left, oldest first; `times` is how many calls
  // each will still affect.
  std::vector<Fault> List() const;
  // Removes all faults.
  void Clear();

 private:
  mutable Mutex mutex_;
  // The oldest fault is the first. The container is a list, because faults are
  // also removed from the middle.
  std::list<Fault> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
