// These tests run the whole command line against a gRPC server in this process.
// Its services are fakes, which record what metadata their calls had.

#pragma once

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/commands.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "tests/support/temp_folder.h"

namespace linktor::cli {

// A refusal as the server makes it has a reason.
inline grpc::Status Refused(
    grpc::StatusCode code, const std::string& reason,
    const std::map<std::string, std::string>& metadata = {}) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("instagram.linktor");
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  google::rpc::Status rpc;
  rpc.add_details()->PackFrom(info);
  return {code, "refused", rpc.SerializeAsString()};
}

// They are the "authorization" of every call, in order; "-" is a call without.
using Authorizations = std::vector<std::string>;

inline void Record(const grpc::ServerContext* context, Authorizations& all) {
  const auto& metadata = context->client_metadata();
  const auto [first, last] = metadata.equal_range("authorization");
  if (first == last) all.emplace_back("-");
  for (auto it = first; it != last; ++it) {
    all.emplace_back(it->second.data(), it->second.size());
  }
}

// It keeps keys as the contract says, without judging anybody.
class FakeAccess final : public v1::AccessService::Service {
 public:
  static constexpr char kSecret[] = "lig_made_secret";

  // They are kept by id; a test touches them between calls only.
  std::map<std::string, v1::ApiKey> keys;
  Authorizations authorizations;
  std::vector<v1::CreateApiKeyRequest> created;
  std::vector<v1::UpdateApiKeyRequest> updated;
  // Unless they are OK the methods answer with them and do nothing.
  grpc::Status create_status, update_status;
  bool replay = false;
  int page_size = 2;

  grpc::Status CreateApiKey(grpc::ServerContext* context,
                            const v1::CreateApiKeyRequest* request,
                            v1::CreateApiKeyResponse* response) override {
    Record(context, authorizations);
    created.push_back(*request);
    if (!create_status.ok()) return create_status;
    v1::ApiKey key = request->api_key();
    key.set_id(absl::StrFormat("%016x", 0xa0 + created.size()));
    *response->mutable_api_key() = key;
    keys.insert_or_assign(response->api_key().id(), std::move(key));
    if (!replay) response->set_secret(kSecret);
    return grpc::Status::OK;
  }

  grpc::Status GetApiKey(grpc::ServerContext* context,
                         const v1::GetApiKeyRequest* request,
                         v1::GetApiKeyResponse* response) override {
    Record(context, authorizations);
    const auto found = keys.find(request->api_key_id());
    if (found == keys.end()) return NotFound();
    *response->mutable_api_key() = found->second;
    return grpc::Status::OK;
  }

  grpc::Status ListApiKeys(grpc::ServerContext* context,
                           const v1::ListApiKeysRequest* request,
                           v1::ListApiKeysResponse* response) override {
    Record(context, authorizations);
    for (auto it = keys.upper_bound(request->page_token()); it != keys.end();
         ++it) {
      if (response->api_keys_size() == page_size) {
        response->set_next_page_token(response->api_keys().rbegin()->id());
        break;
      }
      *response->add_api_keys() = it->second;
    }
    return grpc::Status::OK;
  }

  grpc::Status UpdateApiKey(grpc::ServerContext* context,
                            const v1::UpdateApiKeyRequest* request,
                            v1::UpdateApiKeyResponse* response) override {
    Record(context, authorizations);
    updated.push_back(*request);
    if (!update_status.ok()) return update_status;
    const auto found = keys.find(request->api_key().id());
    if (found == keys.end()) return NotFound();
    for (const std::string& path : request->update_mask().paths()) {
      if (path == "name") found->second.set_name(request->api_key().name());
      if (path == "disabled") {
        found->second.set_disabled(request->api_key().disabled());
      }
      if (path == "expire_time") {
        found->second.clear_expire_time();
        if (request->api_key().has_expire_time()) {
          *found->second.mutable_expire_time() =
              request->api_key().expire_time();
        }
      }
    }
    *response->mutable_api_key() = found->second;
    return grpc::Status::OK;
  }

  grpc::Status DeleteApiKey(grpc::ServerContext* context,
                            const v1::DeleteApiKeyRequest* request,
                            v1::DeleteApiKeyResponse* /*response*/) override {
    Record(context, authorizations);
    return keys.erase(request->api_key_id()) == 1 ? grpc::Status::OK
                                                  : NotFound();
  }

 private:
  static grpc::Status NotFound() {
    return Refused(grpc::StatusCode::NOT_FOUND, "API_KEY_NOT_FOUND");
  }
};

// It answers every call with its status.
class FakeChannels final : public v1::ChannelService::Service {
 public:
  Authorizations authorizations;
  grpc::Status status;

