// The gRPC side of the server: the services, the connections they are called
// over, and how it says goodbye.

#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/access/api_keys.h"
#include "server/access/key_admin.h"
#include "server/access/methods.h"
#include "server/base/executor.h"
#include "server/base/tls_identity.h"
#include "server/channels/channel_admin.h"
#include "server/channels/ice_breakers.h"
#include "server/channels/known_channels.h"
#include "server/channels/registry.h"
#include "server/events/event_log.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "server/rpc/access_service.h"
#include "server/rpc/admission.h"
#include "server/rpc/channel_service.h"
#include "server/rpc/event_service.h"
#include "server/rpc/grpc_listener.h"
#include "server/rpc/health_service.h"
#include "server/rpc/messaging_service.h"
#include "server/rpc/reflection_service.h"
#include "server/rpc/server_service.h"

namespace linktor {

class GrpcServer {
 public:
  // The services work with these; all outlive the server.
  struct Dependencies {
    Executor& executor;
    CallObserver& observer;
    // Null for a server without keys.
    access::ApiKeys* keys;
    access::KeyAdmin& key_admin;
    ChannelAdmin& channel_admin;
    IceBreakers& ice_breakers;
    const ChannelRegistry& registry;
    const KnownChannels& known_channels;
    Sender& sender;
    Settler& settler;
    MessageReader& reader;
    Conversations& conversations;
    EventLog& log;
    ServerServiceImpl::Describe describe;
  };
  struct Options {
    GrpcListener::Options listen;
    // Empty: no TLS.
    TlsSource tls;
    bool require_client_certificate = false;
    Admission::Limits limits;
  };

  // Listens and serves. UNAVAILABLE when the address cannot be bound,
  // FAILED_PRECONDITION when a method of the contract declares no permission.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, const Dependencies& dependencies);
  // Shutdown has been called.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  const std::string& address() const { return listener_->address(); }
  HealthService& health() { return health_; }
  // Ends streams whose key is no longer in force; those of events look after
  // themselves. Called about twice a second.
  void CheckKeys() { reflection_streams_.CheckKeys(); }

  // Refuses connections, and every new call with DRAINING.
  void Drain();
  // Says goodbye to all connections, ends all streams, and waits for calls that
  // are under way, at most for `grace`. After Drain.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  GrpcServer(const Options& options, const Dependencies& dependencies,
             access::Methods methods, std::unique_ptr<GrpcListener> listener);
  absl::Status Serve(const Options& options);
  void AwaitQuiet();

  EventLog& log_;
  std::unique_ptr<GrpcListener> listener_;
  Admission admission_;
  CallContext calls_;
  AccessServiceImpl access_;
  ChannelServiceImpl channels_;
  MessagingServiceImpl messaging_;
  EventServiceImpl events_;
  ServerServiceImpl info_;
  HealthService health_;
  ReflectionStreams reflection_streams_;
  ReflectionServiceV1 reflection_v1_;
  ReflectionServiceV1Alpha reflection_v1alpha_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace linktor
