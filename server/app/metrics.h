// Counts what the server does, and gives the counts as Prometheus text.
// docs/operations.md says what each metric means and what to do about it. The
// App makes one Metrics. The parts of the server report to it through their
// observer interfaces, each on its own threads; the administration listener's
// thread asks for the text. Metrics is thread-safe.
//
// There are few labels, and each has a limited number of values, because every
// value takes memory until the process ends. Only one kind of id is a label:
// one gauge has a series for each channel's id. Some names come from outside,
// such as kinds of webhook items and codes of Meta's errors. kMaxNames limits
// how many of these names are counted separately.

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

// A MetricsMoment holds the values that the server looks up only when somebody
// asks for the metrics. AdminPages fills it.
struct MetricsMoment {
  struct Certificate {
    // The listener is "grpc" or "webhook".
    std::string listener;
    // The certificate in force ends at this time.
    absl::Time end;
    // It is true when /readyz says that the certificate needs attention.
    bool problem = false;
  };
  struct Channel {
    std::string id;
    // The last signed webhook of the channel came at this time. The time is
    // InfinitePast when no webhook has come since the server started.
    absl::Time last_webhook = absl::InfinitePast();
  };
  // These are the sequence of the newest event and the number of open event
  // streams.
  std::int64_t last_seq = 0;
  std::size_t subscribers = 0;
  // The slowest subscriber is this many events behind the newest event.
  std::int64_t max_lag = 0;
  // It is true while nothing can be stored because the disk has no room.
  bool disk_full = false;
  // This is the number of UNCONFIRMED sends: nobody knows how they ended.
  std::int64_t unconfirmed = 0;
  // The oldest event that is kept came at this time. The time is InfinitePast
  // when there are no events.
  absl::Time oldest_event = absl::InfinitePast();
  // These are the sizes of the files, in bytes.
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::vector<Certificate> certificates;
  std::vector<Channel> channels;
  // Maps each state of an access token to the number of channels whose token is
  // in this state. A state that no channel has is in the map with 0, so that
  // its series does not stop.
  std::map<std::string, std::int64_t> tokens;
};

// Other parts of the server call the On… functions, as their observer
// interfaces say. No On… function blocks, except that it may wait for a mutex
// that is held for a short time.
class Metrics final : public webhook::WebhookObserver,
                      public rpc::CallObserver,
                      public graph::GraphObserver,
                      public messaging::SendObserver {
 public:
  // A label has at most this many values that come from outside; every further
  // value counts as "other".
  static constexpr std::size_t kMaxNames = 64;

  // Makes all families. It also makes some series, which are therefore in the
  // text from the start, even while they are 0.
  Metrics();

  // The first four functions are called for webhooks. `latency` is the time
  // from the moment when the whole request was read to its answer.
  void OnAnswer(webhook::WebhookVerdict verdict,
                std::chrono::nanoseconds latency) override;
  // A delivery is durable. The counts in `outcome` add up to the number of
  // items in the delivery.
  void OnOutcome(const state::DeliveryAnswer& outcome) override;
  // An item came whose kind this server does not know. Meta chooses the name of
  // the kind, so kMaxNames limits the number of kinds that are counted
  // separately.
  void OnUnknownItem(std::string_view kind) override;
  // An item came for an account that no channel has.
  void OnForeignItem() override;
  // OnBegin and OnEnd are called for RPCs. Their metrics have the names and
  // labels of grpc-prometheus, so that dashboards for grpc-prometheus also work
  // here.
  void OnBegin(const access::Method& method) override;
  // `reason` is the name of an ErrorReason, or empty. There are only a few such
  // names, so kMaxNames does not apply.
  void OnEnd(const access::Method& method, absl::StatusCode code,
             std::string_view reason,
             std::chrono::nanoseconds latency) override;
  // This is called for each call to Meta. These metrics have no label for the
  // channel, because there may be many channels.
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;
  // This is called for each send when its outcome is durable.
  void OnSendEnded(v1::MessageState state, std::string_view reason) override;
  // A listener has refused a request or a connection before any other component
  // saw it. `listener` is "webhook" or "admin".
  void OnHttpRefusal(std::string_view listener,
                     const http::HttpRefusal& refusal);

  // Returns the text of /metrics, with the values of `moment` and of the
  // process. Several threads may call it; a second thread waits for the first.
  std::string Render(const MetricsMoment& moment);

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  // A CallSeries holds the series of one RPC. With it the server counts a call
  // without making labels, which would take more time than the counting.
  struct CallSeries {
    prometheus::Counter* started = nullptr;
    // The pointer is null for a stream, because a stream lasts as long as its
    // client likes, and so its duration says nothing.
    prometheus::Histogram* seconds = nullptr;
    // The index is the number of a gRPC status code; gRPC has 17 codes. A
    // pointer is null until a call has ended with its code.
    std::array<prometheus::Counter*, 17> handled{};
  };

  // Returns the value of a label for a name that comes from outside. It is the
  // name itself, or "other" when the name is new and `family` already has
  // kMaxNames names.
  std::string Bounded(std::string_view family, std::string_view name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the series of a method. The first call for a method makes them.
  CallSeries& SeriesOf(const access::Method& method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sets the gauges of the channels, and removes the gauges of channels that no
  // longer exist.
  void SetChannels(const MetricsMoment& moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(render_mutex_);

  // The registry owns the families, and the references below point into it. The
  // registry and the families are thread-safe by themselves.
  prometheus::Registry registry_;
  ProcessMetrics process_{registry_};
  // The index into this vector is a WebhookVerdict.
  std::vector<prometheus::Counter*> answers_;
  // metrics.cc has the bounds of the buckets and the reason for them.
  prometheus::Histogram& webhook_seconds_;
  // The next four counters are series of this family. They are members, because
  // every webhook counts them and a member is found at once.
  Counters& items_;
  prometheus::Counter& events_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& ignored_;
  prometheus::Counter& issues_;
  prometheus::Counter& quarantined_;
  // The label is the kind as Meta names it; see kMaxNames.
  Counters& unknown_items_;
  prometheus::Counter& foreign_items_;
  Counters& http_refusals_;
  // These four families have labels for the method. calls_handled_ also has a
  // label for the code, and call_errors_ has one for the reason.
  Counters& calls_started_;
  Counters& calls_handled_;
  Histograms& call_seconds_;
  Counters& call_errors_;
  // The labels are the operation and Meta's answer. For the answer see
  // kMaxNames.
  Counters& graph_calls_;
  Histograms& graph_seconds_;
  Counters& sends_;
  // Only Render sets the gauges from here on.
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
  // This is the only family with an id as a label. It is the channel's id.
  Gauges& last_webhooks_;
  // The label is the state of the access token.
  Gauges& tokens_;

  // Guards by_method_ and names_. A call or a webhook holds the mutex only
  // while it is counted.
  Mutex mutex_;
  StringMap<CallSeries> by_method_ ABSL_GUARDED_BY(mutex_);
  // Maps each family to the names from outside that it has had so far; see
  // Bounded.
  StringMap<StringSet> names_ ABSL_GUARDED_BY(mutex_);

  // It is held while the text is made, so that the texts of two threads do not
  // mix. Calls and webhooks never wait for this mutex.
  Mutex render_mutex_;
  // Maps the id of each channel that has had a webhook to its series. When a
  // channel is deleted, its series is removed.
  StringMap<prometheus::Gauge*> by_channel_ ABSL_GUARDED_BY(render_mutex_);
};

}  // namespace linktor::app
