#include "server/app/app.h"

#include <google/protobuf/stubs/logging.h>

#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/access/bootstrap.h"
#include "server/app/core_dumps.h"
#include "server/app/descriptor_limit.h"
#include "server/base/cause_log.h"
#include "server/base/crypto.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/seal/master_key.h"

namespace linktor::app {
namespace {

// Most of the executor's work waits for the disk, so there are more threads
// than a small machine has cores. When so many tasks wait, calls get
// OVERLOADED.
constexpr std::size_t kExecutorThreads = 8;
constexpr std::size_t kExecutorQueue = 10'000;

// The App looks twice a second after what changes by itself. A stream must end
// within a second when its key does.
constexpr std::chrono::milliseconds kTick{500};
// Certificates and the disk are looked at once a second, the last use of keys
// is stored every 30 s.
constexpr std::uint64_t kTicksPerRefresh = 2;
constexpr std::uint64_t kTicksPerKeyUse = 60;

// These are the parts of the 25 s that stopping may take.
constexpr std::chrono::seconds kGraphGrace{15};
constexpr std::chrono::seconds kRecordGrace{1};
constexpr std::chrono::seconds kCallGrace{3};
constexpr absl::Duration kHttpGrace = absl::Seconds(5);

// Warns when the process may open too few descriptors for max_connections:
// those of gRPC take two each, webhooks one, and files some. Without enough,
// connections wait before their own limit is reached.
void WarnOfFewDescriptors(const Config& config, std::size_t limit) {
  constexpr std::size_t kFiles = 200;
  const std::size_t wanted =
      3 * static_cast<std::size_t>(config.max_connections) + kFiles;
  if (limit == 0 || limit >= wanted) return;
  Log(LogLevel::kWarning,
      "the process may open fewer files and sockets than max-connections takes",
      {{"limit", std::to_string(limit)}, {"wanted", std::to_string(wanted)}});
}

// Complaints of the library become lines of the log, too.
void LogWhatProtobufSays() {
  google::protobuf::SetLogHandler([](google::protobuf::LogLevel, const char*,
                                     int, const std::string& message) {
    LogCause(LogLevel::kWarning, "protobuf", "", {{"message", message}});
  });
}

}  // namespace

App::App(Config config, const Clock& clock, std::function<void()> on_fatal)
    : config_(std::move(config)),
      current_(config_),
      clock_(clock),
      on_fatal_(std::move(on_fatal)) {}

App::~App() { Stop(); }

absl::Status App::CheckCertificates(const Config& config, const Clock& clock) {
  return App(config, clock, nullptr).LoadCertificates();
}

absl::StatusOr<std::unique_ptr<App>> App::Start(
    const Config& config, const Clock& clock, std::function<void()> on_fatal) {
  if (!CryptoSelfTest()) {
    return absl::FailedPreconditionError("the cryptographic self test failed");
  }
  if (!config.access.allow_core_dumps) LINKTOR_TRY(ForbidCoreDumps());
  LogWhatProtobufSays();
  Log(LogLevel::kInfo, "starting",
      {{"version", LINKTOR_VERSION},
       {"grpc_listen", config.grpc_listen},
       {"webhook_listen", config.webhook_listen},
       {"admin_listen", config.admin_listen}});
  const std::size_t descriptors = RaiseDescriptorLimit();
  std::unique_ptr<App> app(new App(config, clock, std::move(on_fatal)));
  LINKTOR_TRY(app->LoadCertificates());
  LINKTOR_TRY(app->StartStore());
  LINKTOR_TRY(app->LoadKeys());
  LINKTOR_TRY(app->StartGrpc());
  LINKTOR_TRY(app->StartHttp());
  app->serving_ = true;
  Log(LogLevel::kInfo, "serving",
      {{"version", LINKTOR_VERSION},
       {"grpc", app->grpc_->address()},
       {"webhook", app->webhook_->address()},
       {"admin", app->admin_->address()},
       {"data_dir", config.data_dir},
       {"keys", config.access.keys ? "true" : "false"}});
  WarnOfFewDescriptors(config, descriptors);
  app->grpc_->health().SetServing(true);
  app->ticker_ =
      std::make_unique<Ticker>(kTick, [raw = app.get()] { raw->Tick(); });
  return app;
}

std::string App::ReadyLine() const {
  return absl::StrCat("ready grpc=", grpc_->address(),
                      " webhook=", webhook_->address(),
                      " admin=", admin_->address(), "\n");
}

absl::Status App::StartStore() {
  LINKTOR_ASSIGN(const Secret master_key,
                 seal::ReadMasterKey(config_.master_key_file));
  LINKTOR_ASSIGN(folder_,
                 journal::DataFolder::Open(config_.data_dir, master_key));
  LINKTOR_ASSIGN(journal_, journal::EmbeddedJournal::Create(
                               {}, *folder_, absl::ToUnixMillis(clock_.Now()),
                               [this](const absl::Status&) {
                                 serving_ = false;
                                 on_fatal_();
                               }));
  log_ = std::make_unique<events::EventLog>(*folder_);
  list_ = std::make_unique<events::EventList>(*folder_, *log_);
  deliveries_ = std::make_unique<events::DeliveryList>(folder_->state());
  folder_->feed().Add([this](auto records) { log_->OnCommit(records); });
  registry_ = std::make_unique<channels::ChannelRegistry>(folder_->sealer());
  LINKTOR_ASSIGN(const auto channels, folder_->state().LiveChannels());
  LINKTOR_TRY(registry_->Load(channels));
  folder_->feed().Add([this](auto records) { registry_->OnCommit(records); });
  executor_ = std::make_unique<Executor>(kExecutorThreads, kExecutorQueue);
  transport_ = std::make_unique<http::CurlTransport>(
      http::CurlTransport::Options{.proxy = config_.graph_proxy});
  tokens_ = std::make_unique<TokenWatch>(*registry_, metrics_);
  graph_ = std::make_unique<graph::HttpGraphClient>(config_.graph, *transport_,
                                                    *tokens_);
  admin_of_channels_ = std::make_unique<channels::ChannelAdmin>(
      clock_, *journal_, folder_->sealer(), *registry_);
  ice_breakers_ = std::make_unique<channels::IceBreakers>(
      *executor_, *admin_of_channels_, *registry_, *graph_);
  housekeeping_ = std::make_unique<Housekeeping>(
      clock_, *journal_, folder_->feed(),
      Housekeeping::Ages{config_.event_retention, config_.raw_retention,
                         config_.raw_max_bytes, config_.message_retention});
  return StartMessaging();
}

absl::Status App::StartMessaging() {
  state::StateReader& state = folder_->state();
  seal::Sealer& sealer = folder_->sealer();
  reader_ = std::make_unique<messaging::MessageReader>(state, folder_->events(),
                                                       sealer, *registry_);
  messages_ = std::make_unique<messaging::MessageList>(*folder_, *log_,
                                                       *reader_, *registry_);
  settler_ = std::make_unique<messaging::Settler>(
      messaging::Settler::Dependencies{clock_, folder_->appender(), sealer,
                                       *journal_, *registry_, *reader_});
  sender_ = std::make_unique<messaging::Sender>(
      messaging::Sender::Dependencies{.clock = clock_,
                                      .appender = folder_->appender(),
                                      .state = state,
                                      .sealer = sealer,
                                      .journal = *journal_,
                                      .registry = *registry_,
                                      .graph = *graph_,
                                      .executor = *executor_,
                                      .quota = config_.sends_per_user_hour,
                                      .observer = &metrics_});
  folder_->feed().Add([this](auto records) { sender_->OnCommit(records); });
  LINKTOR_ASSIGN(const auto pending, state.PendingMessages());
  sender_->Load(pending);
  LINKTOR_TRY(settler_->SettleAbandoned(pending));
  media_ = std::make_unique<messaging::MediaRefresher>(*reader_, *registry_,
                                                       *graph_);
  profiles_ =
      std::make_unique<channels::UserProfiles>(clock_, *registry_, *graph_);
  users_ = std::make_unique<channels::UserDirectory>(
      channels::UserDirectory::Dependencies{clock_, state, sealer, *journal_,
                                            *registry_, *profiles_});
  folder_->feed().Add([this](auto records) { profiles_->OnCommit(records); });
  folder_->feed().Add([this](auto records) { users_->OnCommit(records); });
  redriver_ =
      std::make_unique<webhook::Redriver>(webhook::Redriver::Dependencies{
          clock_, state, sealer, *journal_, *registry_, *users_});
  conversations_ = std::make_unique<messaging::Conversations>(
      messaging::Conversations::Dependencies{.clock = clock_,
                                             .state = state,
                                             .sealer = sealer,
                                             .journal = *journal_,
                                             .registry = *registry_,
                                             .messages = *messages_,
                                             .folder = *folder_,
                                             .log = *log_,
                                             .events = folder_->events()});
  waiting_ = std::make_unique<webhook::WaitingItems>(
      clock_, state, *journal_, metrics_,
      webhook::WaitingItems::Options{.grace = config_.message_grace});
  // Content that was erased before a crash may still be in a file.
  LINKTOR_ASSIGN(const std::int64_t due, state.LastDueErasure());
  LINKTOR_ASSIGN(const bool erasing, state.HasForgetting());
  erasures_ = std::make_unique<journal::ErasureWorker>(
      clock_, *journal_,
      journal::ErasureWorker::Options{
          .begin_log_anew = [this] { return journal_->BeginLogAnew(); },
          .old_log_bytes = [this] { return journal_->OldLogBytes(); },
          .cut_log = [this] { return journal_->CutLog(); },
          .due = due,
          .erasing = erasing});
  folder_->feed().Add([this](auto records) { erasures_->OnCommit(records); });
  erasures_->Start();
  backups_ = BackupSocket::StartOrWarn(
      config_.data_dir,
      [this](journal::EmbeddedJournal::WriterTask task) {
        return journal_->RunOnWriter(std::move(task));
      },
      clock_);
  return absl::OkStatus();
}

absl::Status App::LoadCertificates() {
  const Access& files = config_.access;
  if (!files.grpc_tls_cert.empty()) {
    LINKTOR_ASSIGN(
        grpc_certificate_,
        access::CertificateFiles::Load({.certificate = files.grpc_tls_cert,
                                        .key = files.grpc_tls_key,
                                        .client_ca = files.grpc_tls_client_ca},
                                       clock_));
  }
  if (!files.webhook_tls_cert.empty()) {
    LINKTOR_ASSIGN(
        webhook_certificate_,
        access::CertificateFiles::Load({.certificate = files.webhook_tls_cert,
                                        .key = files.webhook_tls_key},
                                       clock_));
  }
  return absl::OkStatus();
}

absl::Status App::LoadKeys() {
  keys_ = std::make_unique<access::ApiKeys>(clock_, folder_->sealer());
  LINKTOR_ASSIGN(const auto rows, folder_->state().ApiKeys());
  LINKTOR_TRY(keys_->Load(rows));
  folder_->feed().Add([this](auto records) { keys_->OnCommit(records); });
  key_admin_ = std::make_unique<access::KeyAdmin>(clock_, *journal_,
                                                  folder_->sealer(), *keys_);
  const std::string& file = config_.access.bootstrap_key_file;
  if (!config_.access.keys) return absl::OkStatus();
  if (!file.empty()) {
    return access::WriteBootstrapKey(file, clock_, *journal_, folder_->sealer(),
                                     *keys_);
  }
  if (!keys_->HasManager()) {
    Log(LogLevel::kWarning,
        "no API key in force manages access over all channels; start with "
        "--bootstrap-key-file to have one made");
  }
  return absl::OkStatus();
}

absl::Status App::StartGrpc() {
  known_channels_ =
      std::make_unique<channels::KnownChannels>(*registry_, folder_->state());
  GrpcServer::Options options;
  options.listen.unix_path = UnixPathOf(config_.grpc_listen);
  if (options.listen.unix_path.empty()) {
    http::SplitHostPort(config_.grpc_listen, options.listen.host,
                        options.listen.port);
  }
  options.listen.max_connections =
      static_cast<std::size_t>(config_.max_connections);
  options.listen.max_connections_per_address =
      static_cast<std::size_t>(config_.max_connections_per_address);
  if (grpc_certificate_ != nullptr) {
    options.tls = grpc_certificate_->source();
    options.require_client_certificate =
        !config_.access.grpc_tls_client_ca.empty();
  }
  options.limits.max_streams = config_.max_subscribers;
  options.limits.max_streams_per_key = config_.max_streams_per_key;
  options.limits.max_calls_per_key = config_.max_calls_per_key;
  LINKTOR_ASSIGN(
      grpc_, GrpcServer::Start(
                 options, {*executor_,
                           metrics_,
                           config_.access.keys ? keys_.get() : nullptr,
                           *key_admin_,
                           *admin_of_channels_,
                           *ice_breakers_,
                           *registry_,
                           *known_channels_,
                           *sender_,
                           *settler_,
                           *reader_,
                           *messages_,
                           *conversations_,
                           *profiles_,
                           *media_,
                           *log_,
                           *list_,
                           *deliveries_,
                           [this](const auto& request, const auto& covered) {
                             return redriver_->Redrive(request, covered);
                           },
                           [this] { return Describe(); }}));
  return absl::OkStatus();
}

v1::ServerInfo App::Describe() const {
  v1::ServerInfo info;
  info.set_version(LINKTOR_VERSION);
  for (const std::string& type : kinds::Types()) info.add_event_types(type);
  MutexLock lock(current_mutex_);
  info.set_api_keys_required(current_.access.keys);
  v1::ServerLimits& limits = *info.mutable_limits();
  limits.mutable_event_retention()->set_seconds(
      absl::ToInt64Seconds(current_.event_retention));
  limits.mutable_raw_retention()->set_seconds(
      absl::ToInt64Seconds(current_.raw_retention));
  limits.mutable_message_retention()->set_seconds(
      absl::ToInt64Seconds(current_.message_retention));
  limits.set_sends_per_user_hour(current_.sends_per_user_hour);
  limits.set_max_streams(current_.max_subscribers);
  limits.set_max_streams_per_key(current_.max_streams_per_key);
  limits.set_max_calls_per_key(current_.max_calls_per_key);
  return info;
}

absl::Status App::StartHttp() {
  ingest_ = std::make_unique<webhook::Ingest>(clock_, folder_->sealer(),
                                              *registry_, *users_, metrics_);
  endpoint_ = std::make_unique<webhook::WebhookEndpoint>(
      *registry_, *ingest_,
      [this](webhook::Delivery&& delivery, auto done) {
        journal::AppendSealed(
            *journal_, std::move(delivery.new_keys),
            std::move(delivery.appended),
            [done = std::move(done)](journal::Ending ending) mutable {
              done(journal::AnswerAs<state::DeliveryAnswer>(std::move(ending)));
            });
      },
      metrics_);
  http::HttpListener::Options webhook;
  http::SplitHostPort(config_.webhook_listen, webhook.host, webhook.port);
  webhook.threads = config_.webhook_threads;
  webhook.max_body_bytes = static_cast<std::size_t>(config_.webhook_max_body);
  webhook.max_bytes_in_flight =
      static_cast<std::size_t>(config_.webhook_max_in_flight);
  webhook.max_connections = static_cast<std::size_t>(config_.max_connections);
  webhook.max_connections_per_address =
      static_cast<std::size_t>(config_.max_connections_per_address);
  if (webhook_certificate_ != nullptr) {
    webhook.tls = webhook_certificate_->source();
  }
  webhook.proxy_protocol = config_.webhook_proxy_protocol;
  webhook.trusted_proxies = config_.trusted_proxies;
  webhook.on_refused = [this](const http::HttpRefusal& refusal) {
    metrics_.OnHttpRefusal("webhook", refusal);
  };
  LINKTOR_ASSIGN(webhook_, http::HttpListener::Start(
                               webhook, [this](const http::HttpRequest& request,
                                               http::HttpResponder done) {
                                 endpoint_->Handle(request, std::move(done));
                               }));
  return StartAdmin();
}

absl::Status App::StartAdmin() {
  std::vector<AdminPages::Listener> listeners;
  if (grpc_certificate_ != nullptr) {
    listeners.push_back({"grpc", *grpc_certificate_});
  }
  if (webhook_certificate_ != nullptr) {
    listeners.push_back({"webhook", *webhook_certificate_});
  }
  pages_ = std::make_unique<AdminPages>(
      AdminPages::Dependencies{.clock = clock_,
                               .serving = serving_,
                               .metrics = metrics_,
                               .journal = *journal_,
                               .log = *log_,
                               .state = folder_->state(),
                               .registry = *registry_,
                               .data_dir = config_.data_dir,
                               .listeners = std::move(listeners)});
  http::HttpListener::Options admin;
  http::SplitHostPort(config_.admin_listen, admin.host, admin.port);
  admin.on_refused = [this](const http::HttpRefusal& refusal) {
    metrics_.OnHttpRefusal("admin", refusal);
  };
  LINKTOR_ASSIGN(admin_, http::HttpListener::Start(
                             admin, [this](const http::HttpRequest& request,
                                           http::HttpResponder done) {
                               done(pages_->Answer(request));
                             }));
  return absl::OkStatus();
}

void App::Tick() {
  ++ticks_;
  if (ticks_ % kTicksPerRefresh == 0) {
    if (grpc_certificate_ != nullptr) grpc_certificate_->Refresh();
    if (webhook_certificate_ != nullptr) webhook_certificate_->Refresh();
    pages_->LogCertificateProblems();
    LogLeftOutCauses();
    if (journal_->disk_full()) journal_->LookForRoom();
  }
  grpc_->health().SetServing(serving_ && !journal_->disk_full());
  grpc_->CheckKeys();
  if (ticks_ % kTicksPerKeyUse == 0) key_admin_->StoreUses(/*all=*/false);
}

void App::Reload(const Config& config) {
  SetLogLevel(config.log_level);
  housekeeping_->SetAges({config.event_retention, config.raw_retention,
                          config.raw_max_bytes, config.message_retention});
  sender_->SetQuota(config.sends_per_user_hour);
  {
    MutexLock lock(current_mutex_);
    current_.event_retention = config.event_retention;
    current_.raw_retention = config.raw_retention;
    current_.message_retention = config.message_retention;
    current_.sends_per_user_hour = config.sends_per_user_hour;
  }
  if (grpc_certificate_ != nullptr) grpc_certificate_->Refresh();
  if (webhook_certificate_ != nullptr) webhook_certificate_->Refresh();
}

// No new work comes in, the sends that are with Meta get their outcome, their
// callers get their answers, and only then the threads and the journal end.
// Each part has its share of the 25 s.
void App::Stop() {
  if (std::exchange(stopped_, true)) return;
  serving_ = false;
  ticker_.reset();
  // A backup that is being made is given up.
  backups_.reset();
  if (grpc_ != nullptr) grpc_->Drain();
  // Webhooks that were read are answered; Meta delivers later ones again.
  if (webhook_ != nullptr) webhook_->Stop(kHttpGrace);
  if (sender_ != nullptr) sender_->Drain(kGraphGrace);
  // Calls that Meta has not answered by now end with an unknown outcome, which
  // is recorded and told.
  if (transport_ != nullptr) transport_->Stop();
  if (sender_ != nullptr) sender_->Drain(kRecordGrace);
  if (grpc_ != nullptr) grpc_->Shutdown(kCallGrace);
  if (admin_ != nullptr) admin_->Stop(absl::ZeroDuration());
  if (sender_ != nullptr) sender_->Stop();
  if (users_ != nullptr) users_->Stop();
  waiting_.reset();
  if (housekeeping_ != nullptr) housekeeping_->Stop();
  if (erasures_ != nullptr) erasures_->Stop();
  if (key_admin_ != nullptr && config_.access.keys) {
    key_admin_->StoreUses(/*all=*/true);
  }
  // From here on every append is refused with DRAINING, so that tasks of the
  // executor that still have something to append end at once.
  if (journal_ != nullptr) journal_->Stop();
  executor_.reset();
  LogLeftOutCauses(/*all=*/true);
}

}  // namespace linktor::app
