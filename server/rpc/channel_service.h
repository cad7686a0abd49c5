// ChannelServiceImpl serves the gRPC service ChannelService. It hands the calls
// over to the classes of channels/.
//
// gRPC calls the methods on its own threads, and the methods do not block. Work
// that may block runs on the executor; where a comment says that a method waits
// for the journal, this work waits. The answer is sent by the executor, or by
// the thread of the Graph client. Before its work begins, each call is
// admitted, read and validated (admission.h, and ReadRequest in call.h). These
// steps have errors of their own, in addition to the errors that are named
// below. A method that waits for the journal can also fail as an append does
// (journal/journal.h).
//
// All methods except CreateChannel and ListChannels can fail with
// CHANNEL_NOT_FOUND. A request with an etag fails with CHANNEL_CHANGED when the
// channel has another etag by now. docs/errors.md explains each reason.

#pragma once

#include <memory>

#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "server/channels/channel_admin.h"
#include "server/channels/ice_breakers.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing in this list, gRPC answers its calls with
// UNIMPLEMENTED.
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
  // Returns a channel from the registry (channels/registry.h), which is in
  // memory. It does not read the disk.
  grpc::ServerUnaryReactor* GetChannel(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the channels that the caller's API key covers, sorted by
  // id, from the registry. It has no errors of its own.
  grpc::ServerUnaryReactor* ListChannels(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Changes the fields that update_mask names. It fails with INVALID_REQUEST
  // when the channel would use Facebook Login without a page id. It also fails
  // with ACCOUNT_ALREADY_CONNECTED, and with OVERLOADED when other callers keep
  // changing the channel. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Deletes the channel and its credentials. If the request sets `erase`, the
  // server also begins to erase everything that is stored about the channel's
  // customers. It fails with OVERLOADED as UpdateChannel does. It waits for the
  // journal.
  grpc::ServerUnaryReactor* DeleteChannel(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  // Sets, adds or removes the credentials that the request names. It fails with
  // INVALID_REQUEST when the app secret that should be removed does not exist,
  // or when the channel would have too many app secrets. It fails with
  // OVERLOADED as UpdateChannel does. It waits for the journal.
  grpc::ServerUnaryReactor* SetChannelCredentials(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // The three methods below call Meta's Graph API. They fail with
  // CREDENTIALS_MISSING when the channel has no access token. They also fail
  // with the reasons to which errors of the Graph API are mapped
  // (graph/error_map.h).
  //
  // SetIceBreakers replaces the ice breakers of the channel. It stores them in
  // this server before it asks Meta, because a tap on one of them may arrive
  // before Meta's answer. It waits for the journal.
  grpc::ServerUnaryReactor* SetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Returns the ice breakers that Meta has, and stores them in this server.
  // When they cannot be stored, the call still succeeds, and the failure is
  // only logged.
  grpc::ServerUnaryReactor* GetIceBreakers(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Deletes the ice breakers only at Meta. They stay stored in this server, so
  // it still recognises a tap on an old one.
  grpc::ServerUnaryReactor* DeleteIceBreakers(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // Its functions wait for the journal, so they are called only on the
  // executor.
  channels::ChannelAdmin& admin_;
  // Set waits for the journal. Get and Delete do not block.
  channels::IceBreakers& ice_breakers_;
  // The registry is in memory; every thread may ask it.
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::rpc
