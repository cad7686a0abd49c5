// ChannelService over gRPC: a thin shell around channels/ and graph/.

#pragma once

#include "absl/functional/any_invocable.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "server/channels/channel_admin.h"
#include "server/graph/client.h"
#include "server/rpc/call.h"

namespace linktor {

class ChannelServiceImpl final : public v1::ChannelService::CallbackService {
 public:
  ChannelServiceImpl(CallContext& calls, ChannelAdmin& admin,
                     const ChannelRegistry& registry, GraphClient& graph)
      : calls_(calls), admin_(admin), registry_(registry), graph_(graph) {}

  grpc::ServerUnaryReactor* CreateChannel(
      grpc::CallbackServerContext* context,
      const v1::CreateChannelRequest* request,
      v1::CreateChannelResponse* response) override;
  grpc::ServerUnaryReactor* GetChannel(
      grpc::CallbackServerContext* context,
      const v1::GetChannelRequest* request,
      v1::GetChannelResponse* response) override;
  grpc::ServerUnaryReactor* ListChannels(
      grpc::CallbackServerContext* context,
      const v1::ListChannelsRequest* request,
      v1::ListChannelsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateChannel(
      grpc::CallbackServerContext* context,
      const v1::UpdateChannelRequest* request,
      v1::UpdateChannelResponse* response) override;
  grpc::ServerUnaryReactor* DeleteChannel(
      grpc::CallbackServerContext* context,
      const v1::DeleteChannelRequest* request,
      v1::DeleteChannelResponse* response) override;
  grpc::ServerUnaryReactor* SetChannelCredentials(
      grpc::CallbackServerContext* context,
      const v1::SetChannelCredentialsRequest* request,
      v1::SetChannelCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* SetIceBreakers(
      grpc::CallbackServerContext* context,
      const v1::SetIceBreakersRequest* request,
      v1::SetIceBreakersResponse* response) override;
  grpc::ServerUnaryReactor* GetIceBreakers(
      grpc::CallbackServerContext* context,
      const v1::GetIceBreakersRequest* request,
      v1::GetIceBreakersResponse* response) override;
  grpc::ServerUnaryReactor* DeleteIceBreakers(
      grpc::CallbackServerContext* context,
      const v1::DeleteIceBreakersRequest* request,
      v1::DeleteIceBreakersResponse* response) override;

 private:
  // Checks the request and begins a Graph call with the channel's account;
  // `begin` gets what ends the RPC.
  using End = absl::AnyInvocable<void(absl::Status)>;
  template <typename Request, typename Begin>
  grpc::ServerUnaryReactor* RunGraph(grpc::CallbackServerContext* context,
                                     std::string_view method,
                                     const Request& request, Begin begin);
  // Runs `work`, which may block and gets `end`, on the executor.
  template <typename Work>
  void RunBlocking(End end, Work work);

  CallContext& calls_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  GraphClient& graph_;
};

}  // namespace linktor
