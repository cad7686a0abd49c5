// The App is the whole server. It makes every component in the order of their
// dependencies, and destroys them in the reverse order. The App gives each
// component references to the other components that it needs. The function main
// makes one App, reloads it on SIGHUP, and stops it on SIGTERM or SIGINT,
// always on the main thread.

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
  // Checks whether a server could use the TLS certificates and private keys
  // that the configuration names. Fails with FAILED_PRECONDITION and a sentence
  // when a server could not use them. It starts nothing; `linktor-igd check`
  // calls it.
  static absl::Status CheckCertificates(const Config& config,
                                        const Clock& clock);

  // Starts the server. `clock` must outlive the App. The App calls `on_fatal`
  // when the disk has failed and the server cannot go on; a full disk is no
  // such failure. It calls `on_fatal` at most once, on the journal's writer
  // thread, so `on_fatal` must not block. After this call the main thread must
  // call Stop.
  //
  // Start blocks while the data folder is opened and migrated. When the server
  // cannot start, Start stops everything that it has started and fails with a
  // sentence. The status code is that of the component that failed, such as
  // FAILED_PRECONDITION, UNAVAILABLE or DATA_LOSS.
  static absl::StatusOr<std::unique_ptr<App>> Start(
      const Config& config, const Clock& clock, std::function<void()> on_fatal);
  // Calls Stop, which does nothing when it was called before.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Returns a line with the addresses in use and their real ports: "ready
  // grpc=127.0.0.1:50051 webhook=… admin=…\n". Programs that start the server
  // wait for this line on its standard output.
  std::string ReadyLine() const;

  // Takes from the new configuration the settings that need no restart, and
  // reads the certificates again. `config` must have passed its checks
  // (CheckConfig). The thread that started the App calls Reload.
  void Reload(const Config& config);

  // Refuses new work, finishes the work that is under way, and ends all
  // threads. It blocks for at most 25 s. Only the thread that started the App
  // may call it. A second call does nothing.
  void Stop();

 private:
  // Stores its arguments and makes no component; Start makes the components.
  App(Config config, const Clock& clock, std::function<void()> on_fatal);

  // The next functions run in this order, because a function may need
  // components that the earlier functions have made. StartStore calls
  // StartMessaging, StartHttp calls StartAdmin, and Start calls the other
  // functions. When a function fails, the destructor stops and destroys the
  // components that exist already.
  absl::Status LoadCertificates();
  // Opens the data folder, starts the journal, and loads the views (see
  // journal/feed.h). A view is first loaded and then added to the feed. No
  // change is lost between these two steps, because the server accepts no calls
  // and no webhooks yet.
  absl::Status StartStore();
  // Makes the components for messages, and loads the sends that are PENDING.
  // Sends that were still PENDING when the server last ended become UNCONFIRMED
  // (see messaging/settler.h), before the server accepts a new send.
  absl::Status StartMessaging();
  // Loads the API keys. When callers need API keys and the configuration names
  // a file for the first key, it also calls WriteBootstrapKey (see
  // access/bootstrap.h).
  absl::Status LoadKeys();
  // StartGrpc begins to serve calls, and then StartHttp begins to serve
  // webhooks. All components that a call or a webhook needs are made before.
  absl::Status StartGrpc();
  absl::Status StartHttp();
  // Makes the pages and the listener of the administration port.
  absl::Status StartAdmin();
  // Returns the answer to GetServerInfo. ServerService calls it on the
  // executor.
  v1::ServerInfo Describe() const;
  // Runs on the ticker's thread, twice a second. It tells the health service
  // whether the server can do its work, and ends reflection streams whose API
  // key is no longer in force (see access/api_keys.h). Less often it reads
  // changed certificates, finds out whether a full disk has room again, stores
  // the last use of API keys, and writes log lines that were left out (see
  // base/cause_log.h). No part of Tick may take long, because a stream must end
  // within a second after its key stops being in force.
  void Tick();

  // This is the configuration with which the server was started.
  const Config config_;
  // Guards current_. It is config_, but with the newest values of the settings
  // that Describe returns.
  mutable Mutex current_mutex_;
  Config current_ ABSL_GUARDED_BY(current_mutex_);
  const Clock& clock_;
  const std::function<void()> on_fatal_;
  // It is true while the server accepts work. It becomes true when everything
  // is started. It becomes false when Stop begins or when the disk has failed.
  // Every thread may read it.
  std::atomic<bool> serving_{false};
  // Only the thread that started the App uses this flag.
  bool stopped_ = false;

  // The components begin here. C++ destroys members from the last to the first,
  // so a component may use the components above it until its own destruction.
  // Before the first component is destroyed, Stop has ended the work and the
  // threads of all of them.
  Metrics metrics_;
  std::unique_ptr<journal::DataFolder> folder_;
  // The event log (log_) must outlive the journal, because the journal's writer
  // thread tells the event log about every commit.
  std::unique_ptr<events::EventLog> log_;
  std::unique_ptr<events::EventList> list_;
  std::unique_ptr<events::DeliveryList> deliveries_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  std::unique_ptr<channels::ChannelRegistry> registry_;
  // The executor's tasks use components below it. Therefore Stop, and not the
  // destruction of the members, destroys the executor. The executor then runs
  // its remaining tasks while all components still exist.
  std::unique_ptr<Executor> executor_;
  // The transport sends the HTTPS requests to Meta. It owns libcurl's thread,
  // on which the callers of the Graph client get their results.
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
  // The directory has a thread that asks Meta for the names of users.
  std::unique_ptr<channels::UserDirectory> users_;
  std::unique_ptr<webhook::Redriver> redriver_;
  std::unique_ptr<messaging::Conversations> conversations_;
  // Each of these four components has its own thread, which may wait for the
  // journal.
  std::unique_ptr<journal::ErasureWorker> erasures_;
  std::unique_ptr<BackupSocket> backups_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<webhook::WaitingItems> waiting_;
  // Each pointer is null when its port has no TLS. The listeners' threads ask
  // these objects for the certificate in force.
  std::unique_ptr<access::CertificateFiles> grpc_certificate_;
  std::unique_ptr<access::CertificateFiles> webhook_certificate_;
  // keys_ and key_admin_ exist also on a server whose callers need no API keys,
  // because an operator may create keys before the server requires them.
  std::unique_ptr<access::ApiKeys> keys_;
  std::unique_ptr<access::KeyAdmin> key_admin_;
  std::unique_ptr<channels::KnownChannels> known_channels_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<webhook::Ingest> ingest_;
  std::unique_ptr<webhook::WebhookEndpoint> endpoint_;
  // The listeners webhook_ and admin_ have their own threads, which call the
  // components above.
  std::unique_ptr<http::HttpListener> webhook_;
  // The pages must outlive the listener admin_, which calls them.
  std::unique_ptr<AdminPages> pages_;
  std::unique_ptr<http::HttpListener> admin_;
  // This is the number of ticks so far. Only the ticker's thread uses it.
  std::uint64_t ticks_ = 0;
  // The ticker is the last member, so that its thread ends before any component
  // that Tick uses.
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace linktor::app
