// The calls that the demo makes to the server, as any service would.

#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"

namespace linktor::demo {

namespace v1 = ::linktor::instagram::v1;

// A plaintext channel to a loopback address.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

class Gateway {
 public:
  explicit Gateway(const std::shared_ptr<grpc::Channel>& channel);

  // Creates the channel, or finds it as an earlier run left it.
  absl::StatusOr<v1::Channel> CreateChannel(
      const v1::CreateChannelRequest& request);

  absl::StatusOr<v1::Message> SendText(const std::string& channel_id,
                                       const std::string& to,
                                       const std::string& text,
                                       const std::string& request_id);

 private:
  const std::unique_ptr<v1::ChannelService::Stub> channels_;
  const std::unique_ptr<v1::MessagingService::Stub> messaging_;
};

}  // namespace linktor::demo
