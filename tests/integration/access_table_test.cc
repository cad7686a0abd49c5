// These tests call every RPC with every kind of API key.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/access/key_text.h"
#include "server/access/methods.h"
#include "tests/integration/access_fixture.h"

namespace linktor::testing {
namespace {

// How one RPC is called on kChannel and what comes of it.
struct Row {
  // With UNSPECIFIED every key will do.
  v1::Permission permission;
  // The reason that a key over kOtherChannel alone gets; "" for OK.
  std::string other_channel;
  std::function<grpc::Status(const KeyedClient&)> call;
  // The reason that a key with the permission over all channels gets.
  std::string own;
};

template <typename Response, typename Stub, typename Request>
auto Unary(Stub& (KeyedClient::*service)() const,
           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                        Response*),
           const Request& request) {
  return [=](const KeyedClient& client) {
    Response response;
    return ((client.*service)().*method)(client.Context().get(), request,
                                         &response);
  };
}

template <typename Request>
Request OnChannel() {
  Request request;
  request.set_channel_id(kChannel);
  return request;
}

v1::CreateApiKeyRequest KeyOverAll() {
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->add_permissions(v1::PERMISSION_SEND);
  return request;
}

v1::UpdateApiKeyRequest RenameKey(const std::string& id) {
  v1::UpdateApiKeyRequest request;
  request.mutable_api_key()->set_id(id);
  request.mutable_update_mask()->add_paths("name");
  return request;
}

template <typename Request>
Request OnKey(const std::string& id) {
  Request request;
  request.set_api_key_id(id);
  return request;
}

// Deletes, as `client`, a key over kChannel that was made for it.
grpc::Status DeleteSomeKey(const KeyedClient& admin,
                           const KeyedClient& client) {
  const std::string id =
      admin.CreateKey({v1::PERMISSION_SEND}, {kChannel}).api_key().id();
  v1::DeleteApiKeyResponse response;
  return client.access().DeleteApiKey(
      client.Context().get(), OnKey<v1::DeleteApiKeyRequest>(id), &response);
}

// Deletes, as `client`, a channel that was made for it.
grpc::Status DeleteSomeChannel(const KeyedClient& admin,
                               const KeyedClient& client) {
  static int made = 0;
  v1::CreateChannelRequest create = Gateway::DefaultChannel();
  create.mutable_channel()->set_id(absl::StrCat("ch_made_", ++made));
  create.mutable_channel()->set_instagram_account_id(
      absl::StrCat(5'000'000 + made));
  create.mutable_channel()->clear_page_id();
  create.mutable_channel()->set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  v1::CreateChannelResponse created;
  const grpc::Status status =
      admin.channels().CreateChannel(admin.Context().get(), create, &created);
  EXPECT_TRUE(status.ok()) << status.error_message();
  v1::DeleteChannelRequest remove;
  remove.set_channel_id(create.channel().id());
  v1::DeleteChannelResponse response;
  return client.channels().DeleteChannel(client.Context().get(), remove,
                                         &response);
}

// `key_id`: of a key over kChannel that may only send.
std::map<std::string, Row> AccessRows(const KeyedClient& admin,
                                      const std::string& key_id) {
  using Stub = v1::AccessService::Stub;
  const auto row = [](const char* other, const auto& call) {
    return Row{v1::PERMISSION_MANAGE_ACCESS, other, call};
  };
  return {
      {"CreateApiKey",
       row("NOT_AUTHORIZED",
           Unary<v1::CreateApiKeyResponse>(&KeyedClient::access,
                                           &Stub::CreateApiKey, KeyOverAll()))},
      {"GetApiKey",
       row("API_KEY_NOT_FOUND",
           Unary<v1::GetApiKeyResponse>(&KeyedClient::access, &Stub::GetApiKey,
                                        OnKey<v1::GetApiKeyRequest>(key_id)))},
      {"ListApiKeys", row("", Unary<v1::ListApiKeysResponse>(
                                  &KeyedClient::access, &Stub::ListApiKeys,
                                  v1::ListApiKeysRequest()))},
      {"UpdateApiKey",
       row("API_KEY_NOT_FOUND",
           Unary<v1::UpdateApiKeyResponse>(
               &KeyedClient::access, &Stub::UpdateApiKey, RenameKey(key_id)))},
      {"DeleteApiKey", row("API_KEY_NOT_FOUND",
                           [&admin](const KeyedClient& client) {
                             return DeleteSomeKey(admin, client);
                           })},
  };
}

std::map<std::string, Row> ChannelRows(const KeyedClient& admin) {
  using Stub = v1::ChannelService::Stub;
  const auto row = [](const char* other, const auto& call) {
    return Row{v1::PERMISSION_MANAGE_CHANNELS, other, call};
  };
  v1::UpdateChannelRequest rename;
  rename.mutable_channel()->set_id(kChannel);
  rename.mutable_update_mask()->add_paths("name");
  auto credentials = OnChannel<v1::SetChannelCredentialsRequest>();
  credentials.set_verify_token(kVerifyToken);
  auto ice_breakers = OnChannel<v1::SetIceBreakersRequest>();
  auto* added = ice_breakers.add_ice_breakers();
  added->set_question("What?");
  added->set_payload("WHAT");
  return {
      // It is there already.
      {"CreateChannel",
       {v1::PERMISSION_MANAGE_CHANNELS, "NOT_AUTHORIZED",
        Unary<v1::CreateChannelResponse>(&KeyedClient::channels,
                                         &Stub::CreateChannel,
                                         Gateway::DefaultChannel()),
        "CHANNEL_ALREADY_EXISTS"}},
      {"GetChannel",
       row("CHANNEL_NOT_FOUND", Unary<v1::GetChannelResponse>(
                                    &KeyedClient::channels, &Stub::GetChannel,
                                    OnChannel<v1::GetChannelRequest>()))},
      {"ListChannels", row("", Unary<v1::ListChannelsResponse>(
                                   &KeyedClient::channels, &Stub::ListChannels,
                                   v1::ListChannelsRequest()))},
      {"UpdateChannel",
       row("CHANNEL_NOT_FOUND",
           Unary<v1::UpdateChannelResponse>(&KeyedClient::channels,
                                            &Stub::UpdateChannel, rename))},
      {"DeleteChannel", row("CHANNEL_NOT_FOUND",
                            [&admin](const KeyedClient& client) {
                              return DeleteSomeChannel(admin, client);
                            })},
      {"SetChannelCredentials",
       row("CHANNEL_NOT_FOUND",
           Unary<v1::SetChannelCredentialsResponse>(
               &KeyedClient::channels, &Stub::SetChannelCredentials,
               credentials))},
      {"SetIceBreakers",
       row("CHANNEL_NOT_FOUND",
           Unary<v1::SetIceBreakersResponse>(
               &KeyedClient::channels, &Stub::SetIceBreakers, ice_breakers))},
      {"GetIceBreakers", row("CHANNEL_NOT_FOUND",
                             Unary<v1::GetIceBreakersResponse>(
                                 &KeyedClient::channels, &Stub::GetIceBreakers,
                                 OnChannel<v1::GetIceBreakersRequest>()))},
      {"DeleteIceBreakers",
       row("CHANNEL_NOT_FOUND",
           Unary<v1::DeleteIceBreakersResponse>(
               &KeyedClient::channels, &Stub::DeleteIceBreakers,
               OnChannel<v1::DeleteIceBreakersRequest>()))},
  };
}

std::map<std::string, Row> MessagingRows() {
  using Stub = v1::MessagingService::Stub;
  const auto row = [](v1::Permission permission, const auto& call,
                      const char* own = "") {
    return Row{permission, "CHANNEL_NOT_FOUND", call, own};
  };
  auto send = OnChannel<v1::SendMessageRequest>();
  send.set_to(kUser);
  send.mutable_content()->set_text("hello");
  auto get = OnChannel<v1::GetMessageRequest>();
  get.set_request_id("unknown");
  auto resolve = OnChannel<v1::ResolveMessageRequest>();
  resolve.set_message_id("msg_" + std::string(32, '0'));
  resolve.set_resolution(v1::MESSAGE_RESOLUTION_SENT);
  auto conversation = OnChannel<v1::GetConversationRequest>();
  conversation.set_user_id(kUser);
  auto erase = OnChannel<v1::EraseUserRequest>();
  erase.set_user_id(kUser);
  auto profile = OnChannel<v1::GetUserProfileRequest>();
  profile.set_user_id(kUser);
  auto refresh = OnChannel<v1::RefreshMediaRequest>();
  refresh.set_mid("unknown");
  v1::UpdateConversationRequest update;
  update.mutable_conversation()->set_channel_id(kChannel);
  update.mutable_conversation()->set_user_id(kUser);
  update.mutable_update_mask()->add_paths("opted_out");
  return {
      {"SendMessage", row(v1::PERMISSION_SEND, Unary<v1::SendMessageResponse>(
                                                   &KeyedClient::messaging,
                                                   &Stub::SendMessage, send))},
      {"GetMessage", row(v1::PERMISSION_READ_MESSAGES,
                         Unary<v1::GetMessageResponse>(&KeyedClient::messaging,
                                                       &Stub::GetMessage, get),
                         "MESSAGE_NOT_FOUND")},
      {"ListMessages", row(v1::PERMISSION_READ_MESSAGES,
                           Unary<v1::ListMessagesResponse>(
                               &KeyedClient::messaging, &Stub::ListMessages,
                               OnChannel<v1::ListMessagesRequest>()))},
      {"ResolveMessage",
       row(v1::PERMISSION_SEND,
           Unary<v1::ResolveMessageResponse>(&KeyedClient::messaging,
                                             &Stub::ResolveMessage, resolve),
           "MESSAGE_NOT_FOUND")},
      {"ListConversations",
       row(v1::PERMISSION_READ_MESSAGES,
           Unary<v1::ListConversationsResponse>(
               &KeyedClient::messaging, &Stub::ListConversations,
               OnChannel<v1::ListConversationsRequest>()))},
      {"GetConversation",
       row(v1::PERMISSION_READ_MESSAGES,
           Unary<v1::GetConversationResponse>(
               &KeyedClient::messaging, &Stub::GetConversation, conversation),
           "CONVERSATION_NOT_FOUND")},
      {"UpdateConversation",
       row(v1::PERMISSION_SEND,
           Unary<v1::UpdateConversationResponse>(
               &KeyedClient::messaging, &Stub::UpdateConversation, update))},
      {"EraseUser", row(v1::PERMISSION_MANAGE_CHANNELS,
                        Unary<v1::EraseUserResponse>(&KeyedClient::messaging,
                                                     &Stub::EraseUser, erase))},
      {"GetUserProfile",
       row(v1::PERMISSION_READ_MESSAGES,
           Unary<v1::GetUserProfileResponse>(&KeyedClient::messaging,
                                             &Stub::GetUserProfile, profile))},
      {"RefreshMedia",
       row(v1::PERMISSION_READ_MESSAGES,
           Unary<v1::RefreshMediaResponse>(&KeyedClient::messaging,
                                           &Stub::RefreshMedia, refresh),
           "MESSAGE_NOT_FOUND")},
  };
}

std::map<std::string, Row> AllRows(const KeyedClient& admin,
                                   const std::string& key_id) {
  std::map<std::string, Row> rows = AccessRows(admin, key_id);
  rows.merge(ChannelRows(admin));
  rows.merge(MessagingRows());
  v1::SubscribeEventsRequest subscribe;
  subscribe.add_channel_ids(kChannel);
  rows["SubscribeEvents"] = {v1::PERMISSION_READ_EVENTS, "CHANNEL_NOT_FOUND",
                             [subscribe](const KeyedClient& client) {
                               return client.Subscribe(subscribe);
                             }};
  v1::ListEventsRequest list;
  list.add_channel_ids(kChannel);
  rows["ListEvents"] = {
      v1::PERMISSION_READ_EVENTS, "CHANNEL_NOT_FOUND",
      Unary<v1::ListEventsResponse>(&KeyedClient::events,
                                    &v1::EventService::Stub::ListEvents, list)};
  v1::ListDeliveriesRequest deliveries;
  deliveries.add_channel_ids(kChannel);
  rows["ListDeliveries"] = {
      v1::PERMISSION_READ_EVENTS, "CHANNEL_NOT_FOUND",
      Unary<v1::ListDeliveriesResponse>(&KeyedClient::events,
                                        &v1::EventService::Stub::ListDeliveries,
                                        deliveries)};
  // Every delivery that a key does not cover is one that is not kept.
  v1::RedriveDeliveriesRequest redrive;
  redrive.add_delivery_ids(absl::StrCat("dlv_", std::string(32, '0')));
  rows["RedriveDeliveries"] = {
      v1::PERMISSION_MANAGE_CHANNELS, "",
      Unary<v1::RedriveDeliveriesResponse>(
          &KeyedClient::events, &v1::EventService::Stub::RedriveDeliveries,
          redrive)};
  rows["GetServerInfo"] = {
      v1::PERMISSION_UNSPECIFIED, "",
      Unary<v1::GetServerInfoResponse>(&KeyedClient::server,
                                       &v1::ServerService::Stub::GetServerInfo,
                                       v1::GetServerInfoRequest())};
  return rows;
}

class AccessTableTest : public AccessTest {
 protected:
  // Expects code and reason of every RPC when it is called with this key.
  void ExpectAll(const std::string& key, grpc::StatusCode code,
                 const std::string& reason) {
    for (const auto& [name, row] : rows_) {
      const grpc::Status status = row.call(Client(key));
      EXPECT_EQ(status.error_code(), code)
          << name << ": " << status.error_message();
      EXPECT_EQ(ErrorInfoOf(status).reason(), reason) << name;
      EXPECT_EQ(ErrorInfoOf(status).domain(), "instagram.linktor") << name;
    }
  }

