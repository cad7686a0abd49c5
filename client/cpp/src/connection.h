// A Connection knows how to reach one server: it makes channels for it, and
// knows how to wait for one.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <functional>
#include <memory>

#include "linktor/instagram/client.h"

namespace linktor::instagram {

// It is immutable, and for any thread.
class Connection {
 public:
  // Reads the files of TLS and checks the address and the key. kRefused when
  // one of them cannot be used. It is shared because a subscription may outlive
  // its client.
  static Result<std::shared_ptr<const Connection>> Create(
      const ClientOptions& options);

  // Returns a channel with a connection of its own, which it makes at the first
  // call. Every call on it carries the API key.
  std::shared_ptr<grpc::Channel> NewChannel() const;

 private:
  // Takes values that Create has checked.
  Connection(std::string address, std::string server_name, std::string api_key,
             std::shared_ptr<grpc::ChannelCredentials> credentials);

  // It is host:port or unix:/path, as the options name it.
  const std::string address_;
  // This is the name that the server's certificate must have, where that is not
  // the host of the address; else it is empty.
  const std::string server_name_;
  // This is the key without white space around it; it is empty for none. It
  // must not be logged.
  const std::string api_key_;
  // gRPC keeps them with each channel.
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
};

// A call or a stream that is tried again waits at most so long for a
// connection.
inline constexpr std::chrono::milliseconds kConnectTimeout(1000);

// Waits at most so long until the channel is connected, or until `stop` returns
// true; it is called every 100 ms. gRPC makes progress only while somebody
// waits for it: without this, a call fails at once with the error of an attempt
// before the wait, although the server is there again.
void WaitUntilConnected(grpc::Channel& channel, std::chrono::milliseconds most,
                        const std::function<bool()>& stop);

}  // namespace linktor::instagram
