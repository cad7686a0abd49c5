// Deletes what is past its time: it appends Trim records, now and then, in
// small steps that hold up nobody. It tells them how much time its own
// monotonic clock has measured, and never what the time is: see state/expiry.h.

#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/journal/journal.h"

namespace linktor {

class Housekeeping {
 public:
  struct Ages {
    absl::Duration events;
    absl::Duration raw;
    std::int64_t raw_max_bytes = 0;
  };

  // `clock` and `journal` must outlive this.
  Housekeeping(const Clock& clock, Journal& journal, const Ages& ages);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // Changes the ages from the next round on. Thread-safe.
  void SetAges(const Ages& ages);

 private:
  void Run();
  // Appends one Trim. Nothing when it was not applied.
  std::optional<TrimAnswer> Trim(std::chrono::milliseconds elapsed);
  // Waits. False when it is time to end.
  bool Rest(absl::Duration duration);

  const Clock& clock_;
  Journal& journal_;
  Mutex mutex_;
  Ages ages_ ABSL_GUARDED_BY(mutex_);
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
