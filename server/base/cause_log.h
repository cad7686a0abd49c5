// Logs what may go wrong very often, and is worth one line: the first of a
// cause at once, then at most one line in kInterval, which says how many were
// left out. A stranger who sends rubbish can therefore not fill a disk.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/log.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor {

// Decides which lines of a cause are written. Thread-safe.
class CauseLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // One line this often tells an operator what goes on.
  static constexpr auto kInterval = std::chrono::seconds(10);
  // Causes are told apart up to this many; further ones count as one. Their
  // names may hold what strangers send.
  static constexpr std::size_t kMaxCauses = 10'000;

  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string event;
    LogFields fields;
  };
  // Returns the line when it is to be written now, and nothing when it is left
  // out. A line that stands for others has their number in the field left_out.
  std::optional<Line> Offer(std::string_view cause, Line line, TimePoint now);
  // Returns a line for each cause of which lines were left out and none has
  // come since its interval ended; with `all`, also where it has not ended. The
  // line is the last that was left out.
  std::vector<Line> TakeLeftOut(TimePoint now, bool all = false);

 private:
  struct State {
    TimePoint next = TimePoint::min();
    std::uint64_t left_out = 0;
    // The last line that was left out.
    Line last;
  };
  State& Find(std::string_view cause, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  StringMap<State> causes_ ABSL_GUARDED_BY(mutex_);
  // This one stands for all causes beyond kMaxCauses.
  State others_ ABSL_GUARDED_BY(mutex_);
};

// Logs like Log, but limited: `event` and `about` together are the cause.
// `about` names whom it concerns: a channel and a reason, for example.
void LogCause(LogLevel level, std::string_view event, std::string_view about,
              LogFields fields);

// Writes the lines that TakeLeftOut gives. The program calls it once in a
// while, and with `all` at its end.
void LogLeftOutCauses(bool all = false);

}  // namespace linktor
