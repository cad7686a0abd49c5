// How long to wait before connecting again: longer each time, and never the
// same for two clients, so that they do not all come at once to a server that
// has just started.

#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/time/time.h"

namespace linktor::cli {

class Backoff {
 public:
  // Short enough that a restart is not noticed.
  static constexpr absl::Duration kFirst = absl::Milliseconds(500);
  // Long enough not to be a load, short enough for someone who watches.
  static constexpr absl::Duration kMost = absl::Seconds(5);

  // `random` gives numbers in [0, 1).
  explicit Backoff(std::function<double()> random)
      : random_(std::move(random)) {}

  // Between half and all of a step that doubles up to kMost; never less than
  // `at_least`.
  absl::Duration Next(absl::Duration at_least = absl::ZeroDuration()) {
    const absl::Duration wait = step_ * (0.5 + random_() / 2);
    step_ = std::min(step_ * 2, absl::Duration(kMost));
    return std::max(wait, at_least);
  }

  // After a success.
  void Reset() { step_ = kFirst; }

 private:
  const std::function<double()> random_;
  absl::Duration step_ = kFirst;
};

}  // namespace linktor::cli
