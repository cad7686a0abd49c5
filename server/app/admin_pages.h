// The pages of the administration's port: /healthz says that the process runs,
// /readyz whether it can do its work, /metrics how it does. The App makes one
// when everything that it looks at is there. The administration's thread asks
// it for pages; LogCertificateProblems is the ticker's.

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/access/certificates.h"
#include "server/app/metrics.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/events/event_log.h"
#include "server/http/message.h"
#include "server/journal/embedded_journal.h"
#include "server/state/state_reader.h"

namespace linktor::app {

class AdminPages {
 public:
  // A Listener is a port with TLS, by the name that metrics and /readyz use.
  struct Listener {
    const char* name;
    const access::CertificateFiles& certificate;
  };
  struct Dependencies {
    const Clock& clock;
    // It is true while the server takes work.
    const std::atomic<bool>& serving;
    Metrics& metrics;
    const journal::EmbeddedJournal& journal;
    events::EventLog& log;
    state::StateReader& state;
    const channels::ChannelRegistry& registry;
    std::string data_dir;
    std::vector<Listener> listeners;
  };
  // All that is referred to must outlive this.
  explicit AdminPages(Dependencies with) : with_(std::move(with)) {}

  // Answers a request. It reads the disk, which the administration's thread may
  // wait for.
  http::HttpResponse Answer(const http::HttpRequest& request);
  // Logs a problem of a certificate once, until it is another.
  void LogCertificateProblems();

 private:
  http::HttpResponse Readiness() const;
  // Collects the values that are only looked at when somebody asks for the
  // metrics.
  MetricsMoment Moment();
  // Adds the values that are on the disk. One that cannot be read stays as it
  // was last, so that a graph has no false zero.
  void AddStoreFacts(MetricsMoment& moment);
  void AddChannels(MetricsMoment& moment) const;

  const Dependencies with_;
  // Only the administration's thread uses these: the last values that could be
  // read.
  std::int64_t last_unconfirmed_ = 0;
  absl::Time last_oldest_event_ = absl::InfinitePast();
  // Only the ticker's thread uses it: the text that the log was last told about
  // each listener's certificate.
  std::map<std::string, std::string> logged_problems_;
};

}  // namespace linktor::app
