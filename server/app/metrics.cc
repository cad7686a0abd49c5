#include "server/app/metrics.h"

#include <prometheus/text_serializer.h>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"

namespace linktor::app {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// The bounds of the buckets, in seconds, lie around the usual times: a webhook
// waits for the disk, a call for the disk or for Meta, and Meta for its own
// disks and for media.
const Buckets& WebhookBuckets() {
  static const auto& all =
      *new Buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                   0.1,    0.25,  0.5,    1,     2.5,  5};
  return all;
}
const Buckets& CallBuckets() {
  static const auto& all = *new Buckets{0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,   1,    2.5,   10,   60};
  return all;
}
const Buckets& GraphBuckets() {
  static const auto& all =
      *new Buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90};
  return all;
}

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double SinceEpoch(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

auto& CounterFamily(prometheus::Registry& registry, const char* name,
                    const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

auto& GaugeFamily(prometheus::Registry& registry, const char* name,
                  const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

auto& HistogramFamily(prometheus::Registry& registry, const char* name,
                      const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& PlainGauge(prometheus::Registry& registry, const char* name,
                              const char* help) {
  return GaugeFamily(registry, name, help).Add({});
}

std::string_view NameOf(v1::MessageState state) {
  switch (state) {
    case v1::MESSAGE_STATE_SENT:
      return "sent";
    case v1::MESSAGE_STATE_UNCONFIRMED:
      return "unconfirmed";
    default:
      return "failed";
  }
}

// Returns Meta's answer as a label: "ok", the number of its error, "http_502"
// when it gave none, or that no answer came.
std::string ResultOf(const absl::Status& status) {
  if (status.ok()) return "ok";
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  const auto& metadata = info.metadata();
  if (const auto it = metadata.find("graph_code"); it != metadata.end()) {
    return it->second;
  }
  if (const auto it = metadata.find("http_status"); it != metadata.end()) {
    return "http_" + it->second;
  }
  return "no_answer";
}

prometheus::Labels LabelsOf(const access::Method& method) {
  return {{"grpc_type", method.streams ? "server_stream" : "unary"},
          {"grpc_service", method.service},
          {"grpc_method", method.name}};
}

// Returns the code as grpc-prometheus spells it.
std::string CodeName(absl::StatusCode code) {
  constexpr std::array kNames = {"OK",
                                 "Canceled",
                                 "Unknown",
                                 "InvalidArgument",
                                 "DeadlineExceeded",
                                 "NotFound",
                                 "AlreadyExists",
                                 "PermissionDenied",
                                 "ResourceExhausted",
                                 "FailedPrecondition",
                                 "Aborted",
                                 "OutOfRange",
                                 "Unimplemented",
                                 "Internal",
                                 "Unavailable",
                                 "DataLoss",
                                 "Unauthenticated"};
  return kNames[static_cast<std::size_t>(code)];
}

}  // namespace

Metrics::Metrics()
    : webhook_seconds_(
          HistogramFamily(registry_, "linktor_webhook_answer_seconds",
                          "From a whole webhook request to its answer.")
              .Add({}, WebhookBuckets())),
      items_(
          CounterFamily(registry_, "linktor_webhook_items_total",
                        "Webhook items, by what became of them; they add up.")),
      events_(items_.Add({{"outcome", "event"}})),
      duplicates_(items_.Add({{"outcome", "duplicate"}})),
      ignored_(items_.Add({{"outcome", "ignored"}})),
      issues_(items_.Add({{"outcome", "issue"}})),
      quarantined_(
          CounterFamily(registry_, "linktor_webhook_quarantined_total",
                        "Deliveries that could not be applied and were kept as "
                        "received.")
              .Add({})),
      unknown_items_(CounterFamily(
          registry_, "linktor_webhook_unknown_items_total",
          "Items that came and are instagram.unknown, by Meta's kind.")),
      foreign_items_(
          CounterFamily(registry_, "linktor_webhook_foreign_items_total",
                        "Items that came for an account that no channel has.")
              .Add({})),
      http_refusals_(CounterFamily(
          registry_, "linktor_http_refusals_total",
          "Requests and connections that were refused before anything else, by "
          "listener, status (0: closed without an answer) and reason.")),
      calls_started_(CounterFamily(registry_, "grpc_server_started_total",
                                   "Calls that have begun.")),
      calls_handled_(CounterFamily(registry_, "grpc_server_handled_total",
                                   "Calls that have ended, by code.")),
      call_seconds_(HistogramFamily(registry_, "grpc_server_handling_seconds",
                                    "How long unary calls took.")),
      call_errors_(CounterFamily(registry_, "linktor_call_errors_total",
                                 "Calls that have failed, by reason.")),
      graph_calls_(CounterFamily(
          registry_, "linktor_graph_calls_total",
          "Calls to Meta, by operation and result: ok, the code of Meta's "
          "error, the HTTP status without one, or no_answer.")),
      graph_seconds_(HistogramFamily(registry_, "linktor_graph_call_seconds",
                                     "How long calls to Meta took.")),
      sends_(CounterFamily(registry_, "linktor_sends_total",
                           "Messages that were sent, by state and reason.")),
      last_seq_(PlainGauge(registry_, "linktor_log_last_sequence",
                           "Sequence of the newest event.")),
      subscribers_(
          PlainGauge(registry_, "linktor_subscribers", "Open event streams.")),
      max_lag_(PlainGauge(registry_, "linktor_subscriber_max_lag_events",
                          "By how many events the slowest stream is behind.")),
      disk_full_(PlainGauge(registry_, "linktor_disk_full",
                            "1 while nothing can be stored because the disk "
                            "has no room.")),
      unconfirmed_(PlainGauge(
          registry_, "linktor_messages_unconfirmed",
          "Messages of which nobody knows yet whether they were delivered.")),
      oldest_event_(PlainGauge(registry_,
                               "linktor_log_oldest_event_timestamp_seconds",
                               "When the oldest event that is kept came; 0 "
                               "without events.")),
      database_bytes_(PlainGauge(registry_, "linktor_database_bytes",
                                 "Size of the database.")),
      wal_bytes_(PlainGauge(registry_, "linktor_database_wal_bytes",
                            "Size of the database's write-ahead log.")),
      certificate_ends_(GaugeFamily(
          registry_, "linktor_tls_certificate_end_timestamp_seconds",
          "When the certificate in force ends, by listener.")),
      certificate_problems_(GaugeFamily(
          registry_, "linktor_tls_certificate_problem",
          "1 while a certificate needs attention; /readyz says why.")),
      last_webhooks_(GaugeFamily(
          registry_, "linktor_channel_last_webhook_timestamp_seconds",
          "When the last signed item of a channel came, since the start.")),
      tokens_(GaugeFamily(
          registry_, "linktor_channels",
          "Channels, by what Meta last said of their access token.")) {
  auto& answers = CounterFamily(registry_, "linktor_webhook_answers_total",
                                "Answers of the webhook URL, by status and "
                                "reason.");
  for (const webhook::WebhookAnswer& answer : webhook::WebhookAnswers()) {
    answers_.push_back(&answers.Add({{"status", std::to_string(answer.status)},
                                     {"reason", answer.reason}}));
  }
  GaugeFamily(registry_, "linktor_build_info", "1; the labels say which build.")
      .Add({{"version", LINKTOR_VERSION}})
      .Set(1);
}

std::string Metrics::Bounded(std::string_view family, std::string_view name) {
  auto it = names_.find(family);
  if (it == names_.end()) {
    it = names_.emplace(std::string(family), StringSet()).first;
  }
  StringSet& seen = it->second;
  if (!seen.contains(name)) {
    if (seen.size() >= kMaxNames) return "other";
    seen.emplace(name);
  }
  return std::string(name);
}

void Metrics::OnAnswer(webhook::WebhookVerdict verdict,
                       std::chrono::nanoseconds latency) {
  answers_[static_cast<std::size_t>(verdict)]->Increment();
  webhook_seconds_.Observe(Seconds(latency));
}

void Metrics::OnOutcome(const state::DeliveryAnswer& outcome) {
  events_.Increment(static_cast<double>(outcome.events));
  duplicates_.Increment(static_cast<double>(outcome.duplicates));
  ignored_.Increment(static_cast<double>(outcome.ignored));
  issues_.Increment(static_cast<double>(outcome.issues));
  if (outcome.quarantined) quarantined_.Increment();
}

void Metrics::OnUnknownItem(std::string_view kind) {
  MutexLock lock(mutex_);
  unknown_items_.Add({{"kind", Bounded("kind", kind)}}).Increment();
}

void Metrics::OnForeignItem() { foreign_items_.Increment(); }

void Metrics::OnHttpRefusal(std::string_view listener,
                            const http::HttpRefusal& refusal) {
  http_refusals_
      .Add({{"listener", std::string(listener)},
            {"status", std::to_string(refusal.status)},
            {"reason", std::string(refusal.reason)}})
      .Increment();
}

Metrics::CallSeries& Metrics::SeriesOf(const access::Method& method) {
  if (const auto it = by_method_.find(method.name); it != by_method_.end()) {
    return it->second;
  }
  CallSeries& series = by_method_[method.name];
  const prometheus::Labels labels = LabelsOf(method);
  series.started = &calls_started_.Add(labels);
  if (!method.streams) {
    series.seconds = &call_seconds_.Add(labels, CallBuckets());
  }
  return series;
}

void Metrics::OnBegin(const access::Method& method) {
  MutexLock lock(mutex_);
  SeriesOf(method).started->Increment();
}

void Metrics::OnEnd(const access::Method& method, absl::StatusCode code,
                    std::string_view reason, std::chrono::nanoseconds latency) {
  MutexLock lock(mutex_);
  CallSeries& series = SeriesOf(method);
  prometheus::Counter*& handled =
      series.handled[static_cast<std::size_t>(code)];
  if (handled == nullptr) {
    prometheus::Labels labels = LabelsOf(method);
    labels["grpc_code"] = CodeName(code);
    handled = &calls_handled_.Add(labels);
  }
  handled->Increment();
  if (series.seconds != nullptr) series.seconds->Observe(Seconds(latency));
  if (!reason.empty()) {
    call_errors_.Add({{"method", method.name}, {"reason", std::string(reason)}})
        .Increment();
  }
}

void Metrics::OnGraphCall(std::string_view operation, std::string_view,
                          const absl::Status& status,
                          std::chrono::nanoseconds latency) {
  MutexLock lock(mutex_);
  const std::string name(operation);
  graph_calls_
      .Add({{"operation", name},
            {"result", Bounded("result", ResultOf(status))}})
      .Increment();
  graph_seconds_.Add({{"operation", name}}, GraphBuckets())
      .Observe(Seconds(latency));
}

void Metrics::OnSendEnded(v1::MessageState state, std::string_view reason) {
  sends_
      .Add({{"state", std::string(NameOf(state))},
            {"reason", std::string(reason)}})
      .Increment();
}

void Metrics::SetChannels(const MetricsMoment& moment) {
  StringSet live;
  for (const MetricsMoment::Channel& channel : moment.channels) {
    if (channel.last_webhook == absl::InfinitePast()) continue;
    live.insert(channel.id);
    prometheus::Gauge*& series = by_channel_[channel.id];
    if (series == nullptr) {
      series = &last_webhooks_.Add({{"channel", channel.id}});
    }
    series->Set(SinceEpoch(channel.last_webhook));
  }
  std::erase_if(by_channel_, [&](const auto& one) {
    if (live.contains(one.first)) return false;
    last_webhooks_.Remove(one.second);
    return true;
  });
  for (const auto& [state, count] : moment.tokens) {
    tokens_.Add({{"token", state}}).Set(static_cast<double>(count));
  }
}

std::string Metrics::Render(const MetricsMoment& moment) {
  MutexLock lock(render_mutex_);
  process_.Refresh();
  last_seq_.Set(static_cast<double>(moment.last_seq));
  subscribers_.Set(static_cast<double>(moment.subscribers));
  max_lag_.Set(static_cast<double>(moment.max_lag));
  disk_full_.Set(moment.disk_full ? 1 : 0);
  unconfirmed_.Set(static_cast<double>(moment.unconfirmed));
  oldest_event_.Set(moment.oldest_event == absl::InfinitePast()
                        ? 0
                        : SinceEpoch(moment.oldest_event));
  database_bytes_.Set(static_cast<double>(moment.database_bytes));
  wal_bytes_.Set(static_cast<double>(moment.wal_bytes));
  for (const MetricsMoment::Certificate& one : moment.certificates) {
    const prometheus::Labels labels = {{"listener", one.listener}};
    certificate_ends_.Add(labels).Set(SinceEpoch(one.end));
    certificate_problems_.Add(labels).Set(one.problem ? 1 : 0);
  }
  SetChannels(moment);
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace linktor::app
