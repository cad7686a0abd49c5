#include "emulator/faults.h"

#include <algorithm>

namespace linktor::emulator {

bool FaultQueue::Add(Fault fault) {
  MutexLock lock(mutex_);
  if (faults_.size() >= kMaxFaults) return false;
  faults_.push_back(std::move(fault));
  return true;
}

std::optional<Fault> FaultQueue::Take(std::string_view edge,
                                      std::string_view account) {
  MutexLock lock(mutex_);
  const auto it =
      std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
        return (fault.on == "*" || fault.on == edge) &&
               (fault.account.empty() || fault.account == account);
      });
  if (it == faults_.end()) return std::nullopt;
  Fault fault = *it;
  if (it->times == 1) {
    faults_.erase(it);
  } else if (it->times > 1) {
    --it->times;
  }
  return fault;
}

std::vector<Fault> FaultQueue::List() const {
  MutexLock lock(mutex_);
  return {faults_.begin(), faults_.end()};
}

void FaultQueue::Clear() {
  MutexLock lock(mutex_);
  faults_.clear();
}

}  // namespace linktor::emulator
