#include "server/app/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace linktor::app {
namespace {

prometheus::Gauge& Gauge(prometheus::Registry& registry, const char* name,
                         const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {});
}

// Returns the content of the file; empty when it cannot be read.
std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Returns the fields of /proc/self/stat from the third on: the second, the
// program's name, may hold blanks.
std::vector<std::string> StatFields() {
  const std::string text = ReadFile("/proc/self/stat");
  const std::size_t end = text.rfind(") ");
  if (end == std::string::npos) return {};
  return absl::StrSplit(text.substr(end + 2), ' ');
}

// Returns the field that has this number in proc(5); 0 when there is none.
double Field(const std::vector<std::string>& fields, std::size_t number) {
  constexpr std::size_t kFirst = 3;
  double value = 0;
  if (number - kFirst >= fields.size() ||
      !absl::SimpleAtod(fields[number - kFirst], &value)) {
    return 0;
  }
  return value;
}

// Returns the time at which the machine was started, in seconds since the
// epoch; 0 when it cannot be read.
double BootTime() {
  for (const absl::string_view line :
       absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    double seconds = 0;
    if (parts.size() == 2 && parts[0] == "btime" &&
        absl::SimpleAtod(parts[1], &seconds)) {
      return seconds;
    }
  }
  return 0;
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry)
    : cpu_seconds_(prometheus::BuildCounter()
                       .Name("process_cpu_seconds_total")
                       .Help("Processor time used, in seconds.")
                       .Register(registry)
                       .Add({})),
      start_time_(Gauge(registry, "process_start_time_seconds",
                        "When the process was started, since the epoch.")),
      resident_bytes_(Gauge(registry, "process_resident_memory_bytes",
                            "Memory that is in use.")),
      virtual_bytes_(Gauge(registry, "process_virtual_memory_bytes",
                           "Addresses that are in use.")),
      open_descriptors_(Gauge(registry, "process_open_fds",
                              "Open file descriptors, sockets included.")),
      max_descriptors_(
          Gauge(registry, "process_max_fds", "How many there may be.")) {
  constexpr std::size_t kStartTime = 22;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  start_time_.Set(BootTime() + Field(StatFields(), kStartTime) / ticks);
}

void ProcessMetrics::Refresh() {
  constexpr std::size_t kUserTime = 14;
  constexpr std::size_t kSystemTime = 15;
  constexpr std::size_t kVirtualSize = 23;
  constexpr std::size_t kResidentPages = 24;
  const std::vector<std::string> fields = StatFields();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double cpu =
      (Field(fields, kUserTime) + Field(fields, kSystemTime)) / ticks;
  cpu_seconds_.Increment(cpu - cpu_seconds_.Value());
  virtual_bytes_.Set(Field(fields, kVirtualSize));
  resident_bytes_.Set(Field(fields, kResidentPages) *
                      static_cast<double>(sysconf(_SC_PAGESIZE)));
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (!error) {
    open_descriptors_.Set(static_cast<double>(
        std::distance(begin(descriptors), end(descriptors))));
  }
  struct rlimit limit {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    max_descriptors_.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace linktor::app
