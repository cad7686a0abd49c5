#include "server/app/metrics.h"

#include <prometheus/text_serializer.h>

#include "absl/strings/str_cat.h"

namespace linktor {
namespace {

prometheus::Family<prometheus::Counter>& CounterFamily(
    prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Gauge>& GaugeFamily(
    prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& PlainGauge(prometheus::Registry& registry, const char* name,
                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {});
}

}  // namespace

Metrics::Metrics()
    : answers_(CounterFamily(
          registry_, "linktor_webhook_answers_total",
          "Answers to webhook requests that could be read, by status.")),
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
      calls_(CounterFamily(registry_, "linktor_grpc_calls_total",
                           "Ended RPCs, by method and code.")),
      last_seq_(PlainGauge(registry_, "linktor_log_last_sequence",
                           "Sequence of the newest event.")),
      subscribers_(
          PlainGauge(registry_, "linktor_subscribers", "Open event streams.")),
      disk_full_(PlainGauge(registry_, "linktor_disk_full",
                            "1 while nothing can be stored because the disk "
                            "has no room.")),
      certificate_ends_(GaugeFamily(
          registry_, "linktor_tls_certificate_end_timestamp_seconds",
          "When the certificate in force ends, by listener.")),
      certificate_problems_(GaugeFamily(
          registry_, "linktor_tls_certificate_problem",
          "1 while a certificate needs attention; /readyz says why.")) {}

void Metrics::OnAnswer(int http_status) {
  // Add finds the counter of these labels if there is one.
  answers_.Add({{"status", std::to_string(http_status)}}).Increment();
}

void Metrics::OnOutcome(const WebhookOutcome& outcome) {
  events_.Increment(static_cast<double>(outcome.events));
  duplicates_.Increment(static_cast<double>(outcome.duplicates));
  ignored_.Increment(static_cast<double>(outcome.ignored));
  issues_.Increment(static_cast<double>(outcome.issues));
  if (outcome.quarantined) quarantined_.Increment();
}

void Metrics::OnCall(std::string_view method, absl::StatusCode code) {
  calls_
      .Add({{"method", std::string(method)},
            {"code", absl::StatusCodeToString(code)}})
      .Increment();
}

std::string Metrics::Render(const Moment& moment) {
  last_seq_.Set(static_cast<double>(moment.last_seq));
  subscribers_.Set(static_cast<double>(moment.subscribers));
  disk_full_.Set(moment.disk_full ? 1 : 0);
  for (const Certificate& one : moment.certificates) {
    const prometheus::Labels labels = {{"listener", one.listener}};
    certificate_ends_.Add(labels).Set(
        static_cast<double>(absl::ToUnixSeconds(one.end)));
    certificate_problems_.Add(labels).Set(one.problem ? 1 : 0);
  }
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace linktor
