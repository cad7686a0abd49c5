// Gives the metrics process_*. They have the same names as in Prometheus' own
// client libraries, so that common dashboards also work here. The class Metrics
// owns one ProcessMetrics.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace linktor::app {

class ProcessMetrics {
 public:
  // Adds the families to `registry`, which must outlive this object. It also
  // sets start_time_, which never changes.
  explicit ProcessMetrics(prometheus::Registry& registry);

  // Reads the current values, most of them from /proc. A value that cannot be
  // read stays as it was or becomes 0. The function is not thread-safe;
  // Metrics::Render calls it while it holds a mutex.
  void Refresh();

 private:
  // This is the sum of user time and system time since the process started, in
  // seconds.
  prometheus::Counter& cpu_seconds_;
  // The process started at this time, in seconds since the epoch.
  prometheus::Gauge& start_time_;
  // This is the memory that is in use, in bytes.
  prometheus::Gauge& resident_bytes_;
  // This is the size of the address space, in bytes. Only a part of it uses
  // memory.
  prometheus::Gauge& virtual_bytes_;
  // The number of open descriptors includes sockets. The limit is the soft
  // limit, which RaiseDescriptorLimit has raised (see app/descriptor_limit.h).
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
};

}  // namespace linktor::app
