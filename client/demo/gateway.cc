#include "client/demo/gateway.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>

#include "absl/strings/str_cat.h"

namespace linktor::demo {
namespace {

constexpr auto kTimeout = std::chrono::seconds(20);

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kTimeout);
}

absl::Status ToStatus(const char* method, const grpc::Status& status) {
  return absl::Status(
      static_cast<absl::StatusCode>(status.error_code()),
      absl::StrCat(method, " failed: ", status.error_message()));
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Loopback, whatever the environment says about proxies.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

Gateway::Gateway(const std::shared_ptr<grpc::Channel>& channel)
    : channels_(v1::ChannelService::NewStub(channel)),
      messaging_(v1::MessagingService::NewStub(channel)) {}

absl::StatusOr<v1::Channel> Gateway::CreateChannel(
    const v1::CreateChannelRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::CreateChannelResponse response;
  grpc::Status status = channels_->CreateChannel(&context, request, &response);
  if (status.ok()) return response.channel();
  if (status.error_code() != grpc::StatusCode::ALREADY_EXISTS) {
    return ToStatus("CreateChannel", status);
  }
  grpc::ClientContext get_context;
  SetDeadline(get_context);
  v1::GetChannelRequest get;
  get.set_channel_id(request.channel().id());
  v1::GetChannelResponse found;
  status = channels_->GetChannel(&get_context, get, &found);
  if (!status.ok()) return ToStatus("GetChannel", status);
  return found.channel();
}

absl::StatusOr<v1::Message> Gateway::SendText(const std::string& channel_id,
                                              const std::string& to,
                                              const std::string& text,
                                              const std::string& request_id) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::SendMessageRequest request;
  request.set_channel_id(channel_id);
  request.set_to(to);
  request.mutable_content()->set_text(text);
  request.set_request_id(request_id);
  v1::SendMessageResponse response;
  const grpc::Status status =
      messaging_->SendMessage(&context, request, &response);
  if (!status.ok()) return ToStatus("SendMessage", status);
  return response.message();
}

}  // namespace linktor::demo
