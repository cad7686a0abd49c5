// A Connection knows how to reach one server. It makes gRPC channels to that
// server. WaitUntilConnected() waits until such a channel is connected.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <functional>
#include <memory>

#include "linktor/instagram/client.h"

namespace linktor::instagram {

// A Connection is immutable, and it is for any thread.
class Connection {
 public:
  // Reads the files of TLS and checks the address and the key. Fails with
  // kRefused when one of them cannot be used. The Connection is shared because
  // a subscription may outlive its client.
  static Result<std::shared_ptr<const Connection>> Create(
      const ClientOptions& options);

  // Returns a channel that has its own connection and connects at the first
  // call. Every call on the channel carries the API key.
  std::shared_ptr<grpc::Channel> NewChannel() const;

 private:
  // The caller must be Create(), which has checked the values.
  Connection(std::string address, std::string server_name, std::string api_key,
             std::shared_ptr<grpc::ChannelCredentials> credentials);

  // It is host:port or unix:/path, as the options name it.
  const std::string address_;
  // This is the name that the server's certificate must have. It is empty when
  // that name is the host of the address.
  const std::string server_name_;
  // This is the API key without white space around it; it is empty when there
  // is no key. It must not be logged.
  const std::string api_key_;
  // gRPC keeps the credentials with each channel.
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
};

// When a call or a stream is tried again, it waits at most this long for a
// connection.
inline constexpr std::chrono::milliseconds kConnectTimeout(1000);

// Waits until the channel is connected, until `most` is over, or until `stop`
// returns true; `stop` is called every 100 ms. The wait is needed because gRPC
// connects only while somebody waits for the connection. Without it, the next
// call would fail at once with the error of an earlier attempt, although the
// server can be reached again.
void WaitUntilConnected(grpc::Channel& channel, std::chrono::milliseconds most,
                        const std::function<bool()>& stop);

}  // namespace linktor::instagram
