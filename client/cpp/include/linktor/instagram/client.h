// This is the client of the Linktor Instagram Gateway: it sends, which never
// sends twice, and reads events, which goes on by itself after a broken
// connection. Applications make one Client at their start and use it from any
// thread.

#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "linktor/instagram/error.h"
#include "linktor/instagram/request.h"
#include "linktor/instagram/subscription.h"
#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "linktor/instagram/v1/server_service.grpc.pb.h"

namespace linktor::instagram {

// The files are in PEM; each name may be empty. They are read once, by Create.
struct TlsOptions {
  // These roots may vouch for the server, in place of those of the system.
  std::string ca_file;
  // The client's own certificate and its private key, for servers that ask for
  // one.
  std::string cert_file;
  std::string key_file;
  // The server's certificate has this name, where that is not the host of the
  // address.
  std::string server_name;
};

// The defaults are those of a server on this machine.
struct ClientOptions {
  // It is host:port or unix:/path.
  std::string address = "127.0.0.1:50051";
  // It is sent with every call, also of the stubs. White space around it is
  // removed, and an empty key is none.
  std::string api_key;
  // Without it the connection is plaintext to this machine (a loopback address,
  // "localhost" or a Unix socket) and TLS, with the roots of the system, to any
  // other one.
  std::optional<TlsOptions> tls;
  // If true, everything, the API key and what customers write included, goes
  // unencrypted to whatever machine the address names. It is for networks that
  // encrypt by themselves, such as a mesh.
  bool plaintext_to_other_machines = false;
};

// These are the options of one call.
struct CallOptions {
  // The call ends within this time, repetitions included. A send takes the
  // server up to 30 s, with media 90 s; the rest is for repeating it.
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  // Asking it to stop cancels the call, which then ends with CANCELLED. A send
  // that was under way may have been done (Error::outcome_unknown).
  std::stop_token stop;
  // It is called, on the thread of the call, before the call is repeated after
  // `wait`.
  std::function<void(const Error&, std::chrono::milliseconds wait)> on_repeat;
};

// Returns whether everything that is sent to the address stays on this machine.
// Nobody is asked: another name that resolves to it is taken for another
// machine.
bool IsThisMachine(const std::string& address);

// All functions are for any thread, and block until their call has ended. Make
// one client and keep it: its calls share one connection.
class Client {
 public:
  // Makes a client, which connects at the first call. It fails with kRefused
  // when the address, the key or a file of TLS cannot be used. It does not try
  // whether there is a server.
  static Result<std::unique_ptr<Client>> Create(const ClientOptions& options);

  // Sends one message. It always has a request id, and makes one when the
  // request has none; a caller that may send the same message again after a
  // restart gives one, made from the event that is answered.
  //
  // A call that may not have reached the server, or that it answers with
  // UNAVAILABLE, is repeated with the same id until the timeout, which never
  // sends twice. All other refusals are returned at once. The error has the
  // request id and says whether the message may have been sent.
  Result<v1::SendMessageResponse> Send(v1::SendMessageRequest request,
                                       const CallOptions& options = {});

  // Replaces the ice breakers of the account. It is repeated as Send is; doing
  // it twice changes nothing.
  Result<v1::SetIceBreakersResponse> SetIceBreakers(
      const v1::SetIceBreakersRequest& request,
      const CallOptions& options = {});

  // Returns a subscription, which outlives the client if it must. It calls when
  // it is read.
  Subscription Subscribe(v1::SubscribeEventsRequest request = {},
                         SubscribeOptions options = {});

  // These are the generated stubs, for everything that has no function here.
  // ErrorOf() reads their status.
  v1::AccessService::Stub& access() { return access_; }
  v1::ChannelService::Stub& channels() { return channels_; }
  v1::EventService::Stub& events() { return events_; }
  v1::MessagingService::Stub& messaging() { return messaging_; }
  v1::ServerService::Stub& server() { return server_; }

  // Returns the channel, for stubs of other services.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  // Makes the stubs, which share one channel.
  explicit Client(std::shared_ptr<const Connection> connection);

  // It is shared with the subscriptions, which may live longer.
  std::shared_ptr<const Connection> connection_;
  std::shared_ptr<grpc::Channel> channel_;
  // The stubs are thread-safe, as gRPC's are.
  v1::AccessService::Stub access_;
  v1::ChannelService::Stub channels_;
  v1::EventService::Stub events_;
  v1::MessagingService::Stub messaging_;
  v1::ServerService::Stub server_;
};

}  // namespace linktor::instagram
