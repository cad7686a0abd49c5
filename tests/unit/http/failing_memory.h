// Makes allocations fail, in the program that links this: it replaces the
// global operator new, and aligned_alloc, from which Asio takes memory.

#pragma once

#include <cstddef>
#include <cstdint>

namespace linktor::http {

// Lets one allocation of this thread fail: the one after `others` more.
void FailOneAllocation(std::int64_t others);
// Lets no allocation of this thread fail any more. Returns whether the one has
// failed.
bool StopFailing();

// While it lives, every allocation of at least so many bytes fails, in all
// threads.
class LargeAllocationsFail {
 public:
  explicit LargeAllocationsFail(std::size_t bytes);
  ~LargeAllocationsFail();
  LargeAllocationsFail(const LargeAllocationsFail&) = delete;
  LargeAllocationsFail& operator=(const LargeAllocationsFail&) = delete;
};

// Returns how many allocations have failed in all threads.
std::int64_t FailedAllocations();

}  // namespace linktor::http
