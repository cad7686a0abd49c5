#include "server/app/grpc_server.h"

#include <grpc/grpc.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/rpc/tls_credentials.h"

namespace linktor::app {
namespace {

// Clients may ping every 10 s, since streams live for months; half of that
// leaves room for delays.
constexpr int kMinPingIntervalMs = 5'000;
// The server pings a silent client after the first time and closes the
// connection after the second: a client that is gone without a word holds its
// places no longer.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// A peer may take so long for the TLS handshake.
constexpr int kHandshakeTimeoutMs = 10'000;

// One connection may have so many calls and streams under way: more than a key
// may, so that only a client without a key meets this limit. Further ones wait
// in the client.
constexpr int kMaxStreamsPerConnection = 8'000;

// Before the goodbye no call may arrive for this long. Callers on one machine
// answer within a fraction of it, others within a round trip.
constexpr std::chrono::milliseconds kQuiet{20};
constexpr std::chrono::milliseconds kQuietStep{2};
// Callers that do not wait for answers never fall silent.
constexpr std::chrono::milliseconds kQuietAtMost{500};

// Begins gRPC's shutdown without waiting: when the constructor returns, every
// client has been sent GOAWAY. Server::Shutdown does the same and then waits.
class Goodbye {
 public:
  explicit Goodbye(grpc::Server& server)
      : queue_(grpc_completion_queue_create_for_next(nullptr)) {
    grpc_server_shutdown_and_notify(server.c_server(), queue_, this);
  }
  // The server must have been shut down.
  ~Goodbye() {
    (void)grpc_completion_queue_next(queue_, gpr_inf_future(GPR_CLOCK_REALTIME),
                                     nullptr);
    grpc_completion_queue_shutdown(queue_);
    while (grpc_completion_queue_next(
               queue_, gpr_inf_future(GPR_CLOCK_REALTIME), nullptr)
               .type != GRPC_QUEUE_SHUTDOWN) {
    }
    grpc_completion_queue_destroy(queue_);
  }
  Goodbye(const Goodbye&) = delete;
  Goodbye& operator=(const Goodbye&) = delete;

 private:
  grpc_completion_queue* const queue_;
};

}  // namespace

GrpcServer::GrpcServer(const Options& options, const Dependencies& dependencies,
                       access::Methods methods,
                       std::unique_ptr<rpc::GrpcListener> listener)
    : log_(dependencies.log),
      listener_(std::move(listener)),
      admission_(std::move(methods), dependencies.keys, options.limits),
      calls_(dependencies.executor, dependencies.observer, admission_),
      access_(calls_, dependencies.key_admin),
      channels_(calls_, dependencies.channel_admin, dependencies.ice_breakers,
                dependencies.registry),
      messaging_(calls_, dependencies.sender, dependencies.settler,
                 dependencies.reader, dependencies.messages,
                 dependencies.conversations, dependencies.profiles,
                 dependencies.media),
      events_({calls_, dependencies.log, dependencies.known_channels},
              dependencies.list, dependencies.deliveries, dependencies.redrive),
      info_(calls_, dependencies.describe),
      health_(admission_.gate(),
              static_cast<std::size_t>(options.limits.max_streams)),
      reflection_streams_(admission_),
      reflection_v1_(reflection_streams_),
      reflection_v1alpha_(reflection_streams_) {}

GrpcServer::~GrpcServer() = default;

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const Dependencies& dependencies) {
  LINKTOR_ASSIGN(access::Methods methods,
                 access::Methods::Read(access::Methods::Services()));
  LINKTOR_ASSIGN(auto listener, rpc::GrpcListener::Bind(options.listen));
  std::unique_ptr<GrpcServer> server(new GrpcServer(
      options, dependencies, std::move(methods), std::move(listener)));
  LINKTOR_TRY(server->Serve(options));
  return server;
}

absl::Status GrpcServer::Serve(const Options& options) {
  // This is never released: when the last user of the library goes, it joins a
  // thread that may be in a poll of 10 s, and stopping may take 25 s.
  grpc_init();
  grpc::ServerBuilder builder;
  listener_->Attach(builder,
                    options.tls == nullptr
                        ? grpc::InsecureServerCredentials()
                        : rpc::MakeTlsCredentials(
                              options.tls, options.require_client_certificate));
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  builder.RegisterService(&access_);
  builder.RegisterService(&channels_);
  builder.RegisterService(&messaging_);
  builder.RegisterService(&events_);
  builder.RegisterService(&info_);
  builder.RegisterService(&health_);
  builder.RegisterService(&reflection_v1_);
  builder.RegisterService(&reflection_v1alpha_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve gRPC on ", address()));
  }
  listener_->Start();
  return absl::OkStatus();
}

void GrpcServer::Drain() {
  health_.SetServing(false);
  admission_.gate().Drain();
  listener_->StopAccepting();
}

void GrpcServer::AwaitQuiet() {
  using SteadyClock = std::chrono::steady_clock;
  const auto give_up = SteadyClock::now() + kQuietAtMost;
  auto quiet_since = SteadyClock::now();
  std::int64_t arrivals = admission_.gate().arrivals();
  while (SteadyClock::now() < give_up &&
         SteadyClock::now() - quiet_since < kQuiet) {
    std::this_thread::sleep_for(kQuietStep);
    const std::int64_t now = admission_.gate().arrivals();
    if (now != arrivals || admission_.calls_in_flight() > 0) {
      quiet_since = SteadyClock::now();
    }
    arrivals = now;
  }
}

// The order matters: answers are held until every client has been sent GOAWAY;
// then they are let go and the streams end, so that no caller sees a bare
// CANCELLED.
void GrpcServer::Shutdown(std::chrono::milliseconds grace) {
  if (server_ == nullptr) return;
  admission_.gate().Hold();
  AwaitQuiet();
  {
    const Goodbye goodbye(*server_);
    admission_.gate().Release();
    log_.hub().Drain();
    health_.Drain();
    reflection_streams_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
  }
  server_.reset();
}

}  // namespace linktor::app
