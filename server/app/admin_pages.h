// Makes the pages of the administration port: /healthz says that the process
// runs, /readyz says whether the server can do its work, and /metrics shows
// figures about this work. The App makes one AdminPages, after it has made the
// components about which the pages report. The thread of the administration
// listener asks for pages; the App's ticker calls LogCertificateProblems on its
// own thread.

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
  // A Listener is a port with TLS. `name` is its name in the metrics and on the
  // page /readyz.
  struct Listener {
    const char* name;
    const access::CertificateFiles& certificate;
  };
  struct Dependencies {
    const Clock& clock;
    // This flag is true while the server accepts work.
    const std::atomic<bool>& serving;
    Metrics& metrics;
    const journal::EmbeddedJournal& journal;
    events::EventLog& log;
    state::StateReader& state;
    const channels::ChannelRegistry& registry;
    std::string data_dir;
    std::vector<Listener> listeners;
  };
  // Everything that `with` refers to must outlive this object.
  explicit AdminPages(Dependencies with) : with_(std::move(with)) {}

  // Answers a request. For /metrics it reads from the disk, so it may block.
  // Blocking is allowed here, because nothing else runs on the administration
  // listener's thread.
  http::HttpResponse Answer(const http::HttpRequest& request);
  // Logs the problem of each listener's certificate (see
  // CertificateFiles::Problem), if it has one. The same problem is logged only
  // once.
  void LogCertificateProblems();

 private:
  http::HttpResponse Readiness() const;
  // Collects the values that the server looks up only when somebody asks for
  // the metrics.
  MetricsMoment Moment();
  // Adds the values that must be read from the disk. When the database cannot
  // be read, it adds the last values that could be read, so that a dashboard
  // does not show a false zero.
  void AddStoreFacts(MetricsMoment& moment);
  void AddChannels(MetricsMoment& moment) const;

  const Dependencies with_;
  // Only the administration listener's thread uses these two. They are the last
  // values that could be read from the database.
  std::int64_t last_unconfirmed_ = 0;
  absl::Time last_oldest_event_ = absl::InfinitePast();
  // Only the ticker's thread uses this map. For each listener it holds the
  // certificate problem that was logged last.
  std::map<std::string, std::string> logged_problems_;
};

}  // namespace linktor::app
