// Counts what the server does, as Prometheus text. docs/operations.md says what
// each metric means and what to do about it. The App makes one; the parts of
// the server tell it through their observer interfaces, each from its own
// threads, and the administration's thread asks for the text. It is
// thread-safe.
//
// Labels are few and bounded, because each value costs memory for good: no ids
// but those of channels, for which one gauge has a series each. Names that come
// from outside (kinds of items, codes of errors) are bounded by kMaxNames.

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

namespace linktor::app {

// A MetricsMoment holds the values that are only looked at when somebody asks
// for the metrics. AdminPages fills it.
struct MetricsMoment {
  struct Certificate {
    // It is "grpc" or "webhook".
    std::string listener;
    // The certificate in force ends at this time.
    absl::Time end;
    // It is true when /readyz says that the certificate needs attention.
    bool problem = false;
  };
  struct Channel {
    std::string id;
    // This is the time of its last signed webhook; it is the distant past when
    // none has come since the start.
    absl::Time last_webhook = absl::InfinitePast();
  };
  // These are the sequence of the newest event and the number of open event
  // streams.
  std::int64_t last_seq = 0;
  std::size_t subscribers = 0;
  // The slowest subscriber is behind by so many events.
  std::int64_t max_lag = 0;
  // It is true while nothing can be stored because the disk has no room.
  bool disk_full = false;
  // The number of sends about which nobody knows how they ended.
  std::int64_t unconfirmed = 0;
  // The oldest event that is kept came at this time; the distant past without
  // events.
  absl::Time oldest_event = absl::InfinitePast();
  // These are the sizes of the files, in bytes.
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::vector<Certificate> certificates;
  std::vector<Channel> channels;
  // This is the number of channels by the state of their token. States that no
  // channel has are there with 0, so that their series do not stop.
  std::map<std::string, std::int64_t> tokens;
};

// Every On… function is called by another part of the server, as its observer
// interface says. None blocks longer than a short mutex.
class Metrics final : public webhook::WebhookObserver,
                      public rpc::CallObserver,
                      public graph::GraphObserver,
                      public messaging::SendObserver {
 public:
  // A label has at most so many values that come from outside; the rest counts
  // as "other".
  static constexpr std::size_t kMaxNames = 64;

  // Makes all families, so that each is in the text from the start.
  Metrics();

  // The first four are called for webhooks. `latency` is the time from the
  // whole request to its answer.
  void OnAnswer(webhook::WebhookVerdict verdict,
                std::chrono::nanoseconds latency) override;
  // A delivery is durable; its counts add up to its items.
  void OnOutcome(const state::DeliveryAnswer& outcome) override;
  // An item of a kind that this server does not model came. The kind is Meta's
  // word, so it is bounded.
  void OnUnknownItem(std::string_view kind) override;
  // An item of an account that no channel has came.
  void OnForeignItem() override;
  // These two are called for RPCs. The names and labels are those of
  // grpc-prometheus, so that dashboards made for it fit.
  void OnBegin(const access::Method& method) override;
  // `reason` is the name of an ErrorReason, or empty, and so needs no bound.
  void OnEnd(const access::Method& method, absl::StatusCode code,
             std::string_view reason,
             std::chrono::nanoseconds latency) override;
  // It is called for each call to Meta. The channel is not a label here.
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;
  // It is called for each send, when it has its outcome.
  void OnSendEnded(v1::MessageState state, std::string_view reason) override;
  // A listener has refused a request or a connection by itself. `listener` is
  // "webhook" or "admin".
  void OnHttpRefusal(std::string_view listener,
                     const http::HttpRefusal& refusal);

  // Returns the text of /metrics, with the values of `moment` and of the
  // process. It may be called from several threads; one waits for the other.
  std::string Render(const MetricsMoment& moment);

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  // Holds the series of one RPC, so that they are found without making labels,
  // which costs more than counting.
  struct CallSeries {
    prometheus::Counter* started = nullptr;
    // It is null for a stream, which lasts as long as its client likes.
    prometheus::Histogram* seconds = nullptr;
    // The index is the number of the code, of which gRPC has 17; null before
    // the first such end.
    std::array<prometheus::Counter*, 17> handled{};
  };

  // Returns the value that a label gets for a name from outside: the name, or
  // "other" when the family has kMaxNames already.
  std::string Bounded(std::string_view family, std::string_view name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the series of a method, and makes them at its first call.
  CallSeries& SeriesOf(const access::Method& method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sets the gauges of the channels, and removes those of channels that are
  // gone.
  void SetChannels(const MetricsMoment& moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(render_mutex_);

  // It owns the families, and the references below lead into it. They are
  // thread-safe by themselves.
  prometheus::Registry registry_;
  ProcessMetrics process_{registry_};
  // The index is a WebhookVerdict.
  std::vector<prometheus::Counter*> answers_;
  // The bounds of the buckets are in the source, with their reason.
  prometheus::Histogram& webhook_seconds_;
  // The next four are series of this family, kept because every webhook counts
  // them.
  Counters& items_;
  prometheus::Counter& events_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& ignored_;
  prometheus::Counter& issues_;
  prometheus::Counter& quarantined_;
  // Its label is Meta's kind, bounded.
  Counters& unknown_items_;
  prometheus::Counter& foreign_items_;
  Counters& http_refusals_;
  // These four are by method; the last is also by reason.
  Counters& calls_started_;
  Counters& calls_handled_;
  Histograms& call_seconds_;
  Counters& call_errors_;
  // Its labels are the operation and Meta's answer, bounded.
  Counters& graph_calls_;
  Histograms& graph_seconds_;
  Counters& sends_;
  // The gauges from here on are set by Render alone.
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
  // This is the one family with an id as a label: the channel's.
  Gauges& last_webhooks_;
  // Its label is the state of the token.
  Gauges& tokens_;

  // It guards the series by method and the names seen. Calls and webhooks take
  // it for as long as counting takes.
  Mutex mutex_;
  StringMap<CallSeries> by_method_ ABSL_GUARDED_BY(mutex_);
  // These are the values of labels that have been seen, by family.
  StringMap<StringSet> names_ ABSL_GUARDED_BY(mutex_);

  // It is held while the text is made, so that two of them do not mix; calls
  // and webhooks never wait for it.
  Mutex render_mutex_;
  // Each channel has a series, which goes when the channel does.
  StringMap<prometheus::Gauge*> by_channel_ ABSL_GUARDED_BY(render_mutex_);
};

}  // namespace linktor::app
