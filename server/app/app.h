// The App is the server, put together. Every component is made here, in the
// order of dependency, and goes in the reverse order; no component finds
// another by itself. main makes one App, reloads it on SIGHUP and stops it on
// SIGTERM, all from the main thread.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/access/api_keys.h"
#include "server/access/certificates.h"
#include "server/access/key_admin.h"
#include "server/app/admin_pages.h"
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
#include "server/channels/user_profiles.h"
#include "server/events/delivery_list.h"
#include "server/events/event_list.h"
#include "server/events/event_log.h"
#include "server/graph/client.h"
#include "server/http/client.h"
#include "server/http/listener.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/journal/erasure_worker.h"
#include "server/messaging/conversations.h"
#include "server/messaging/media_refresher.h"
#include "server/messaging/message_list.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "server/webhook/endpoint.h"
#include "server/webhook/ingest.h"
#include "server/webhook/redriver.h"
#include "server/webhook/waiting_items.h"

namespace linktor::app {

class App {
 public:
  // Checks that the certificates and their keys, which the configuration names,
  // can be used; else FAILED_PRECONDITION with a sentence. It starts nothing;
  // `linktor-igd check` calls it.
  static absl::Status CheckCertificates(const Config& config,
                                        const Clock& clock);

  // Starts serving. `clock` must outlive the App. `on_fatal` is called once, on
  // the journal's thread, when the server cannot go on because its disk has
  // failed; it must not block, and the main thread must then call Stop. It
  // fails with FAILED_PRECONDITION or UNAVAILABLE with a sentence when it
  // cannot start; what was started is stopped again. It blocks while the data
  // folder is opened and migrated.
  static absl::StatusOr<std::unique_ptr<App>> Start(
      const Config& config, const Clock& clock, std::function<void()> on_fatal);
  // Stops first, if nobody has.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Returns "ready grpc=127.0.0.1:50051 webhook=… admin=…\n": the addresses in
  // use, with real ports. Programs that start the server wait for this line on
  // its standard output.
  std::string ReadyLine() const;

  // Takes those settings of a new configuration that need no restart, and reads
  // the certificates again. The configuration must have passed its checks. It
  // is called by the thread that started the App.
  void Reload(const Config& config);

  // Refuses new work, finishes the work that is under way, and ends; it blocks
  // for at most 25 s. The thread that started the App calls it; a second call
  // does nothing.
  void Stop();

 private:
  // Makes nothing yet; Start makes the components.
  App(Config config, const Clock& clock, std::function<void()> on_fatal);

  // Each of these makes the components of one part of the server, and needs the
  // ones above it: StartMessaging is a part of StartStore. After a failure Stop
  // and the destructor take down whatever is there.
  absl::Status LoadCertificates();
  // Opens the data folder, starts the journal, and loads the views that follow
  // its feed. Nothing else appends yet, so that no view misses a change between
  // its load and the feed.
  absl::Status StartStore();
  // Loads the sends that are PENDING, and settles those of earlier starts,
  // before the first new one can come.
  absl::Status StartMessaging();
  // Loads the API keys, and writes the bootstrap key when the configuration
  // names a file for it.
  absl::Status LoadKeys();
  // From here on calls are served, and then webhooks: everything else is ready.
  absl::Status StartGrpc();
  absl::Status StartHttp();
  // It is a part of StartHttp.
  absl::Status StartAdmin();
  // Returns the answer to GetServerInfo. It is called on the executor.
  v1::ServerInfo Describe() const;
  // Runs on the ticker's thread, twice a second: it renews certificates, looks
  // for room on a full disk, ends streams whose key has ended, and stores the
  // last use of keys. No part of it may take long, because a stream must end
  // within a second.
  void Tick();

  // This is the configuration that the server was started with.
  const Config config_;
  // It guards current_, which is config_ with the settings that Reload has
  // taken since.
  mutable Mutex current_mutex_;
  Config current_ ABSL_GUARDED_BY(current_mutex_);
  const Clock& clock_;
  const std::function<void()> on_fatal_;
  // It is false until everything is started, and again from the beginning of
  // the stop. Every thread may read it.
  std::atomic<bool> serving_{false};
  // Only the thread that started the App uses it.
  bool stopped_ = false;

  // These are the components. Members are destroyed from the last to the first,
  // so each may use those above it until its end. Stop has ended their work and
  // their threads before.
  Metrics metrics_;
  std::unique_ptr<journal::DataFolder> folder_;
  // It is above the journal, because the writer's thread tells it of every
  // commit.
  std::unique_ptr<events::EventLog> log_;
  std::unique_ptr<events::EventList> list_;
  std::unique_ptr<events::DeliveryList> deliveries_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  std::unique_ptr<channels::ChannelRegistry> registry_;
  // Its tasks refer to components below it. Stop ends it when they have no work
  // left.
  std::unique_ptr<Executor> executor_;
  // It has libcurl's thread, on which the Graph client's callbacks come.
  std::unique_ptr<http::CurlTransport> transport_;
  std::unique_ptr<TokenWatch> tokens_;
  std::unique_ptr<graph::GraphClient> graph_;
  std::unique_ptr<channels::ChannelAdmin> admin_of_channels_;
  std::unique_ptr<channels::IceBreakers> ice_breakers_;
  std::unique_ptr<messaging::MessageReader> reader_;
  std::unique_ptr<messaging::MessageList> messages_;
  std::unique_ptr<messaging::Settler> settler_;
  std::unique_ptr<messaging::Sender> sender_;
  std::unique_ptr<messaging::MediaRefresher> media_;
  std::unique_ptr<channels::UserProfiles> profiles_;
  // It has a thread that asks Meta for names.
  std::unique_ptr<channels::UserDirectory> users_;
  std::unique_ptr<webhook::Redriver> redriver_;
  std::unique_ptr<messaging::Conversations> conversations_;
  // These four have a thread each, which waits for the journal.
  std::unique_ptr<journal::ErasureWorker> erasures_;
  std::unique_ptr<BackupSocket> backups_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<webhook::WaitingItems> waiting_;
  // They are null for a port without TLS. The listeners' threads ask them for
  // the certificate in force.
  std::unique_ptr<access::CertificateFiles> grpc_certificate_;
  std::unique_ptr<access::CertificateFiles> webhook_certificate_;
  // They exist also when calls need no key, because keys can be managed before
  // they are asked for.
  std::unique_ptr<access::ApiKeys> keys_;
  std::unique_ptr<access::KeyAdmin> key_admin_;
  std::unique_ptr<channels::KnownChannels> known_channels_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<webhook::Ingest> ingest_;
  std::unique_ptr<webhook::WebhookEndpoint> endpoint_;
  // Each has threads of its own, which call the components above.
  std::unique_ptr<http::HttpListener> webhook_;
  // It is above the listener that asks it.
  std::unique_ptr<AdminPages> pages_;
  std::unique_ptr<http::HttpListener> admin_;
  // Only the ticker's thread uses it: how often it has ticked.
  std::uint64_t ticks_ = 0;
  // It is the last member, so that its thread ends before anything that it
  // looks at.
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace linktor::app
