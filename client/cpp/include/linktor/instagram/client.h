// This is the client of the Linktor Instagram Gateway. It sends messages, and a
// send that it repeats is never delivered twice. It also reads events, and
// starts reading again by itself after a broken connection. An application
// makes one Client at its start and uses the Client from any thread.

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

// These are paths of PEM files; each path may be empty. Client::Create reads
// the files once.
struct TlsOptions {
  // The server's certificate must come from one of these roots. They replace
  // the roots of the system.
  std::string ca_file;
  // These are the client's own certificate and its private key, for servers
  // that ask for a client certificate.
  std::string cert_file;
  std::string key_file;
  // The server's certificate must have this name. It may be empty when the
  // certificate has the host name of the address.
  std::string server_name;
};

// The defaults fit a server on this machine.
struct ClientOptions {
  // The address has the form host:port or unix:/path.
  std::string address = "127.0.0.1:50051";
  // The API key is sent with every call, including calls on the stubs. White
  // space around the key is removed. An empty key means that no key is sent.
  std::string api_key;
  // When `tls` is absent, the address decides. The connection is plaintext to
  // this machine (a loopback address, "localhost" or a Unix socket). To any
  // other machine it uses TLS with the roots of the system.
  std::optional<TlsOptions> tls;
  // If true, everything goes unencrypted to the machine that the address names,
  // even the API key and the texts that customers write. It is for networks
  // that encrypt by themselves, such as a mesh.
  bool plaintext_to_other_machines = false;
};

// These are the options of one call.
struct CallOptions {
  // The call ends within this time, repetitions included. The server takes up
  // to 30 s for a send, and up to 90 s for a send with media. The remaining
  // time is for repeating the call.
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  // A stop request cancels the call, which then ends with CANCELLED. A send
  // that was in progress may still have been done (see Error::outcome_unknown).
  std::stop_token stop;
  // This function is called before each repetition of the call, on the thread
  // of the call. The call is repeated after `wait`.
  std::function<void(const Error&, std::chrono::milliseconds wait)> on_repeat;
};

// Returns whether everything that is sent to the address stays on this machine.
// The function does not resolve names. Every name except "localhost" counts as
// another machine.
bool IsThisMachine(const std::string& address);

// All functions are for any thread. A function that makes a call blocks until
// the call has ended. Make one client and keep it, because its calls share one
// connection.
class Client {
 public:
  // Makes a client, which connects at the first call. It fails with kRefused
  // when the address, the key or a file of TLS cannot be used. It does not
  // check whether a server answers.
  static Result<std::unique_ptr<Client>> Create(const ClientOptions& options);

  // Sends one message. Every send has a request id; when the request has none,
  // this function makes one. A caller that may send the same message again
  // after a restart must give the id itself. The id can be made from the event
  // that the message answers.
  //
  // When a call may not have reached the server, or when the server answers
  // UNAVAILABLE, the call is repeated until the timeout. It is repeated with
  // the same id, so the message is not sent twice. Every other refusal is
  // returned at once. The error has the request id and says whether the message
  // may have been sent.
  Result<v1::SendMessageResponse> Send(v1::SendMessageRequest request,
                                       const CallOptions& options = {});

  // Replaces the ice breakers of the account. The call is repeated like a call
  // of Send. This is safe, because setting the same ice breakers twice changes
  // nothing.
  Result<v1::SetIceBreakersResponse> SetIceBreakers(
      const v1::SetIceBreakersRequest& request,
      const CallOptions& options = {});

  // Returns a subscription, which may outlive the client. It makes its first
  // call when the application reads it.
  Subscription Subscribe(v1::SubscribeEventsRequest request = {},
                         SubscribeOptions options = {});

  // These are the generated stubs, for all calls that have no function here.
  // Pass the status of such a call to ErrorOf() to get its Error.
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

  // It is shared with the subscriptions, which may outlive the client.
  std::shared_ptr<const Connection> connection_;
  std::shared_ptr<grpc::Channel> channel_;
  // The stubs are thread-safe, as all stubs of gRPC are.
  v1::AccessService::Stub access_;
  v1::ChannelService::Stub channels_;
  v1::EventService::Stub events_;
  v1::MessagingService::Stub messaging_;
  v1::ServerService::Stub server_;
};

}  // namespace linktor::instagram
