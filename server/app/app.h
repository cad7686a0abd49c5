// The server, put together. Every component is made here, in the order of
// dependency, and goes in the reverse order.

#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/app/config.h"
#include "server/app/housekeeping.h"
#include "server/app/metrics.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/events/event_log.h"
#include "server/graph/client.h"
#include "server/http/client.h"
#include "server/http/listener.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/user_directory.h"
#include "server/rpc/call.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"
#include "server/webhook/endpoint.h"
#include "server/webhook/ingest.h"

namespace linktor {

class App {
 public:
  // Starts serving. `clock` must outlive the App. `on_fatal` is called once,
  // from another thread, when the server cannot go on (its disk has failed);
  // then Stop it. FAILED_PRECONDITION or UNAVAILABLE with a sentence when it
  // cannot start.
  static absl::StatusOr<std::unique_ptr<App>> Start(
      const Config& config, const Clock& clock, std::function<void()> on_fatal);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Addresses in use, with real ports.
  std::string grpc_address() const { return grpc_address_; }
  const std::string& webhook_address() const { return webhook_->address(); }
  const std::string& admin_address() const { return admin_->address(); }

  // Refuses what is new, finishes what is under way, and ends; within 25 s.
  // Called once, by whoever started it.
  void Stop();

 private:
  App(Config config, const Clock& clock, std::function<void()> on_fatal);
  absl::Status StartStore();
  absl::Status StartGrpc();
  absl::Status StartHttp();
  HttpResponse Administer(const HttpRequest& request);

  const Config config_;
  const Clock& clock_;
  const std::function<void()> on_fatal_;
  std::string grpc_address_;
  std::atomic<bool> ready_{false};
  bool stopped_ = false;

  Metrics metrics_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<SqliteJournal> journal_;
  std::unique_ptr<ChannelRegistry> registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<CurlTransport> transport_;
  std::unique_ptr<GraphClient> graph_;
  std::unique_ptr<ChannelAdmin> admin_of_channels_;
  std::unique_ptr<MessageReader> reader_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<UserDirectory> users_;
  std::unique_ptr<Conversations> conversations_;
  std::unique_ptr<Housekeeping> housekeeping_;
  struct Rpc;
  std::unique_ptr<Rpc> rpc_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<WebhookEndpoint> endpoint_;
  std::unique_ptr<HttpListener> webhook_;
  std::unique_ptr<HttpListener> admin_;
};

}  // namespace linktor
