#include "server/app/app.h"

#include <grpc/grpc.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/try.h"
#include "server/rpc/channel_service.h"
#include "server/rpc/event_service.h"
#include "server/rpc/health_service.h"
#include "server/rpc/messaging_service.h"
#include "server/rpc/reflection_service.h"
#include "server/store/channel_table.h"

namespace linktor {
namespace {

// Most of the executor's work waits for the disk.
constexpr std::size_t kExecutorThreads = 8;
constexpr std::size_t kExecutorQueue = 10'000;

// Clients may ping every 10 s: streams live for months.
constexpr int kMinPingIntervalMs = 5'000;
// Finds clients that are gone without a word.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

// Of the 25 s that stopping may take.
constexpr std::chrono::seconds kGraphGrace{15};
constexpr std::chrono::seconds kRecordGrace{1};
constexpr std::chrono::seconds kCallGrace{3};
constexpr absl::Duration kHttpGrace = absl::Seconds(5);

}  // namespace

struct App::Rpc {
  explicit Rpc(App& app)
      : calls(*app.executor_, app.metrics_),
        channels(calls, *app.admin_of_channels_, *app.registry_, *app.graph_),
        messaging(calls, *app.sender_, *app.reader_, *app.conversations_),
        events(calls, *app.log_,
               static_cast<std::size_t>(app.config_.max_subscribers)),
        reflection_v1(reflection_streams),
        reflection_v1alpha(reflection_streams) {}

  CallContext calls;
  ChannelServiceImpl channels;
  MessagingServiceImpl messaging;
  EventServiceImpl events;
  HealthService health;
  ReflectionStreams reflection_streams;
  ReflectionServiceV1 reflection_v1;
  ReflectionServiceV1Alpha reflection_v1alpha;
  std::unique_ptr<grpc::Server> server;
};

App::App(Config config, const Clock& clock, std::function<void()> on_fatal)
    : config_(std::move(config)),
      clock_(clock),
      on_fatal_(std::move(on_fatal)) {}

App::~App() { Stop(); }

absl::StatusOr<std::unique_ptr<App>> App::Start(
    const Config& config, const Clock& clock, std::function<void()> on_fatal) {
  if (!CryptoSelfTest()) {
    return absl::FailedPreconditionError("the cryptographic self test failed");
  }
  std::unique_ptr<App> app(new App(config, clock, std::move(on_fatal)));
  LINKTOR_TRY(app->StartStore());
  LINKTOR_TRY(app->StartGrpc());
  LINKTOR_TRY(app->StartHttp());
  app->ready_ = true;
  app->rpc_->health.SetServing(true);
  return app;
}

absl::Status App::StartStore() {
  LINKTOR_ASSIGN(const Secret master_key,
                 ReadMasterKey(config_.master_key_file));
  LINKTOR_ASSIGN(store_, Store::Open(config_.data_dir, master_key));
  log_ = std::make_unique<EventLog>(*store_, store_->last_seq());
  LINKTOR_ASSIGN(journal_, SqliteJournal::Create(
                               {}, store_->TakeWriter(), store_->sealer(),
                               [this](std::vector<CommittedEvent> events) {
                                 log_->Publish(std::move(events));
                               },
                               [this](const absl::Status&) {
                                 ready_ = false;
                                 on_fatal_();
                               }));
  registry_ = std::make_unique<ChannelRegistry>(store_->sealer());
  std::vector<ChannelRow> channels;
  LINKTOR_TRY(store_->pool().Read([&](Database& database) -> absl::Status {
    LINKTOR_ASSIGN(channels, ReadLiveChannels(database));
    return absl::OkStatus();
  }));
  for (const ChannelRow& row : channels) LINKTOR_TRY(registry_->Put(row));
  executor_ = std::make_unique<Executor>(kExecutorThreads, kExecutorQueue);
  transport_ = std::make_unique<CurlTransport>(
      CurlTransport::Options{.proxy = config_.graph_proxy});
  graph_ = std::make_unique<HttpGraphClient>(config_.graph, *transport_);
  admin_of_channels_ = std::make_unique<ChannelAdmin>(
      clock_, *journal_, store_->sealer(), *registry_);
  reader_ = std::make_unique<MessageReader>(*store_, *registry_);
  sender_ = std::make_unique<Sender>(
      Sender::Dependencies{clock_, *store_, *journal_, *registry_, *graph_,
                           *reader_, *executor_, config_.sends_per_user_hour});
  LINKTOR_TRY(sender_->SettleAbandoned());
  users_ = std::make_unique<UserDirectory>(UserDirectory::Dependencies{
      clock_, *store_, *journal_, *registry_, *graph_});
  conversations_ =
      std::make_unique<Conversations>(clock_, *store_, *journal_, *registry_);
  housekeeping_ = std::make_unique<Housekeeping>(
      clock_, *journal_,
      Housekeeping::Ages{config_.event_retention, config_.raw_retention,
                         config_.raw_max_bytes});
  return absl::OkStatus();
}

absl::Status App::StartGrpc() {
  // Never released: when the last user of the library goes, it joins a thread
  // that may be in a poll of 10 s, and stopping may take 25 s.
  grpc_init();
  rpc_ = std::make_unique<Rpc>(*this);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config_.grpc_listen,
                           grpc::InsecureServerCredentials(), &port);
  // A second server on the port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.RegisterService(&rpc_->channels);
  builder.RegisterService(&rpc_->messaging);
  builder.RegisterService(&rpc_->events);
  builder.RegisterService(&rpc_->health);
  builder.RegisterService(&rpc_->reflection_v1);
  builder.RegisterService(&rpc_->reflection_v1alpha);
  rpc_->server = builder.BuildAndStart();
  if (rpc_->server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", config_.grpc_listen, " for gRPC"));
  }
  std::string host;
  std::uint16_t ignored = 0;
  SplitHostPort(config_.grpc_listen, host, ignored);
  grpc_address_ = host.find(':') == std::string::npos
                      ? absl::StrCat(host, ":", port)
                      : absl::StrCat("[", host, "]:", port);
  return absl::OkStatus();
}

