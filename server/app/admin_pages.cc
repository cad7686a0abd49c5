#include "server/app/admin_pages.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/journal/data_folder.h"

namespace linktor::app {

http::HttpResponse AdminPages::Answer(const http::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405, .body = "GET only\n"};
  }
  if (request.target == "/healthz") return {.body = "ok\n"};
  if (request.target == "/readyz") return Readiness();
  if (request.target == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = with_.metrics.Render(Moment())};
  }
  return {.status = 404, .body = "/healthz, /readyz or /metrics\n"};
}

http::HttpResponse AdminPages::Readiness() const {
  if (!with_.serving) return {.status = 503, .body = "not ready\n"};
  if (with_.journal.disk_full()) {
    return {.status = 503,
            .body = "not ready: no space is left on the server's disk\n"};
  }
  // A server whose certificates need attention still serves.
  std::string body = "ready\n";
  for (const Listener& one : with_.listeners) {
    const std::string problem = one.certificate.Problem(with_.clock.Now());
    if (!problem.empty()) absl::StrAppend(&body, one.name, ": ", problem, "\n");
  }
  return {.body = std::move(body)};
}

MetricsMoment AdminPages::Moment() {
  MetricsMoment moment{.last_seq = with_.log.last_seq(),
                       .subscribers = with_.log.hub().size(),
                       .max_lag = with_.log.hub().MaxLag(),
                       .disk_full = with_.journal.disk_full()};
  for (const Listener& one : with_.listeners) {
    moment.certificates.push_back(
        {.listener = one.name,
         .end = one.certificate.not_after(),
         .problem = !one.certificate.Problem(with_.clock.Now()).empty()});
  }
  AddStoreFacts(moment);
  AddChannels(moment);
  return moment;
}

void AdminPages::AddStoreFacts(MetricsMoment& moment) {
  // A value that cannot be read now stays as it was; the log says why reads
  // fail.
  const absl::StatusOr<std::int64_t> unconfirmed =
      with_.state.CountUnconfirmed();
  const absl::StatusOr<std::int64_t> oldest_ms = with_.state.OldestEventMs();
  if (unconfirmed.ok() && oldest_ms.ok()) {
    last_unconfirmed_ = *unconfirmed;
    last_oldest_event_ = *oldest_ms > 0 ? absl::FromUnixMillis(*oldest_ms)
                                        : absl::InfinitePast();
  } else {
    const absl::Status& failed =
        unconfirmed.ok() ? oldest_ms.status() : unconfirmed.status();
    LogCause(LogLevel::kWarning, "metrics of the store cannot be read", "",
             {{"error", failed.ToString()}});
  }
  moment.unconfirmed = last_unconfirmed_;
  moment.oldest_event = last_oldest_event_;
  const journal::StoreSizes sizes = journal::SizesOf(with_.data_dir);
  moment.database_bytes = sizes.database_bytes;
  moment.wal_bytes = sizes.wal_bytes;
}

void AdminPages::AddChannels(MetricsMoment& moment) const {
  moment.tokens = {{"missing", 0}, {"unknown", 0}, {"good", 0}, {"refused", 0}};
  for (const channels::ChannelRegistry::EntryPtr& channel :
       with_.registry.List()) {
    const std::int64_t last =
        channel->notes->last_webhook_ms.load(std::memory_order_relaxed);
    moment.channels.push_back(
        {.id = channel->channel.id(),
         .last_webhook =
             last == 0 ? absl::InfinitePast() : absl::FromUnixMillis(last)});
    if (channel->access_token.empty()) {
      ++moment.tokens["missing"];
      continue;
    }
    switch (channel->notes->token.load(std::memory_order_relaxed)) {
      case channels::TokenState::kUnknown:
        ++moment.tokens["unknown"];
        break;
      case channels::TokenState::kGood:
        ++moment.tokens["good"];
        break;
      case channels::TokenState::kRefused:
        ++moment.tokens["refused"];
        break;
    }
  }
}

void AdminPages::LogCertificateProblems() {
  for (const Listener& one : with_.listeners) {
    std::string problem = one.certificate.Problem(with_.clock.Now());
    std::string& logged = logged_problems_[one.name];
    if (problem == logged) continue;
    if (!problem.empty()) {
      Log(LogLevel::kWarning, "certificate needs attention",
          {{"listener", one.name}, {"problem", problem}});
    }
    logged = std::move(problem);
  }
}

}  // namespace linktor::app
