// A Peer says how the load generators reach a gRPC server.

#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace linktor::bench {

struct Peer {
  // The address looks like "127.0.0.1:50051".
  std::string address;
  // The connection is plain when these are null.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // An empty key is not presented.
  std::string api_key;

  // Makes a connection that no other channel shares.
  std::shared_ptr<grpc::Channel> Connect(
      grpc::ChannelArguments arguments = {}) const {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address,
                                     credentials != nullptr
                                         ? credentials
                                         : grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  // Adds the API key to a call, if there is one.
  void PresentKey(grpc::ClientContext& context) const {
    if (api_key.empty()) return;
    context.AddMetadata("authorization", "Bearer " + api_key);
  }
};

}  // namespace linktor::bench