absl::Status App::StartHttp() {
  ingest_ =
      std::make_unique<Ingest>(clock_, store_->sealer(), *registry_, *users_);
  endpoint_ = std::make_unique<WebhookEndpoint>(
      *registry_, *ingest_,
      [this](WebhookRecord&& record, auto done) {
        journal_->Append(
            std::move(record),
            [done = std::move(done)](absl::StatusOr<Outcome> outcome) mutable {
              if (!outcome.ok()) return done(outcome.status());
              done(std::get<WebhookOutcome>(*outcome));
            });
      },
      metrics_);
  HttpListener::Options webhook;
  SplitHostPort(config_.webhook_listen, webhook.host, webhook.port);
  webhook.threads = config_.webhook_threads;
  webhook.max_body_bytes = static_cast<std::size_t>(config_.webhook_max_body);
  webhook.max_bytes_in_flight =
      static_cast<std::size_t>(config_.webhook_max_in_flight);
  LINKTOR_ASSIGN(webhook_,
                 HttpListener::Start(webhook, [this](const HttpRequest& request,
                                                     HttpResponder done) {
                   endpoint_->Handle(request, std::move(done));
                 }));
  HttpListener::Options admin;
  SplitHostPort(config_.admin_listen, admin.host, admin.port);
  LINKTOR_ASSIGN(admin_,
                 HttpListener::Start(admin, [this](const HttpRequest& request,
                                                   HttpResponder done) {
                   done(Administer(request));
                 }));
  return absl::OkStatus();
}

HttpResponse App::Administer(const HttpRequest& request) {
  if (request.method != boost::beast::http::verb::get &&
      request.method != boost::beast::http::verb::head) {
    return {.status = 405, .body = "GET only\n"};
  }
  if (request.target == "/healthz") return {.body = "ok\n"};
  if (request.target == "/readyz") {
    if (ready_) return {.body = "ready\n"};
    return {.status = 503, .body = "not ready\n"};
  }
  if (request.target == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics_.Render({.last_seq = log_->last_seq(),
                                     .subscribers = log_->hub().size()})};
  }
  return {.status = 404, .body = "/healthz, /readyz or /metrics\n"};
}

void App::Stop() {
  if (std::exchange(stopped_, true)) return;
  ready_ = false;
  if (rpc_ != nullptr) {
    rpc_->health.SetServing(false);
    rpc_->calls.Drain();
  }
  // Webhooks under way are answered; Meta delivers later ones again.
  if (webhook_ != nullptr) webhook_->Stop(kHttpGrace);
  if (sender_ != nullptr) sender_->Drain(kGraphGrace);
  // Calls that Meta has not answered by now end with an unknown outcome, which
  // is recorded and told.
  if (transport_ != nullptr) transport_->Stop();
  if (sender_ != nullptr) sender_->Drain(kRecordGrace);
  if (log_ != nullptr) log_->hub().Drain();
  if (rpc_ != nullptr) {
    rpc_->health.Drain();
    rpc_->reflection_streams.Drain();
    if (rpc_->server != nullptr) {
      rpc_->server->Shutdown(std::chrono::system_clock::now() + kCallGrace);
    }
  }
  if (admin_ != nullptr) admin_->Stop(absl::ZeroDuration());
  if (sender_ != nullptr) sender_->Stop();
  if (users_ != nullptr) users_->Stop();
  housekeeping_.reset();
  // What is left of work refuses itself: first the writer ends, then whoever
  // still has something to append.
  if (journal_ != nullptr) journal_->Stop();
  executor_.reset();
}

}  // namespace linktor
