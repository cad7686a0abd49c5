// A process that dies at a chosen moment: SIGKILL at a call by which SQLite
// changes a file, or wherever the test puts it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace linktor::journal {

// Ends this process at once, as SIGKILL from outside does.
[[noreturn]] void KillThisProcess();

// Runs `work` in a child process to its end; returns whether it was killed.
// Fails the test when it ended in another way. No thread may run meanwhile.
bool IsKilledIn(const std::function<void()>& work);

// While it lives, and for connections opened meanwhile, the process is killed
// at the call with that number, from 1, among those that write, sync, shorten
// or delete a file: before the call, or after it.
class KillingVfs {
 public:
  struct State;

  KillingVfs(std::int64_t at_call, bool after);
  ~KillingVfs();
  KillingVfs(const KillingVfs&) = delete;
  KillingVfs& operator=(const KillingVfs&) = delete;

 private:
  State* const state_;
};

}  // namespace linktor::journal