  grpc::Status ListChannels(grpc::ServerContext* context,
                            const v1::ListChannelsRequest* /*request*/,
                            v1::ListChannelsResponse* /*response*/) override {
    Record(context, authorizations);
    return status;
  }
};

// It answers every call with its status, a send after so many broken ones.
class FakeMessaging final : public v1::MessagingService::Service {
 public:
  std::vector<v1::SendMessageRequest> sent;
  std::vector<v1::GetMessageRequest> got;
  std::vector<v1::ResolveMessageRequest> resolved;
  std::vector<v1::GetUserProfileRequest> profiled;
  std::vector<v1::RefreshMediaRequest> refreshed;
  // What GetMessage and ResolveMessage return.
  v1::Message message;
  // What GetUserProfile and RefreshMedia return.
  v1::UserProfile profile;
  v1::RefreshMediaResponse media;
  int breaks = 0;
  grpc::Status status;

  grpc::Status SendMessage(grpc::ServerContext* /*context*/,
                           const v1::SendMessageRequest* request,
                           v1::SendMessageResponse* response) override {
    sent.push_back(*request);
    if (breaks > 0) {
      --breaks;
      return {grpc::StatusCode::UNAVAILABLE, "broken"};
    }
    response->mutable_message()->set_request_id(request->request_id());
    return status;
  }

  grpc::Status GetMessage(grpc::ServerContext* /*context*/,
                          const v1::GetMessageRequest* request,
                          v1::GetMessageResponse* response) override {
    got.push_back(*request);
    *response->mutable_message() = message;
    return status;
  }

  grpc::Status ResolveMessage(grpc::ServerContext* /*context*/,
                              const v1::ResolveMessageRequest* request,
                              v1::ResolveMessageResponse* response) override {
    resolved.push_back(*request);
    *response->mutable_message() = message;
    return status;
  }

  grpc::Status GetUserProfile(grpc::ServerContext* /*context*/,
                              const v1::GetUserProfileRequest* request,
                              v1::GetUserProfileResponse* response) override {
    profiled.push_back(*request);
    *response->mutable_profile() = profile;
    return status;
  }

  grpc::Status RefreshMedia(grpc::ServerContext* /*context*/,
                            const v1::RefreshMediaRequest* request,
                            v1::RefreshMediaResponse* response) override {
    refreshed.push_back(*request);
    *response = media;
    return status;
  }
};

// Its stream is at its end at once.
class FakeEvents final : public v1::EventService::Service {
 public:
  Authorizations authorizations;

  grpc::Status SubscribeEvents(
      grpc::ServerContext* context,
      const v1::SubscribeEventsRequest* /*request*/,
      grpc::ServerWriter<v1::SubscribeEventsResponse>* writer) override {
    Record(context, authorizations);
    v1::SubscribeEventsResponse response;
    response.set_caught_up(true);
    writer->Write(response);
    return grpc::Status::OK;
  }
};

// The services are on a port of loopback, and linktor-ig is run against them.
class LocalServerTest : public ::testing::Test {
 protected:
  // It tells how a command ended.
  struct Outcome {
    int status = 0;
    std::string out, err;
  };

  LocalServerTest() { Listen("127.0.0.1:0"); }

  // Stops listening at the address until now, and listens at this one instead.
  void Listen(const std::string& address) {
    if (server_ != nullptr) server_->Shutdown();
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&access_);
    builder.RegisterService(&channels_);
    builder.RegisterService(&messaging_);
    builder.RegisterService(&events_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    environment_["LINKTOR_IG_SERVER"] =
        port > 1 ? absl::StrCat("127.0.0.1:", port) : address;
  }

  // Does what main() does.
  Outcome RunCli(const std::vector<std::string>& words, bool terminal = false) {
    Session session(
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = environment_.find(name);
          if (found == environment_.end()) return std::nullopt;
          return found->second;
        });
    session.options().words = words;
    session.options().terminal = terminal;
    ::linktor::cli::Run run;
    CLI::App app("", "linktor-ig");
    app.fallthrough();
    app.require_subcommand(1);
    AddCommands({app, session, run});
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
      app.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
      return {2, "", ExplainUsage(app, error.what())};
    }
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const auto status = static_cast<int>(run());
    Outcome outcome{status, ::testing::internal::GetCapturedStdout(), ""};
    outcome.err = ::testing::internal::GetCapturedStderr();
    return outcome;
  }

  // Writes a file for its owner only.
  std::string Written(const std::string& name, const std::string& text) {
    std::string path = absl::StrCat(folder_.path(), "/", name);
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
    return path;
  }

  const TempFolder folder_;
  std::map<std::string, std::string> environment_;
  FakeAccess access_;
  FakeChannels channels_;
  FakeMessaging messaging_;
  FakeEvents events_;
  // The services outlive it.
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace linktor::cli
