#include "tests/bench/raw_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Opens a file of `size` bytes that are really on the disk, so that an append
// allocates nothing.
int OpenPreallocated(const std::string& path, std::size_t size) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) std::abort();
  const std::string zeros(1 << 20, '\0');
  for (std::size_t at = 0; at < size; at += zeros.size()) {
    if (write(fd, zeros.data(), zeros.size()) < 0) std::abort();
  }
  if (fsync(fd) != 0) std::abort();
  return fd;
}

void WriteAt(int fd, const std::string& bytes, std::size_t at) {
  if (pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
      static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
}

}  // namespace

double RunRawLog(const std::string& folder, std::size_t count,
                 std::size_t bytes, int in_flight) {
  const std::string path = folder + "/raw.log";
  const int fd = OpenPreallocated(path, count * bytes);
  const std::string record(bytes, 'r');
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t waiting = 0;
  std::size_t asked = 0;
  std::size_t done = 0;
  const auto begin = SteadyClock::now();
  std::thread writer([&] {
    std::size_t at = 0;
    std::string batch;
    for (std::size_t written = 0; written < count;) {
      std::size_t taken = 0;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return waiting > 0; });
        taken = std::exchange(waiting, 0);
      }
      batch.clear();
      for (std::size_t i = 0; i < taken; ++i) batch.append(record);
      WriteAt(fd, batch, at);
      at += batch.size();
      written += taken;
      if (fdatasync(fd) != 0) std::abort();
      {
        const std::lock_guard lock(mutex);
        done += taken;
      }
      changed.notify_all();
    }
  });
  {
    std::unique_lock lock(mutex);
    while (asked < count) {
      changed.wait(lock, [&] {
        return asked - done < static_cast<std::size_t>(in_flight);
      });
      const std::size_t more = std::min(
          count - asked, static_cast<std::size_t>(in_flight) - (asked - done));
      asked += more;
      waiting += more;
      changed.notify_all();
    }
  }
  writer.join();
  const double seconds =
      std::chrono::duration<double>(SteadyClock::now() - begin).count();
  close(fd);
  unlink(path.c_str());
  return seconds;
}

double ProbeDisk(const std::string& folder, double rate) {
  constexpr std::size_t kWrites = 200;
  constexpr std::size_t kPage = 4096;
  const std::string path = folder + "/probe";
  const int fd = OpenPreallocated(path, kWrites * kPage);
  const std::string page(kPage, 'p');
  std::vector<double> times;
  const auto start = SteadyClock::now();
  for (std::size_t i = 0; i < kWrites; ++i) {
    if (rate > 0) {
      std::this_thread::sleep_until(
          start +
          std::chrono::duration_cast<SteadyClock::duration>(
              std::chrono::duration<double>(static_cast<double>(i) / rate)));
    }
    const auto begin = SteadyClock::now();
    WriteAt(fd, page, i * kPage);
    if (fdatasync(fd) != 0) std::abort();
    times.push_back(
        std::chrono::duration<double, std::milli>(SteadyClock::now() - begin)
            .count());
  }
  close(fd);
  unlink(path.c_str());
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace linktor::bench
