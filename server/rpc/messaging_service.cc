#include "server/rpc/messaging_service.h"

#include "server/base/try.h"
#include "server/rpc/validation.h"

namespace linktor {

// Not RunUnary: the executor is held only for the steps, not while Instagram
// works.
grpc::ServerUnaryReactor* MessagingServiceImpl::SendMessage(
    grpc::CallbackServerContext* context, const v1::SendMessageRequest* request,
    v1::SendMessageResponse* response) {
  static constexpr std::string_view kMethod = "SendMessage";
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Sender::Deadline deadline = context->deadline();
  const auto begin = [this, reactor, request, response, deadline] {
    if (absl::Status status = Validate(*request); !status.ok()) {
      return calls_.Finish(reactor, kMethod, status);
    }
    sender_.Send(*request, deadline,
                 [this, reactor,
                  response](absl::StatusOr<v1::SendMessageResponse> result) {
                   if (result.ok()) *response = *std::move(result);
                   calls_.Finish(reactor, kMethod, result.status());
                 });
  };
  if (calls_.draining()) {
    calls_.Finish(reactor, kMethod, DrainingError());
  } else if (!calls_.executor().TryRun(begin)) {
    calls_.Finish(reactor, kMethod, OverloadedError());
  }
  return reactor;
}

grpc::ServerUnaryReactor* MessagingServiceImpl::GetMessage(
    grpc::CallbackServerContext* context, const v1::GetMessageRequest* request,
    v1::GetMessageResponse* response) {
  return calls_.RunUnary(
      context, "GetMessage", [this, request, response]() -> absl::Status {
        LINKTOR_TRY(Validate(*request));
        LINKTOR_ASSIGN(*response->mutable_message(), reader_.Find(*request));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::ResolveMessage(
    grpc::CallbackServerContext* context,
    const v1::ResolveMessageRequest* request,
    v1::ResolveMessageResponse* response) {
  return calls_.RunUnary(
      context, "ResolveMessage", [this, request, response]() -> absl::Status {
        LINKTOR_TRY(Validate(*request));
        LINKTOR_ASSIGN(*response->mutable_message(), sender_.Resolve(*request));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::GetConversation(
    grpc::CallbackServerContext* context,
    const v1::GetConversationRequest* request,
    v1::GetConversationResponse* response) {
  return calls_.RunUnary(context, "GetConversation",
                         [this, request, response]() -> absl::Status {
                           LINKTOR_TRY(Validate(*request));
                           LINKTOR_ASSIGN(*response->mutable_conversation(),
                                          conversations_.Get(*request));
                           return absl::OkStatus();
                         });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::UpdateConversation(
    grpc::CallbackServerContext* context,
    const v1::UpdateConversationRequest* request,
    v1::UpdateConversationResponse* response) {
  return calls_.RunUnary(context, "UpdateConversation",
                         [this, request, response]() -> absl::Status {
                           LINKTOR_TRY(Validate(*request));
                           LINKTOR_ASSIGN(*response->mutable_conversation(),
                                          conversations_.Update(*request));
                           return absl::OkStatus();
                         });
}

}  // namespace linktor
