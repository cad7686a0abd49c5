// ChannelService over gRPC: a thin shell around channels/.
//
// gRPC calls the methods on its own threads, and they do not block: work that
// may block runs on the executor, and the answer comes from there or from the
// thread of the Graph client. Every call was admitted, read and validated
// before; the errors below come on top. CHANNEL_NOT_FOUND can come from all but
// CreateChannel and ListChannels.

#pragma once

#include <memory>

#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "server/channels/channel_admin.h"
#include "server/channels/ice_breakers.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h). A
// method that is missing here would be answered with UNIMPLEMENTED.
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
  // All must outlive this.
  ChannelServiceImpl(CallContext& calls, channels::ChannelAdmin& admin,
                     channels::IceBreakers& ice_breakers,
                     const channels::ChannelRegistry& registry)
      : calls_(calls),
        admin_(admin),
        ice_breakers_(ice_breakers),
        registry_(registry) {}

  // Makes a channel, and makes no Graph call. It fails with
  // CHANNEL_ALREADY_EXISTS, ACCOUNT_ALREADY_CONNECTED, REQUEST_ID_REUSED. It
  // waits for the journal.
  grpc::ServerUnaryReactor* CreateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Answers from the registry in memory, without the disk.
  grpc::ServerUnaryReactor* GetChannel(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the channels that the caller covers, by id, from the
  // registry. It never fails.
  grpc::ServerUnaryReactor* ListChannels(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Changes the fields that the mask names. It fails with INVALID_REQUEST,
  // ACCOUNT_ALREADY_CONNECTED, and OVERLOADED when others change the channel
  // all the time. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Deletes the channel and its credentials. It waits for the journal.
  grpc::ServerUnaryReactor* DeleteChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Replaces the credentials that the request names. It fails with
  // INVALID_REQUEST for a secret to remove that is not there, or one secret too
  // many. It waits for the journal.
  grpc::ServerUnaryReactor* SetChannelCredentials(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // The three methods call Meta: CREDENTIALS_MISSING when the channel has no
  // token, and each reason that a Graph error is mapped to.
  //
  // SetIceBreakers remembers the ice breakers before it asks Meta, because a
  // tap on one may arrive before Meta's answer.
  grpc::ServerUnaryReactor* SetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Remembers the ice breakers that Meta names. It answers also when they could
  // not be remembered, which is only logged.
  grpc::ServerUnaryReactor* GetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Deletes them at Meta alone: a tap on an old one is still recognised.
  grpc::ServerUnaryReactor* DeleteIceBreakers(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // It waits for the journal, so it is called on the executor alone.
  channels::ChannelAdmin& admin_;
  // Set waits for the journal; the others do not block.
  channels::IceBreakers& ice_breakers_;
  // The registry is in memory; every thread may ask it.
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::rpc
