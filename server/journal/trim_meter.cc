#include "server/journal/trim_meter.h"

#include <variant>

namespace linktor::journal {

using std::chrono::milliseconds;

void TrimMeter::Measure(Time now, journal::Trim& trim) const {
  MutexLock lock(mutex_);
  if (expiry_ms_ == 0) return;
  trim.set_measured_from_ms(expiry_ms_);
  trim.set_elapsed_ms(
      std::chrono::duration_cast<milliseconds>(now - counted_).count());
}

void TrimMeter::OnCommit(std::span<const AppliedRecord> records, Time now) {
  for (const AppliedRecord& one : records) {
    const auto* answer = std::get_if<state::TrimAnswer>(&one.effects.answer);
    if (answer == nullptr) continue;
    const journal::Trim& trim = one.record.trim();
    MutexLock lock(mutex_);
    // The Trim has not moved the expiry time, so it has counted nothing.
    if (answer->expiry_ms == expiry_ms_) continue;
    if (one.own && expiry_ms_ != 0 && trim.measured_from_ms() == expiry_ms_) {
      counted_ += milliseconds(trim.elapsed_ms());
    } else {
      // It is not known when its appender measured, but it was before this.
      counted_ = now;
    }
    expiry_ms_ = answer->expiry_ms;
  }
}

}  // namespace linktor::journal
