// Gives the metrics of the server's process, such as its memory and its open
// files. Their names begin with process_ and are the same as in Prometheus' own
// client libraries, so that common dashboards also work here. The class Metrics
// owns one ProcessMetrics.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace linktor::app {

class ProcessMetrics {
 public:
  // Adds the metrics to `registry`, which must outlive this object. It also
  // sets start_time_, which never changes.
  explicit ProcessMetrics(prometheus::Registry& registry);

  // Reads the current values, most of them from /proc. A value that cannot be
  // read stays as it was or becomes 0. The function is not thread-safe;
  // Metrics::Render calls it while it holds a mutex.
  void Refresh();

 private:
  // This is the processor time that the process has used since its start, in
  // seconds: user time and system time together.
  prometheus::Counter& cpu_seconds_;
  // The process started at this time, in seconds since the epoch.
  prometheus::Gauge& start_time_;
  // This is the memory that is in use, in bytes.
  prometheus::Gauge& resident_bytes_;
  // This is the size of the address space, in bytes. Only a part of it uses
  // memory.
  prometheus::Gauge& virtual_bytes_;
  // These are the number of open file descriptors, which includes sockets, and
  // the limit of this number. The limit is the soft limit, which
  // RaiseDescriptorLimit has raised (see app/descriptor_limit.h).
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
};

}  // namespace linktor::app
