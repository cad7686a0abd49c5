// These are the faults that were asked for: they say how the next Graph calls
// go wrong.

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

// A fault either keeps a call from being done, or spoils its answer.
enum class FaultKind {
  // The call is done, echo included, and then the connection is closed without
  // an answer: the caller cannot know the outcome.
  kAcceptThenClose,
  // The connection is closed and nothing is done.
  kClose,
  // The call is done, and answered later.
  kDelay,
  // Nothing is done, and the answer has this HTTP status.
  kStatus,
  // Nothing is done, and the answer is this error.
  kGraphError,
};

// A Fault says which calls it strikes, how often, and how.
struct Fault {
  // This is the edge that it strikes: "messages", "messenger_profile",
  // "user_profile", "message", or "*" for every Graph call.
  std::string on = "*";
  FaultKind kind = FaultKind::kClose;
  // It strikes so many calls; 0 means all until it is cleared.
  int times = 1;
  // It is used with kDelay.
  absl::Duration delay = absl::ZeroDuration();
  // It is used with kStatus.
  http::HttpResponse response;
  // It is used with kGraphError.
  GraphError error;
};

// It is thread-safe. GraphEndpoint takes faults, and the control API adds them.
class FaultQueue {
 public:
  // There may be so many; each is looked at for every call.
  static constexpr std::size_t kMaxFaults = 1000;

  // Adds a fault behind the others. Returns false when there are kMaxFaults
  // already.
  [[nodiscard]] bool Add(Fault fault);
  // Returns the oldest fault that strikes a call on `edge`, and uses it up
  // once; nullopt when there is none.
  std::optional<Fault> Take(std::string_view edge);
  // Returns the faults that are left, oldest first; `times` says how often each
  // strikes.
  std::vector<Fault> List() const;
  // Removes all faults.
  void Clear();

 private:
  mutable Mutex mutex_;
  // The oldest is the first. It is a list because faults go out of the middle.
  std::list<Fault> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
