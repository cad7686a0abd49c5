#include "tests/support/keyed_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace linktor::testing {

std::unique_ptr<grpc::ClientContext> KeyedClient::Context(int seconds) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(seconds));
  if (!key_.empty()) context->AddMetadata("authorization", "Bearer " + key_);
  return context;
}

v1::CreateApiKeyResponse KeyedClient::CreateKey(
    const std::vector<v1::Permission>& permissions,
    const std::vector<std::string>& channels) const {
  v1::CreateApiKeyRequest request;
  for (const v1::Permission one : permissions) {
    request.mutable_api_key()->add_permissions(one);
  }
  for (const std::string& one : channels) {
    request.mutable_api_key()->add_channel_ids(one);
  }
  return CreateKey(request);
}

v1::CreateApiKeyResponse KeyedClient::CreateKey(
    const v1::CreateApiKeyRequest& request) const {
  v1::CreateApiKeyResponse response;
  const grpc::Status status =
      access_->CreateApiKey(Context().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

grpc::Status KeyedClient::UpdateKey(const v1::ApiKey& key,
                                    const std::string& path) const {
  v1::UpdateApiKeyRequest request;
  *request.mutable_api_key() = key;
  request.mutable_update_mask()->add_paths(path);
  v1::UpdateApiKeyResponse response;
  return access_->UpdateApiKey(Context().get(), request, &response);
}

grpc::Status KeyedClient::DeleteKey(const std::string& id) const {
  v1::DeleteApiKeyRequest request;
  request.set_api_key_id(id);
  v1::DeleteApiKeyResponse response;
  return access_->DeleteApiKey(Context().get(), request, &response);
}

grpc::Status KeyedClient::Subscribe(
    const v1::SubscribeEventsRequest& request) const {
  const auto context = Context();
  const auto reader = events_->SubscribeEvents(context.get(), request);
  v1::SubscribeEventsResponse response;
  if (!reader->Read(&response)) return reader->Finish();
  context->TryCancel();
  while (reader->Read(&response)) {
  }
  (void)reader->Finish();
  return grpc::Status::OK;
}

std::vector<v1::Permission> AllPermissions() {
  return {v1::PERMISSION_READ_EVENTS, v1::PERMISSION_READ_MESSAGES,
          v1::PERMISSION_SEND, v1::PERMISSION_MANAGE_CHANNELS,
          v1::PERMISSION_MANAGE_ACCESS};
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  EXPECT_TRUE(std::getline(file, line)) << "cannot read " << path;
  return line;
}

}  // namespace linktor::testing
