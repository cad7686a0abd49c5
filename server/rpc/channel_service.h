// This is ChannelService over gRPC: a thin shell around channels/.
//
// gRPC calls the methods on its own threads, and the methods do not block. Work
// that may block runs on the executor. The answer comes from the executor, or
// from the thread of the Graph client. Before its work begins, each call is
// admitted, read and validated (Admission, ReadRequest). These steps have
// errors of their own, in addition to those below. All methods except
// CreateChannel and ListChannels can fail with CHANNEL_NOT_FOUND. A request
// with an etag fails with CHANNEL_CHANGED when the channel has another etag by
// now.

#pragma once

#include <memory>

#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "server/channels/channel_admin.h"
#include "server/channels/ice_breakers.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing here, gRPC answers its calls with UNIMPLEMENTED.
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
  // All of these must outlive this object.
  ChannelServiceImpl(CallContext& calls, channels::ChannelAdmin& admin,
                     channels::IceBreakers& ice_breakers,
                     const channels::ChannelRegistry& registry)
      : calls_(calls),
        admin_(admin),
        ice_breakers_(ice_breakers),
        registry_(registry) {}

  // Makes a channel. It does not call Meta. It fails with
  // CHANNEL_ALREADY_EXISTS, ACCOUNT_ALREADY_CONNECTED and REQUEST_ID_REUSED. It
  // waits for the journal.
  grpc::ServerUnaryReactor* CreateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Answers from the registry, which is in memory, without reading the disk.
  grpc::ServerUnaryReactor* GetChannel(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the channels that the caller covers, sorted by id, from
  // the registry. It has no errors of its own.
  grpc::ServerUnaryReactor* ListChannels(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Changes the fields that the mask names. It fails with INVALID_REQUEST and
  // ACCOUNT_ALREADY_CONNECTED, and with OVERLOADED when other callers keep
  // changing the channel. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Deletes the channel and its credentials. If the request asks for it,
  // everything that is stored about the channel's customers is erased, too. It
  // fails with OVERLOADED as UpdateChannel does. It waits for the journal.
  grpc::ServerUnaryReactor* DeleteChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Sets, adds or removes the credentials that the request names. It fails with
  // INVALID_REQUEST when a secret to remove does not exist, or when the channel
  // would have one secret too many. It fails with OVERLOADED as UpdateChannel
  // does. It waits for the journal.
  grpc::ServerUnaryReactor* SetChannelCredentials(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // The three methods below call Meta. They fail with CREDENTIALS_MISSING when
  // the channel has no token, and with each reason that stands for a Graph
  // error.
  //
  // SetIceBreakers remembers the ice breakers before it asks Meta, because a
  // tap on one of them may arrive before Meta's answer.
  grpc::ServerUnaryReactor* SetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Returns the ice breakers that Meta has, and remembers them. When they
  // cannot be remembered, it answers anyway and only logs the failure.
  grpc::ServerUnaryReactor* GetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Deletes the ice breakers only at Meta. This server still remembers them, so
  // it still recognises a tap on an old one.
  grpc::ServerUnaryReactor* DeleteIceBreakers(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // It waits for the journal, so it is called only on the executor.
  channels::ChannelAdmin& admin_;
  // Set waits for the journal. Get and Delete do not block.
  channels::IceBreakers& ice_breakers_;
  // The registry is in memory; every thread may ask it.
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::rpc
