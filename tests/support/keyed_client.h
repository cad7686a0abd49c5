// A KeyedClient calls the server with an API key.

#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "linktor/instagram/v1/server_service.grpc.pb.h"
#include "server/base/v1.h"

namespace linktor::testing {

class KeyedClient {
 public:
  // When the key is empty, no key is sent.
  KeyedClient(const std::shared_ptr<grpc::Channel>& channel, std::string key)
      : key_(std::move(key)),
        access_(v1::AccessService::NewStub(channel)),
        channels_(v1::ChannelService::NewStub(channel)),
        messaging_(v1::MessagingService::NewStub(channel)),
        events_(v1::EventService::NewStub(channel)),
        server_(v1::ServerService::NewStub(channel)) {}

  // Returns a context with the key and a deadline.
  std::unique_ptr<grpc::ClientContext> Context(int seconds = 20) const;

  v1::AccessService::Stub& access() const { return *access_; }
  v1::ChannelService::Stub& channels() const { return *channels_; }
  v1::MessagingService::Stub& messaging() const { return *messaging_; }
  v1::EventService::Stub& events() const { return *events_; }
  v1::ServerService::Stub& server() const { return *server_; }

  // Creates a key and returns it. Fails the test when the server refuses it.
  v1::CreateApiKeyResponse CreateKey(
      const std::vector<v1::Permission>& permissions,
      const std::vector<std::string>& channels = {}) const;
  v1::CreateApiKeyResponse CreateKey(
      const v1::CreateApiKeyRequest& request) const;
  // Replaces one field of a key.
  grpc::Status UpdateKey(const v1::ApiKey& key, const std::string& path) const;
  grpc::Status DeleteKey(const std::string& id) const;

  // Subscribes, waits for the first response, and cancels the stream. Returns
  // OK when a response came, or the status with which the stream ended.
  grpc::Status Subscribe(const v1::SubscribeEventsRequest& request) const;

 private:
  const std::string key_;
  const std::unique_ptr<v1::AccessService::Stub> access_;
  const std::unique_ptr<v1::ChannelService::Stub> channels_;
  const std::unique_ptr<v1::MessagingService::Stub> messaging_;
  const std::unique_ptr<v1::EventService::Stub> events_;
  const std::unique_ptr<v1::ServerService::Stub> server_;
};

// Returns every permission that there is.
std::vector<v1::Permission> AllPermissions();

// Returns the first line of a file. A file with an API key has only one line.
std::string FirstLine(const std::string& path);

}  // namespace linktor::testing
