// Counts what the server does, and gives the counts as Prometheus text.
// docs/operations.md says what each metric means and what to do about it. The
// App makes one Metrics. Other parts of the server report to it through
// observer interfaces, each part on its own threads. The administration
// listener's thread asks for the text. Metrics is thread-safe.
//
// In Prometheus' terms, a family is a metric with all its labels, and a series
// is one combination of label values with its number. There are few labels, and
// each has a limited number of values, because most series take memory until
// the process ends. Only one kind of id is a label: one gauge has a series for
// each channel's id. Some values of labels come from outside, such as kinds of
// webhook items and codes of Meta's errors. kMaxNames limits how many of these
// values are counted separately.

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
    // The last webhook with a valid signature came for the channel at this
    // time. The time is InfinitePast when no such webhook has come since the
    // server started.
    absl::Time last_webhook = absl::InfinitePast();
  };
  // These are the sequence of the newest event and the number of open event
  // streams.
  std::int64_t last_seq = 0;
  std::size_t subscribers = 0;
  // The event stream that is furthest behind is this many events behind the
  // newest event.
  std::int64_t max_lag = 0;
  // It is true while the server can store nothing because the disk is full.
  bool disk_full = false;
  // This is the number of UNCONFIRMED sends: nobody knows how they ended.
  std::int64_t unconfirmed = 0;
  // The oldest event that is still stored came at this time. The time is
  // InfinitePast when no event is stored.
  absl::Time oldest_event = absl::InfinitePast();
  // These are the sizes of the database file and of its write-ahead log, in
  // bytes.
  std::int64_t database_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::vector<Certificate> certificates;
  std::vector<Channel> channels;
  // Maps each state of an access token to the number of channels whose token is
  // in this state. A state that no channel has is in the map with 0, so that
  // its series shows 0 and not an old number.
  std::map<std::string, std::int64_t> tokens;
};

