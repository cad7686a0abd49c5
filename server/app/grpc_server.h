// This is the gRPC side of the server: the services, the connections they are
// called over, and how it says goodbye. The App makes one, and moves it from
// Start over Drain to Shutdown, from one thread.

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
#include "server/channels/user_profiles.h"
#include "server/events/delivery_list.h"
#include "server/events/event_list.h"
#include "server/events/event_log.h"
#include "server/messaging/conversations.h"
#include "server/messaging/media_refresher.h"
#include "server/messaging/message_list.h"
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

namespace linktor::app {

// Its parts live in rpc/; this puts them together and stops them in order.
class GrpcServer {
 public:
  // The services work with these; all must outlive the server. The executor
  // must also have run its tasks before they go.
  struct Dependencies {
    // It runs all work of calls that may block.
    Executor& executor;
    // It counts every call, on gRPC's threads and the executor's.
    rpc::CallObserver& observer;
    // It is null for a server without keys.
    access::ApiKeys* keys;
    access::KeyAdmin& key_admin;
    channels::ChannelAdmin& channel_admin;
    channels::IceBreakers& ice_breakers;
    const channels::ChannelRegistry& registry;
    const channels::KnownChannels& known_channels;
    messaging::Sender& sender;
    messaging::Settler& settler;
    messaging::MessageReader& reader;
    messaging::MessageList& messages;
    messaging::Conversations& conversations;
    channels::UserProfiles& profiles;
    messaging::MediaRefresher& media;
    events::EventLog& log;
    events::EventList& list;
    events::DeliveryList& deliveries;
    // It is called for each RedriveDeliveries, on the executor.
    rpc::EventServiceImpl::Redrive redrive;
    // It is called for each GetServerInfo, on the executor.
    rpc::ServerServiceImpl::Describe describe;
  };
  // The options come from the configuration and do not change while the server
  // runs.
  struct Options {
    rpc::GrpcListener::Options listen;
    // This is the certificate, asked for at each handshake; it is null for no
    // TLS.
    TlsSource tls;
    // A client must show a certificate; it is looked at with TLS alone.
    bool require_client_certificate = false;
    rpc::Admission::Limits limits;
  };

  // Listens and serves. It fails with UNAVAILABLE when the address cannot be
  // bound, FAILED_PRECONDITION when a method of the contract declares no
  // permission: a server that would let everybody in must not start.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, const Dependencies& dependencies);
  // Shutdown must have been called.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Returns the address in use, with its real port.
  const std::string& address() const { return listener_->address(); }
  // The App's ticker sets the state.
  rpc::HealthService& health() { return health_; }
  // Ends streams whose key is no longer in force; those of events look after
  // themselves. It is called about twice a second, by one thread.
  void CheckKeys() { reflection_streams_.CheckKeys(); }

  // Refuses connections, and every new call with DRAINING. Streams and calls
  // that are under way go on.
  void Drain();
  // Says goodbye to all connections, ends all streams, and waits for calls that
  // are under way, at most for `grace`; then they are cut off. It must follow
  // Drain. It waits up to half a second more, until callers have fallen silent
  // (StopGate).
  void Shutdown(std::chrono::milliseconds grace);

 private:
  // Makes the services; nothing is served yet.
  GrpcServer(const Options& options, const Dependencies& dependencies,
             access::Methods methods,
             std::unique_ptr<rpc::GrpcListener> listener);
  // Builds gRPC's server with its limits and starts it.
  absl::Status Serve(const Options& options);
  // Waits until no call has arrived for 20 ms, or for 500 ms in all. The gate
  // must be holding answers.
  void AwaitQuiet();

  // Its hub ends the streams of events.
  events::EventLog& log_;
  // It outlives server_, whose connections it has accepted. The services do so,
  // too, because calls use them until the server is gone.
  std::unique_ptr<rpc::GrpcListener> listener_;
  // All services share one admission, so that the limits hold for all together.
  rpc::Admission admission_;
  rpc::CallContext calls_;
  rpc::AccessServiceImpl access_;
  rpc::ChannelServiceImpl channels_;
  rpc::MessagingServiceImpl messaging_;
  rpc::EventServiceImpl events_;
  rpc::ServerServiceImpl info_;
  // Health and reflection are open to more callers than the contract's
  // services.
  rpc::HealthService health_;
  rpc::ReflectionStreams reflection_streams_;
  rpc::ReflectionServiceV1 reflection_v1_;
  rpc::ReflectionServiceV1Alpha reflection_v1alpha_;
  // It is null after Shutdown.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace linktor::app
