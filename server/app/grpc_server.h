// A GrpcServer is the gRPC side of the server. It owns the gRPC services and
// the clients' connections, and ends them in the right order when the server
// stops. The App makes one GrpcServer, and calls Start, Drain and Shutdown in
// this order, on one thread.

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

// The parts of the gRPC side are in rpc/. This class puts them together and
// stops them in the right order.
class GrpcServer {
 public:
  // The services use these components, which must all outlive the GrpcServer.
  // The executor's tasks use the components, too. Therefore the executor must
  // have run all its tasks before one of the components is destroyed.
  struct Dependencies {
    // The executor runs the part of a call's work that may block.
    Executor& executor;
    // The observer counts every call. It is called on gRPC's threads and on the
    // executor's threads.
    rpc::CallObserver& observer;
    // The pointer is null when callers need no API keys.
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
    // EventService calls it for each RedriveDeliveries, on the executor.
    rpc::EventServiceImpl::Redrive redrive;
    // ServerService calls it for each GetServerInfo, on the executor.
    rpc::ServerServiceImpl::Describe describe;
  };
  // The options come from the configuration, and do not change while the server
  // runs.
  struct Options {
    rpc::GrpcListener::Options listen;
    // The server asks this function for the certificate at each handshake. A
    // null function means that the port has no TLS.
    TlsSource tls;
    // When it is true, a client must show a certificate. Without TLS this
    // option has no effect.
    bool require_client_certificate = false;
    rpc::Admission::Limits limits;
  };

  // Listens and serves. Fails as rpc::GrpcListener::Bind does, such as with
  // UNAVAILABLE when the address cannot be bound. Fails with
  // FAILED_PRECONDITION when a method of the contract does not declare who may
  // call it (see access/methods.h), because a server that lets everybody call
  // this method must not start.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, const Dependencies& dependencies);
  // Before destruction, Shutdown must have been called.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Returns the address at which the server listens, with its real port.
  const std::string& address() const { return listener_->address(); }
  // Returns gRPC's health service. The App sets the state of this service.
  rpc::HealthService& health() { return health_; }
  // Ends the streams of gRPC's server reflection whose API key is no longer in
  // force (see access/api_keys.h). Event streams need no such call, because
  // each of them checks its own key. One thread calls this function, about
  // twice a second.
  void CheckKeys() { reflection_streams_.CheckKeys(); }

  // From now on, new connections are refused, every new call is refused with
  // DRAINING, and the health service says NOT_SERVING. Streams and calls that
  // are under way go on.
  void Drain();
  // The App calls Shutdown after Drain. First it waits, for half a second at
  // most, until callers make no more calls (see rpc/stop_gate.h). Then it sends
  // a GOAWAY on every connection: this frame of HTTP/2 tells the client to make
  // no more calls on the connection. After that it ends all streams and waits
  // for the calls that are under way. It cancels the calls that have not ended
  // after `grace`.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  // Makes the services. Nothing is served yet.
  GrpcServer(const Options& options, const Dependencies& dependencies,
             access::Methods methods,
             std::unique_ptr<rpc::GrpcListener> listener);
  // Makes gRPC's own server (grpc::Server), sets its limits, and starts it.
  absl::Status Serve(const Options& options);
  // Waits until no new call has arrived and no call was under way for 20 ms. It
  // stops waiting after 500 ms in all. The StopGate of admission must already
  // be in its second state (Holding, see rpc/stop_gate.h).
  void AwaitQuiet();

  // Shutdown ends the event streams through the hub of the event log.
  events::EventLog& log_;
  // The listener must outlive server_, because it has accepted the connections
  // that server_ uses. The services below must also outlive server_, because
  // calls use them until server_ is destroyed.
  std::unique_ptr<rpc::GrpcListener> listener_;
  // All services share one Admission, so that its limits count the calls of all
  // services together.
  rpc::Admission admission_;
  rpc::CallContext calls_;
  rpc::AccessServiceImpl access_;
  rpc::ChannelServiceImpl channels_;
  rpc::MessagingServiceImpl messaging_;
  rpc::EventServiceImpl events_;
  rpc::ServerServiceImpl info_;
  // Everybody may call the health service. For reflection a caller needs a key
  // that is in force, but no permission.
  rpc::HealthService health_;
  rpc::ReflectionStreams reflection_streams_;
  rpc::ReflectionServiceV1 reflection_v1_;
  rpc::ReflectionServiceV1Alpha reflection_v1alpha_;
  // The pointer is null after Shutdown.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace linktor::app