  const std::map<std::string, Row> rows_ = AllRows(
      admin(),
      admin().CreateKey({v1::PERMISSION_SEND}, {kChannel}).api_key().id());
};

TEST_F(AccessTableTest, EveryRpcHasARow) {
  std::set<std::string> declared;
  for (const auto* service : access::Methods::Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      declared.insert(service->method(i)->name());
    }
  }
  std::set<std::string> listed;
  for (const auto& [name, row] : rows_) listed.insert(name);
  EXPECT_EQ(listed, declared);
}

TEST_F(AccessTableTest, NoKey) {
  ExpectAll("", grpc::StatusCode::UNAUTHENTICATED, "API_KEY_MISSING");
}

TEST_F(AccessTableTest, NoKeyOfThisForm) {
  for (const char* key : {"lig_", "secret", "lig_0123456789abcdef_x"}) {
    ExpectAll(key, grpc::StatusCode::UNAUTHENTICATED, "API_KEY_INVALID");
  }
}

TEST_F(AccessTableTest, ADeletedKey) {
  const std::string key = admin().CreateKey(AllPermissions()).secret();
  const std::string id(key.substr(4, 16));
  ASSERT_TRUE(admin().DeleteKey(id).ok());
  ExpectAll(key, grpc::StatusCode::UNAUTHENTICATED, "API_KEY_INVALID");
}

