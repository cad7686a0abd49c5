// MessagingService over gRPC: a thin shell around messaging/.

#pragma once

#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "server/rpc/unary_call.h"

namespace linktor {

using RawMessagingService = RawMethods<
    v1::MessagingService::Service,
    v1::MessagingService::WithRawCallbackMethod_SendMessage,
    v1::MessagingService::WithRawCallbackMethod_GetMessage,
    v1::MessagingService::WithRawCallbackMethod_ResolveMessage,
    v1::MessagingService::WithRawCallbackMethod_GetConversation,
    v1::MessagingService::WithRawCallbackMethod_UpdateConversation>::Type;

class MessagingServiceImpl final : public RawMessagingService {
 public:
  MessagingServiceImpl(CallContext& calls, Sender& sender, Settler& settler,
                       MessageReader& reader, Conversations& conversations)
      : calls_(calls),
        sender_(sender),
        settler_(settler),
        reader_(reader),
        conversations_(conversations) {}

  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ResolveMessage(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* UpdateConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  Sender& sender_;
  Settler& settler_;
  MessageReader& reader_;
  Conversations& conversations_;
};

}  // namespace linktor
