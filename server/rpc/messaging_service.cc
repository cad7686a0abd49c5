#include "server/rpc/messaging_service.h"

#include "server/base/try.h"

namespace linktor::rpc {

// RunUnary would hold a thread of the executor while Instagram works; this
// holds one only for the steps.
grpc::ServerUnaryReactor* MessagingServiceImpl::SendMessage(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "SendMessage");
  const messaging::Sender::Deadline deadline = context->deadline();
  const auto call =
      OpenUnary<v1::SendMessageRequest, v1::SendMessageResponse>(calls_, raw);
  if (call != nullptr && !calls_.executor().TryRun([this, call, deadline] {
        sender_.Send(call->request(),
                     {.deadline = deadline,
                      .api_key_id = std::string(call->caller().key_id())},
                     [call](absl::StatusOr<v1::SendMessageResponse> result) {
                       if (!result.ok()) return call->Finish(result.status());
                       call->response() = *std::move(result);
                       call->Finish(absl::OkStatus());
                     });
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

grpc::ServerUnaryReactor* MessagingServiceImpl::GetMessage(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::GetMessageRequest, v1::GetMessageResponse>(
      calls_, {context, request, response, "GetMessage"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_message(),
                       reader_.Find(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::ListMessages(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListMessagesRequest, v1::ListMessagesResponse>(
      calls_, {context, request, response, "ListMessages"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(call.response(), list_.List(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::ResolveMessage(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ResolveMessageRequest, v1::ResolveMessageResponse>(
      calls_, {context, request, response, "ResolveMessage"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_message(),
                       settler_.Resolve(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::ListConversations(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListConversationsRequest, v1::ListConversationsResponse>(
      calls_, {context, request, response, "ListConversations"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(call.response(), conversations_.List(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::GetConversation(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::GetConversationRequest, v1::GetConversationResponse>(
      calls_, {context, request, response, "GetConversation"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_conversation(),
                       conversations_.Get(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::UpdateConversation(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::UpdateConversationRequest,
                  v1::UpdateConversationResponse>(
      calls_, {context, request, response, "UpdateConversation"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_conversation(),
                       conversations_.Update(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::EraseUser(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::EraseUserRequest, v1::EraseUserResponse>(
      calls_, {context, request, response, "EraseUser"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(call.response(), conversations_.Erase(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MessagingServiceImpl::GetUserProfile(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "GetUserProfile");
  const auto call =
      OpenUnary<v1::GetUserProfileRequest, v1::GetUserProfileResponse>(calls_,
                                                                       raw);
  if (call != nullptr) profiles_.Get(call->request(), FinishWith(call));
  return raw.reactor;
}

grpc::ServerUnaryReactor* MessagingServiceImpl::RefreshMedia(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "RefreshMedia");
  const auto call =
      OpenUnary<v1::RefreshMediaRequest, v1::RefreshMediaResponse>(calls_, raw);
  if (call != nullptr && !calls_.executor().TryRun([this, call] {
        media_.Refresh(call->request(), FinishWith(call));
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

}  // namespace linktor::rpc