// A key of this form with a right checksum, which this server never made.
TEST_F(AccessTableTest, AKeyOfAnotherServer) {
  const std::string key(access::NewKeyText().text.Reveal());
  ASSERT_NE(access::KeyIdOf(key), "");
  ExpectAll(key, grpc::StatusCode::UNAUTHENTICATED, "API_KEY_INVALID");
}

TEST_F(AccessTableTest, AWrongSecretWithItsChecksum) {
  const std::string key = admin().CreateKey(AllPermissions()).secret();
  const std::string other = admin().CreateKey(AllPermissions()).secret();
  // This key has "lig_", the id and "_" of one key, and the secret of the
  // other.
  const std::string mixed =
      access::WithChecksum(key.substr(0, 21) + other.substr(21, 43));
  ASSERT_EQ(access::KeyIdOf(mixed), access::KeyIdOf(key));
  ExpectAll(mixed, grpc::StatusCode::UNAUTHENTICATED, "API_KEY_INVALID");
}

TEST_F(AccessTableTest, AnExpiredKey) {
  v1::CreateApiKeyRequest request;
  for (const v1::Permission one : AllPermissions()) {
    request.mutable_api_key()->add_permissions(one);
  }
  const absl::Time end = absl::Now() + absl::Milliseconds(400);
  *request.mutable_api_key()->mutable_expire_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          absl::ToUnixMillis(end));
  const std::string key = admin().CreateKey(request).secret();
  while (absl::Now() < end) {
    // It may still be good, or just not any more; only its end is waited for.
    (void)rows_.at("ListChannels").call(Client(key));
  }
  ExpectAll(key, grpc::StatusCode::UNAUTHENTICATED, "API_KEY_EXPIRED");
}

