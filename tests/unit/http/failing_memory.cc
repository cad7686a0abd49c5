#include "tests/unit/http/failing_memory.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>

namespace linktor::http {
namespace {

constexpr std::int64_t kNever = -1;

thread_local std::int64_t others_left = kNever;
thread_local bool one_failed = false;

std::atomic<std::size_t> smallest_failing{
    std::numeric_limits<std::size_t>::max()};
std::atomic<std::int64_t> failed{0};

bool Fails(std::size_t bytes) {
  bool fails = bytes >= smallest_failing;
  if (others_left > kNever) {
    --others_left;
    if (others_left == kNever) {
      one_failed = true;
      fails = true;
    }
  }
  if (fails) ++failed;
  return fails;
}

void* Allocate(std::size_t bytes) {
  if (Fails(bytes)) throw std::bad_alloc();
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void FailOneAllocation(std::int64_t others) {
  one_failed = false;
  others_left = others;
}

bool StopFailing() {
  others_left = kNever;
  return one_failed;
}

LargeAllocationsFail::LargeAllocationsFail(std::size_t bytes) {
  smallest_failing = bytes;
}

LargeAllocationsFail::~LargeAllocationsFail() {
  smallest_failing = std::numeric_limits<std::size_t>::max();
}

std::int64_t FailedAllocations() { return failed; }

}  // namespace linktor::http

// The replacements of a whole program cannot stand in a namespace. What takes
// and what gives back are replaced together, as sanitizers want it.
void* operator new(std::size_t bytes) { return linktor::http::Allocate(bytes); }
void* operator new[](std::size_t bytes) {
  return linktor::http::Allocate(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  if (linktor::http::Fails(size)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}
