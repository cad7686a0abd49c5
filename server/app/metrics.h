// What the server counts, as Prometheus text. Labels are few and bounded: no
// ids of channels or users.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/call.h"
#include "server/webhook/endpoint.h"

namespace linktor {

class Metrics final : public WebhookObserver, public CallObserver {
 public:
  Metrics();

  void OnAnswer(int http_status) override;
  void OnOutcome(const WebhookOutcome& outcome) override;
  void OnCall(std::string_view method, absl::StatusCode code) override;

  // The text of /metrics, with these values of the moment.
  struct Certificate {
    // "grpc" or "webhook".
    std::string listener;
    absl::Time end;
    // Whether /readyz says that it needs attention.
    bool problem = false;
  };
  struct Moment {
    std::int64_t last_seq = 0;
    std::size_t subscribers = 0;
    bool disk_full = false;
    std::vector<Certificate> certificates;
  };
  std::string Render(const Moment& moment);

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& answers_;
  prometheus::Family<prometheus::Counter>& items_;
  prometheus::Counter& events_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& ignored_;
  prometheus::Counter& issues_;
  prometheus::Counter& quarantined_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Gauge& last_seq_;
  prometheus::Gauge& subscribers_;
  prometheus::Gauge& disk_full_;
  prometheus::Family<prometheus::Gauge>& certificate_ends_;
  prometheus::Family<prometheus::Gauge>& certificate_problems_;
};

}  // namespace linktor
