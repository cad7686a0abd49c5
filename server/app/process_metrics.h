// Gives the metrics process_*, as Prometheus' own client libraries give them.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace linktor {

class ProcessMetrics {
 public:
  // `registry` must outlive this.
  explicit ProcessMetrics(prometheus::Registry& registry);

  // Reads them from the system. Not thread-safe.
  void Refresh();

 private:
  prometheus::Counter& cpu_seconds_;
  prometheus::Gauge& start_time_;
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& virtual_bytes_;
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
};

}  // namespace linktor
