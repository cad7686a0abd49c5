// Gives the metrics process_*, under the names that Prometheus' own client
// libraries use, so that dashboards made for those fit. Metrics has one.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace linktor::app {

class ProcessMetrics {
 public:
  // Adds the families; `registry` must outlive this.
  explicit ProcessMetrics(prometheus::Registry& registry);

  // Reads the values from /proc. One that cannot be read stays as it was or is
  // 0. It is not thread-safe; Metrics::Render calls it under its mutex.
  void Refresh();

 private:
  // It counts user and system time together, in seconds, since the process
  // started.
  prometheus::Counter& cpu_seconds_;
  // This is in seconds since the epoch.
  prometheus::Gauge& start_time_;
  // This is the memory that is in use, in bytes.
  prometheus::Gauge& resident_bytes_;
  // It counts addresses, few of which are in use as memory.
  prometheus::Gauge& virtual_bytes_;
  // Sockets count, too. The limit is the soft one, which RaiseDescriptorLimit
  // has raised.
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
};

}  // namespace linktor::app
