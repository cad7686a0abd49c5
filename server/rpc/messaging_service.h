// MessagingService over gRPC: a thin shell around messaging/.

#pragma once

#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/rpc/call.h"

namespace linktor {

class MessagingServiceImpl final
    : public v1::MessagingService::CallbackService {
 public:
  MessagingServiceImpl(CallContext& calls, Sender& sender,
                       MessageReader& reader, Conversations& conversations)
      : calls_(calls),
        sender_(sender),
        reader_(reader),
        conversations_(conversations) {}

  grpc::ServerUnaryReactor* SendMessage(
      grpc::CallbackServerContext* context,
      const v1::SendMessageRequest* request,
      v1::SendMessageResponse* response) override;
  grpc::ServerUnaryReactor* GetMessage(
      grpc::CallbackServerContext* context,
      const v1::GetMessageRequest* request,
      v1::GetMessageResponse* response) override;
  grpc::ServerUnaryReactor* ResolveMessage(
      grpc::CallbackServerContext* context,
      const v1::ResolveMessageRequest* request,
      v1::ResolveMessageResponse* response) override;
  grpc::ServerUnaryReactor* GetConversation(
      grpc::CallbackServerContext* context,
      const v1::GetConversationRequest* request,
      v1::GetConversationResponse* response) override;
  grpc::ServerUnaryReactor* UpdateConversation(
      grpc::CallbackServerContext* context,
      const v1::UpdateConversationRequest* request,
      v1::UpdateConversationResponse* response) override;

 private:
  CallContext& calls_;
  Sender& sender_;
  MessageReader& reader_;
  Conversations& conversations_;
};

}  // namespace linktor
