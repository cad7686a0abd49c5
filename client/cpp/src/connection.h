// A connection is how to reach one server: it makes channels, and knows how to
// wait for one.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <functional>
#include <memory>

#include "linktor/instagram/client.h"

namespace linktor::instagram {

// It is for any thread.
class Connection {
 public:
  static Result<std::shared_ptr<const Connection>> Create(
      const ClientOptions& options);

  // Returns a channel with a connection of its own, which it makes at the first
  // call.
  std::shared_ptr<grpc::Channel> NewChannel() const;

 private:
  Connection(std::string address, std::string server_name, std::string api_key,
             std::shared_ptr<grpc::ChannelCredentials> credentials);

  // It is host:port or unix:/path, as the options name it.
  const std::string address_;
  const std::string server_name_;
  const std::string api_key_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
};

// Waits at most so long until the channel is connected, or until `stop` is
// true, which is asked every 100 ms. gRPC makes progress only while somebody
// waits for it: without this, a call fails at once with the error of an attempt
// before the wait, although the server is there again.
void WaitUntilConnected(grpc::Channel& channel, std::chrono::milliseconds most,
                        const std::function<bool()>& stop);

}  // namespace linktor::instagram