// Other parts of the server call the On… functions; the observer interfaces say
// when. An On… function does not block, except that it may wait for a mutex
// that is held for a short time.
class Metrics final : public webhook::WebhookObserver,
                      public rpc::CallObserver,
                      public graph::GraphObserver,
                      public messaging::SendObserver {
 public:
  // A label has at most this many values that come from outside. Every further
  // value is counted as "other".
  static constexpr std::size_t kMaxNames = 64;

  // Makes all families. It also makes some series already, so that the text
  // shows them from the start, even while they are 0.
  Metrics();

  // The next four functions are called for webhooks. OnAnswer counts an answer
  // to a request. `latency` is the time from the moment when the whole request
  // was read to its answer.
  void OnAnswer(webhook::WebhookVerdict verdict,
                std::chrono::nanoseconds latency) override;
  // This is called when a delivery (one POST from Meta) is durably stored. The
  // counts in `outcome` add up to the number of items in the delivery.
  void OnOutcome(const state::DeliveryAnswer& outcome) override;
  // This is called for an item that subscribers get as instagram.unknown. Meta
  // chooses the name of the item's kind, so kMaxNames limits the number of
  // kinds that are counted separately.
  void OnUnknownItem(std::string_view kind) override;
  // This is called for an item whose Instagram account belongs to no channel
  // with the app secret that has signed the webhook.
  void OnForeignItem() override;
  // OnBegin and OnEnd are called when an RPC begins and ends. Their metrics
  // have the same names and labels as in the library grpc-prometheus, so that
  // dashboards for that library also work here.
  void OnBegin(const access::Method& method) override;
  // `reason` is the name of an ErrorReason, or empty when the RPC has not
  // failed with one. There are only a few such names, so kMaxNames does not
  // apply.
  void OnEnd(const access::Method& method, absl::StatusCode code,
             std::string_view reason,
             std::chrono::nanoseconds latency) override;
  // This is called at the end of each call to Meta. Its metrics have no label
  // for the channel, because there may be many channels.
  void OnGraphCall(std::string_view operation, std::string_view channel_id,
                   const absl::Status& status,
                   std::chrono::nanoseconds latency) override;
  // This is called for each send when its outcome is durable.
  void OnSendEnded(v1::MessageState state, std::string_view reason) override;
  // This is called when an HTTP listener has refused a request or a connection
  // before any other component saw it. `listener` is "webhook" or "admin".
  void OnHttpRefusal(std::string_view listener,
                     const http::HttpRefusal& refusal);

  // Returns the text of /metrics, with the values of `moment` and of the
  // process. Several threads may call it; while one thread makes its text, the
  // others wait.
  std::string Render(const MetricsMoment& moment);

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  // A CallSeries holds the series of one RPC method. With it the server need
  // not make the labels for each call, which would take more time than the
  // counting.
  struct CallSeries {
    prometheus::Counter* started = nullptr;
    // The pointer is null when the method is a stream. A stream lasts as long
    // as its client likes, so its duration says nothing about the server.
    prometheus::Histogram* seconds = nullptr;
    // The index is the number of a gRPC status code; gRPC has 17 codes. A
    // pointer is null until a call of this method has ended with that code.
    std::array<prometheus::Counter*, 17> handled{};
  };

  // Returns the value that a label gets for a name that comes from outside.
  // `family` is the name of the label, such as "kind". The result is the name
  // itself, or "other" when the name is new and `family` already has kMaxNames
  // names.
  std::string Bounded(std::string_view family, std::string_view name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the series of a method. The first call for a method makes them.
  CallSeries& SeriesOf(const access::Method& method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sets the gauges of the channels, and removes the gauges of channels that no
  // longer exist.
  void SetChannels(const MetricsMoment& moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(render_mutex_);

  // The registry owns the families and their series, to which the references
  // below refer. The registry, the families and the series are thread-safe by
  // themselves.
  prometheus::Registry registry_;
  ProcessMetrics process_{registry_};
  // The index into this vector is a WebhookVerdict.
  std::vector<prometheus::Counter*> answers_;
  // metrics.cc has the bounds of the histograms' buckets and the reason for
  // them.
  prometheus::Histogram& webhook_seconds_;
  // The next four counters are series of the family items_. They are members,
  // so that the server need not search for them at each webhook.
  Counters& items_;
  prometheus::Counter& events_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& ignored_;
  prometheus::Counter& issues_;
  prometheus::Counter& quarantined_;
  // The label is the kind of the item, by Meta's name for it; see kMaxNames.
  Counters& unknown_items_;
  prometheus::Counter& foreign_items_;
  Counters& http_refusals_;
  // These four families have labels for the method. calls_handled_ also has a
  // label for the status code, and call_errors_ has a label for the reason.
  Counters& calls_started_;
  Counters& calls_handled_;
  Histograms& call_seconds_;
  Counters& call_errors_;
  // The labels are the operation, such as "send", and Meta's answer. The number
  // of different answers is limited by kMaxNames.
  Counters& graph_calls_;
  Histograms& graph_seconds_;
  Counters& sends_;
  // Only Render sets the gauges below.
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
  // This is the only family that has an id as a label: the id of the channel.
  Gauges& last_webhooks_;
  // The label is the state of the access token.
  Gauges& tokens_;

  // Guards by_method_ and names_. A thread holds the mutex only while it counts
  // one call or one item.
  Mutex mutex_;
  StringMap<CallSeries> by_method_ ABSL_GUARDED_BY(mutex_);
  // Maps each label to the names from outside that it has had so far; see
  // Bounded.
  StringMap<StringSet> names_ ABSL_GUARDED_BY(mutex_);

  // It is held while the text is made, so that the texts of two threads do not
  // mix. The On… functions never wait for this mutex.
  Mutex render_mutex_;
  // Maps the id of each channel that has had a webhook to its series. When a
  // channel is deleted, its series is removed.
  StringMap<prometheus::Gauge*> by_channel_ ABSL_GUARDED_BY(render_mutex_);
};

}  // namespace linktor::app
