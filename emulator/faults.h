// Faults that were asked for: what goes wrong with the next Graph calls.

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

enum class FaultKind {
  // Do what was asked, echo included, then close without an answer: the
  // caller cannot know.
  kAcceptThenClose,
  // Close without doing anything.
  kClose,
  // Do what was asked, answer later.
  kDelay,
  // Do nothing, answer with this HTTP status.
  kStatus,
  // Do nothing, answer with this error.
  kGraphError,
};

struct Fault {
  // The edge: "messages", "messenger_profile", "user_profile", or "*" for every
  // Graph call.
  std::string on = "*";
  FaultKind kind = FaultKind::kClose;
  // How many calls it strikes; 0 for all until it is cleared.
  int times = 1;
  // kDelay.
  absl::Duration delay = absl::ZeroDuration();
  // kStatus.
  HttpResponse response;
  // kGraphError.
  GraphError error;
};

// Thread-safe.
class FaultQueue {
 public:
  static constexpr std::size_t kMaxFaults = 1000;

  // False when there are kMaxFaults already.
  [[nodiscard]] bool Add(Fault fault);
  // The oldest fault that strikes a call on `edge`, used up once.
  std::optional<Fault> Take(std::string_view edge);
  // Those that are left, oldest first; `times` says how often.
  std::vector<Fault> List() const;
  void Clear();

 private:
  mutable Mutex mutex_;
  std::list<Fault> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
