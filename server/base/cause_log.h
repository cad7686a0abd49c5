// Limits the log lines about faults that may happen very often. Lines of the
// same cause (see LogCause) are limited together. The first line of a cause is
// written at once. After that, at most one line of the cause is written in each
// kInterval, and this line says how many lines were left out before it.
// Therefore a stranger who sends rubbish cannot fill a disk with log lines.
//
// Code in all folders calls LogCause when it learns of a fault. The App calls
// LogLeftOutCauses about once a second, and once more when it stops.

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

// A CauseLimiter decides which lines of a cause are written. It writes no line
// itself, so that nothing is logged while its mutex is held. The program has
// one CauseLimiter, which LogCause uses. Tests make other ones and choose the
// time. The class is thread-safe, and no call blocks.
class CauseLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // One line in this time, by the steady clock, is enough to tell an operator
  // what is happening.
  static constexpr auto kInterval = std::chrono::seconds(10);
  // At most this many causes are distinguished. All further causes are treated
  // as one single cause. This limits the memory, because a cause may contain
  // text that strangers send, so there may be any number of causes.
  static constexpr std::size_t kMaxCauses = 10'000;

  // A Line holds the parameters of Log until it is known whether the line is
  // written.
  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string event;
    LogFields fields;
  };
  // Returns the line when the caller must write it now, and nullopt when the
  // line is left out. `cause` is compared byte by byte; `now` is the steady
  // time of the call. When lines of the cause were left out before, the
  // returned line has their number in its field left_out. Only the last
  // left-out line of each cause is kept.
  std::optional<Line> Offer(std::string_view cause, Line line, TimePoint now);
  // Returns a line for each cause that has left-out lines and whose interval
  // has ended. With `all`, it does not matter whether the interval has ended.
  // The returned line is the last line of the cause that was left out, and its
  // field left_out counts the other left-out lines. The lines have no
  // particular order. For each cause that has a returned line, a new interval
  // begins.
  std::vector<Line> TakeLeftOut(TimePoint now, bool all = false);

 private:
  // A State is what the limiter knows about one cause. A cause is called quiet
  // when its interval has ended and it has no left-out line. Only a quiet cause
  // may be forgotten.
  struct State {
    // The next line of the cause may be written from this time on.
    TimePoint next = TimePoint::min();
    // This many lines have been left out since a line of the cause was last
    // written.
    std::uint64_t left_out = 0;
    // This is the last line that was left out. When left_out is 0, it has no
    // meaning.
    Line last;
  };
  // Returns the state of the cause, and makes one when the cause is not known.
  // When there are kMaxCauses causes already, it first forgets the quiet
  // causes. When no cause is quiet, it returns others_. The reference is valid
  // until the mutex is released.
  State& Find(std::string_view cause, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  StringMap<State> causes_ ABSL_GUARDED_BY(mutex_);
  // This state stands for all causes beyond kMaxCauses.
  State others_ ABSL_GUARDED_BY(mutex_);
};

// Logs like Log, but limits the lines of one cause. `event` and `about`
// together are the cause. `about` says what the fault is about, for example a
// channel and a reason. The log line does not show `about`, so `fields` must
// have everything that a reader of the log needs. The function is thread-safe.
// It throws std::bad_alloc when there is no memory for the line.
void LogCause(LogLevel level, std::string_view event, std::string_view about,
              LogFields fields);

// Writes the lines that TakeLeftOut returns. Without this function, left-out
// lines would be lost when no further line of their cause comes. The function
// is thread-safe.
void LogLeftOutCauses(bool all = false);

}  // namespace linktor