TEST_F(AccessTableTest, ADisabledKey) {
  auto created = admin().CreateKey(AllPermissions());
  created.mutable_api_key()->set_disabled(true);
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "disabled").ok());
  ExpectAll(created.secret(), grpc::StatusCode::UNAUTHENTICATED,
            "API_KEY_DISABLED");
}

TEST_F(AccessTableTest, AKeyOfAnotherChannel) {
  const std::string key =
      admin().CreateKey(AllPermissions(), {kOtherChannel}).secret();
  for (const auto& [name, row] : rows_) {
    const grpc::Status status = row.call(Client(key));
    EXPECT_EQ(ErrorInfoOf(status).reason(), row.other_channel)
        << name << ": " << status.error_message();
    EXPECT_EQ(status.ok(), row.other_channel.empty()) << name;
  }
}

TEST_F(AccessTableTest, EachPermissionAlone) {
  for (const v1::Permission permission : AllPermissions()) {
    const std::string key = admin().CreateKey({permission}).secret();
    for (const auto& [name, row] : rows_) {
      const grpc::Status status = row.call(Client(key));
      const std::string at = v1::Permission_Name(permission) + " " + name +
                             ": " + status.error_message();
      if (permission == row.permission ||
          row.permission == v1::PERMISSION_UNSPECIFIED) {
        EXPECT_EQ(ErrorInfoOf(status).reason(), row.own) << at;
        EXPECT_EQ(status.ok(), row.own.empty()) << at;
      } else {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
            << at;
        EXPECT_EQ(ErrorInfoOf(status).reason(), "NOT_AUTHORIZED") << at;
        EXPECT_EQ(ErrorInfoOf(status).metadata().at("permission"),
                  v1::Permission_Name(row.permission))
            << at;
      }
    }
  }
}

}  // namespace
}  // namespace linktor::testing
