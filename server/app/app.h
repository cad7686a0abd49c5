// The server, put together. Every component is made here, in the order of
// dependency, and goes in the reverse order.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/access/api_keys.h"
#include "server/access/certificates.h"
#include "server/access/key_admin.h"
#include "server/app/backup_socket.h"
#include "server/app/config.h"
#include "server/app/grpc_server.h"
#include "server/app/housekeeping.h"
#include "server/app/metrics.h"
#include "server/app/token_watch.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/base/ticker.h"
#include "server/channels/channel_admin.h"
#include "server/channels/ice_breakers.h"
#include "server/channels/known_channels.h"
#include "server/channels/registry.h"
#include "server/channels/user_directory.h"
#include "server/events/event_log.h"
#include "server/graph/client.h"
#include "server/http/client.h"
#include "server/http/listener.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/journal/erasure_worker.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "server/webhook/endpoint.h"
#include "server/webhook/ingest.h"

namespace linktor {

class App {
 public:
  // Checks that the certificates and their keys, which the configuration names,
  // can be used; else FAILED_PRECONDITION with a sentence.
  static absl::Status CheckCertificates(const Config& config,
                                        const Clock& clock);

  // Starts serving. `clock` must outlive the App. `on_fatal` is called once,
  // from another thread, when the server cannot go on (its disk has failed);
  // then Stop it. FAILED_PRECONDITION or UNAVAILABLE with a sentence when it
  // cannot start.
  static absl::StatusOr<std::unique_ptr<App>> Start(
      const Config& config, const Clock& clock, std::function<void()> on_fatal);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // "ready grpc=127.0.0.1:50051 webhook=… admin=…\n": the addresses in use,
  // with real ports.
  std::string ReadyLine() const;

  // Takes those settings of a new configuration that need no restart, and reads
  // the certificates again. Called by whoever started it.
  void Reload(const Config& config);

  // Refuses what is new, finishes what is under way, and ends; within 25 s.
  // Called once, by whoever started it.
  void Stop();

 private:
  App(Config config, const Clock& clock, std::function<void()> on_fatal);
  // A listener with TLS.
  struct Listener {
    const char* name;
    const access::CertificateFiles& certificate;
  };

  absl::Status LoadCertificates();
  absl::Status StartStore();
  absl::Status StartMessaging();
  absl::Status LoadKeys();
  absl::Status StartGrpc();
  absl::Status StartHttp();
  v1::ServerInfo Describe() const;
  HttpResponse Administer(const HttpRequest& request);
  HttpResponse Readiness() const;
  MetricsMoment Moment() const;
  // Adds the parts of it that are on the disk.
  void AddStoreFacts(MetricsMoment& moment) const;
  void AddChannels(MetricsMoment& moment) const;
  std::vector<Listener> Listeners() const;
  void Tick();
  void LogCertificateProblems();

  const Config config_;
  // It is config_ with what was taken from a configuration that was read since.
  mutable Mutex current_mutex_;
  Config current_ ABSL_GUARDED_BY(current_mutex_);
  const Clock& clock_;
  const std::function<void()> on_fatal_;
  // False until everything is started, and from the beginning of the end.
  std::atomic<bool> serving_{false};
  bool stopped_ = false;

  Metrics metrics_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<ChannelRegistry> registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<CurlTransport> transport_;
  std::unique_ptr<TokenWatch> tokens_;
  std::unique_ptr<GraphClient> graph_;
  std::unique_ptr<ChannelAdmin> admin_of_channels_;
  std::unique_ptr<IceBreakers> ice_breakers_;
  std::unique_ptr<MessageReader> reader_;
  std::unique_ptr<Settler> settler_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<UserDirectory> users_;
  std::unique_ptr<Conversations> conversations_;
  std::unique_ptr<ErasureWorker> erasures_;
  std::unique_ptr<BackupSocket> backups_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<access::CertificateFiles> grpc_certificate_;
  std::unique_ptr<access::CertificateFiles> webhook_certificate_;
  std::unique_ptr<access::ApiKeys> keys_;
  std::unique_ptr<access::KeyAdmin> key_admin_;
  std::unique_ptr<KnownChannels> known_channels_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<WebhookEndpoint> endpoint_;
  std::unique_ptr<HttpListener> webhook_;
  std::unique_ptr<HttpListener> admin_;
  // Only the administration's thread uses these: the last values that could be
  // read.
  mutable std::int64_t last_unconfirmed_ = 0;
  mutable absl::Time last_oldest_event_ = absl::InfinitePast();
  // Only used by the ticker: how often it has ticked, and what the log was last
  // told of each listener's certificate.
  std::uint64_t ticks_ = 0;
  std::map<std::string, std::string> logged_problems_;
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace linktor
