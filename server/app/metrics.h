// Counts what the server does, as Prometheus text. docs/operations.md says what
// each metric means and what to do about it.
//
// Labels are few and bounded: no ids but those of channels, of which one gauge
// has a series each. Names that come from outside (kinds of items, codes of
// errors) are bounded by kMaxNames.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/app/process_metrics.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"
#include "server/graph/observer.h"
#include "server/http/listener.h"
#include "server/messaging/sender.h"
#include "server/rpc/call.h"
#include "server/webhook/observer.h"

namespace linktor {

// These are looked at when somebody asks for the metrics.
struct MetricsMoment {
  struct Certificate {
    // "grpc" or "webhook".
    std::string listener;
    absl::Time end;
    // Whether /readyz says that it needs attention.
    bool problem = false;
  };
  struct Channel {
    std::string id;
    // The time of its last webhook; the distant past when none has come since
    // the start.
    absl::Time last_webhook = absl::InfinitePast();
  };
  std::int64_t last_seq = 0;
  std::size_t subscribers = 0;
  // The slowest subscriber is behind by so many events.
  std::int64_t max_lag = 0;
  bool disk_full = false;
  // The number of sends of which nobody knows how they ended.
  std::int64_t unconfirmed = 0;
  // The time at which the oldest event that is kept came; nothing without
  // events.
  absl::Time oldest_event = absl::InfinitePast();
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::vector<Certificate> certificates;
  std::vector<Channel> channels;
  // The number of channels by the state of their token.
  std::map<std::string, std::int64_t> tokens;
};

class Metrics final : public WebhookObserver,
                      public CallObserver,
                      public GraphObserver,
                      public SendObserver {
 public:
  // A label has at most so many values that come from outside; the rest counts
  // as "other".
  static constexpr std::size_t kMaxNames = 64;

  Metrics();

  void OnAnswer(WebhookVerdict verdict,
                std::chrono::nanoseconds latency) override;
  void OnOutcome(const DeliveryAnswer& outcome) override;
  void OnUnknownItem(std::string_view kind) override;
  void OnForeignItem() override;
  void OnBegin(const access::Method& method) override;
  void OnEnd(const access::Method& method, absl::StatusCode code,
             std::string_view reason,
             std::chrono::nanoseconds latency) override;
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;
  void OnSendEnded(v1::MessageState state, std::string_view reason) override;
  // A listener has refused something by itself. `listener` is "webhook" or
  // "admin".
  void OnHttpRefusal(std::string_view listener, const HttpRefusal& refusal);

  // Returns the text of /metrics.
  std::string Render(const MetricsMoment& moment);

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  // Holds the series of one RPC, so that they are found without making labels.
  struct CallSeries {
    prometheus::Counter* started = nullptr;
    // Null for a stream, which lasts as long as its client likes.
    prometheus::Histogram* seconds = nullptr;
    // The index is the number of the code; null before the first such end.
    std::array<prometheus::Counter*, 17> handled{};
  };

  // Returns the value that a label gets for a name from outside: the name, or
  // "other" when there are kMaxNames already.
  std::string Bounded(std::string_view family, std::string_view name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CallSeries& SeriesOf(const access::Method& method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetChannels(const MetricsMoment& moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(render_mutex_);

  prometheus::Registry registry_;
  ProcessMetrics process_{registry_};
  std::vector<prometheus::Counter*> answers_;
  prometheus::Histogram& webhook_seconds_;
  Counters& items_;
  prometheus::Counter& events_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& ignored_;
  prometheus::Counter& issues_;
  prometheus::Counter& quarantined_;
  Counters& unknown_items_;
  prometheus::Counter& foreign_items_;
  Counters& http_refusals_;
  Counters& calls_started_;
  Counters& calls_handled_;
  Histograms& call_seconds_;
  Counters& call_errors_;
  Counters& graph_calls_;
  Histograms& graph_seconds_;
  Counters& sends_;
  prometheus::Gauge& last_seq_;
  prometheus::Gauge& subscribers_;
  prometheus::Gauge& max_lag_;
  prometheus::Gauge& disk_full_;
  prometheus::Gauge& unconfirmed_;
  prometheus::Gauge& oldest_event_;
  prometheus::Gauge& database_bytes_;
  prometheus::Gauge& wal_bytes_;
  Gauges& certificate_ends_;
  Gauges& certificate_problems_;
  Gauges& last_webhooks_;
  Gauges& tokens_;

  Mutex mutex_;
  StringMap<CallSeries> by_method_ ABSL_GUARDED_BY(mutex_);
  // Values of labels that have been seen, by family.
  StringMap<StringSet> names_ ABSL_GUARDED_BY(mutex_);

  // Held while the text is made, so that two of them do not mix; calls and
  // webhooks never wait for it.
  Mutex render_mutex_;
  // Each channel has a series, which goes when the channel does.
  StringMap<prometheus::Gauge*> by_channel_ ABSL_GUARDED_BY(render_mutex_);
};

}  // namespace linktor
