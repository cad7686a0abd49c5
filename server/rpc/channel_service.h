// ChannelService over gRPC: a thin shell around channels/ and graph/.

#pragma once

#include <memory>

#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "server/channels/channel_admin.h"
#include "server/graph/client.h"
#include "server/rpc/unary_call.h"

namespace linktor {

using RawChannelService = RawMethods<
    v1::ChannelService::Service,
    v1::ChannelService::WithRawCallbackMethod_CreateChannel,
    v1::ChannelService::WithRawCallbackMethod_GetChannel,
    v1::ChannelService::WithRawCallbackMethod_ListChannels,
    v1::ChannelService::WithRawCallbackMethod_UpdateChannel,
    v1::ChannelService::WithRawCallbackMethod_DeleteChannel,
    v1::ChannelService::WithRawCallbackMethod_SetChannelCredentials,
    v1::ChannelService::WithRawCallbackMethod_SetIceBreakers,
    v1::ChannelService::WithRawCallbackMethod_GetIceBreakers,
    v1::ChannelService::WithRawCallbackMethod_DeleteIceBreakers>::Type;

class ChannelServiceImpl final : public RawChannelService {
 public:
  ChannelServiceImpl(CallContext& calls, ChannelAdmin& admin,
                     const ChannelRegistry& registry, GraphClient& graph)
      : calls_(calls), admin_(admin), registry_(registry), graph_(graph) {}

  grpc::ServerUnaryReactor* CreateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetChannel(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListChannels(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* UpdateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DeleteChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SetChannelCredentials(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* SetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DeleteIceBreakers(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  // Begins a Graph call with the account of the call's channel, unless the call
  // is null or has to be refused.
  template <typename Call, typename Begin>
  void RunGraph(const std::shared_ptr<Call>& call, const Begin& begin);

  CallContext& calls_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  GraphClient& graph_;
};

}  // namespace linktor
