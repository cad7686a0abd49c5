// Logs what may go wrong very often and is worth one line: the first line of a
// cause comes at once, then at most one line in kInterval, which says how many
// were left out. A stranger who sends rubbish can therefore not fill a disk.
//
// All folders call LogCause where they learn of a fault. The App calls
// LogLeftOutCauses about once a second, and once more at its end.

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

// Decides which lines of a cause are written; it writes none itself, so that
// nothing is logged under its mutex. The program has one, behind LogCause;
// tests make their own and choose the time. Thread-safe; no call blocks.
class CauseLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // One line this often, in steady time, tells an operator what goes on.
  static constexpr auto kInterval = std::chrono::seconds(10);
  // Causes are told apart up to this many; further ones count as one cause. The
  // limit bounds the memory, because the names of causes may hold what
  // strangers send.
  static constexpr std::size_t kMaxCauses = 10'000;

  // These are the parameters of Log, kept until it is known whether the line is
  // written.
  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string event;
    LogFields fields;
  };
  // Returns the line when it is to be written now, and nothing when it is left
  // out. `cause` is compared byte by byte; `now` is the steady time of the
  // call. A line that stands for others has their number in the field left_out.
  // A line that is left out replaces the one that was left out before it.
  std::optional<Line> Offer(std::string_view cause, Line line, TimePoint now);
  // Returns a line for each cause of which lines were left out and none has
  // come since its interval ended; with `all`, also where it has not ended. The
  // line is the last that was left out, and its field left_out counts the
  // others. The causes come in no order. For each cause that is returned a new
  // interval begins.
  std::vector<Line> TakeLeftOut(TimePoint now, bool all = false);

 private:
  // A cause is quiet when its interval has ended and nothing was left out; only
  // then may it be forgotten.
  struct State {
    // The next line of the cause may be written from this time on.
    TimePoint next = TimePoint::min();
    // This many lines have been left out since the last one that was written.
    std::uint64_t left_out = 0;
    // This is the last line that was left out; it means nothing when left_out
    // is 0.
    Line last;
  };
  // Returns the state of the cause, made anew when it is not known. At
  // kMaxCauses, quiet causes are forgotten first; where none is quiet, others_
  // is returned. The reference is valid until the mutex is released.
  State& Find(std::string_view cause, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  StringMap<State> causes_ ABSL_GUARDED_BY(mutex_);
  // This one stands for all causes beyond kMaxCauses.
  State others_ ABSL_GUARDED_BY(mutex_);
};

// Logs like Log, but limited: `event` and `about` together are the cause.
// `about` names whom it concerns, a channel and a reason for example; it is not
// written, so what a reader needs is in `fields`. Thread-safe. std::bad_alloc
// leaves it where there is no memory for the line.
void LogCause(LogLevel level, std::string_view event, std::string_view about,
              LogFields fields);

// Writes the lines that TakeLeftOut gives, so that the last lines of a cause
// are not lost when the cause ends. Thread-safe.
void LogLeftOutCauses(bool all = false);

}  // namespace linktor
