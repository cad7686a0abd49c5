// Streams under API keys: what they show, and when they end.

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "tests/integration/access_fixture.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

using ::testing::ElementsAre;

// A send on kChannel with the request id "r1".
v1::SendMessageRequest Hello() {
  v1::SendMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_to(kUser);
  request.set_request_id("r1");
  request.mutable_content()->set_text("hello");
  return request;
}

class AccessStreamTest : public AccessTest {
 protected:
  std::unique_ptr<EventStream> Follow(const std::string& key,
                                      const v1::SubscribeEventsRequest& from) {
    return std::make_unique<EventStream>(gateway_.events(), from, key);
  }
  // From the beginning of the log; the first response has come.
  std::unique_ptr<EventStream> Follow(const std::string& key) {
    auto stream = Follow(key, Gateway::From(v1::POSITION_EARLIEST));
    EXPECT_TRUE(stream->WaitForResponses(1))
        << stream->status().error_message();
    return stream;
  }
  // Delivers a message to the account of kChannel, or of kOtherChannel.
  void Deliver(const std::string& mid, bool other = false) {
    std::string body = Gateway::TextBody(mid, "hello");
    if (other) {
      for (std::size_t at = body.find(kAccount); at != std::string::npos;
           at = body.find(kAccount)) {
        body.replace(at, std::string(kAccount).size(), kOtherAccount);
      }
    }
    ASSERT_EQ(gateway_.Post(body, kAppSecret, other ? kOtherChannel : kChannel),
              200);
  }
  // Delivers this number of posts, each with 1,000 messages, to the account of
  // kOtherChannel.
  void DeliverHidden(int posts) {
    for (int post = 0; post < posts; ++post) {
      std::string items;
      for (int i = 0; i < 1000; ++i) {
        absl::StrAppend(
            &items, i == 0 ? "" : ",",
            R"({"sender":{"id":"17841234567890"},"recipient":{"id":")",
            kOtherAccount, R"("},"timestamp":1700000000000,)",
            R"("message":{"mid":"h)", post, "-", i, R"(","text":"hidden"}})");
      }
      ASSERT_EQ(
          gateway_.Post(
              absl::StrCat(
                  R"({"object":"instagram","entry":[{"id":")", kOtherAccount,
                  R"(","time":1700000000000,"messaging":[)", items, "]}]}"),
              kAppSecret, kOtherChannel),
          200);
    }
  }
  // The streams that the server has, as its metrics tell.
  int Subscribers() {
    const http::HttpResult result =
        gateway_.Http({.method = "GET",
                       .url = absl::StrCat("http://", gateway_.server().admin(),
                                           "/metrics")});
    const std::string name = "\nlinktor_subscribers ";
    const std::size_t at = result.body.find(name);
    EXPECT_NE(at, std::string::npos);
    if (at == std::string::npos) return -1;
    return std::stoi(result.body.substr(at + name.size()));
  }
  // The stream ends with `reason` although it is not read to an end, within a
  // second; it is measured from before the change.
  void ExpectEnds(EventStream& stream, absl::Time since,
                  const std::string& reason) {
    EXPECT_TRUE(stream.WaitForEnd());
    EXPECT_EQ(ErrorInfoOf(stream.status()).reason(), reason)
        << stream.status().error_message();
    // Instrumented code takes several times as long for everything.
    EXPECT_LT(absl::Now() - since, absl::Seconds(kSanitized ? 5 : 1)) << reason;
    EXPECT_NE(stream.trailing_cursor(), "");
  }
};

std::vector<std::string> MidsOf(const std::vector<v1::Event>& events) {
  std::vector<std::string> mids;
  mids.reserve(events.size());
  for (const v1::Event& event : events) mids.push_back(MessageOf(event).mid());
  return mids;
}

TEST_F(AccessStreamTest, ALimitedKeySeesItsChannelAlone) {
  Deliver("m1");
  Deliver("o1", /*other=*/true);
  Deliver("m2");
  const auto limited = Follow(
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}, {kChannel}).secret());
  const auto wide =
      Follow(admin().CreateKey({v1::PERMISSION_READ_EVENTS}).secret());
  ASSERT_TRUE(wide->WaitForCount(3));
  ASSERT_TRUE(limited->WaitForCount(2));
  // Live ones come from responses that subscribers share.
  Deliver("o2", /*other=*/true);
  Deliver("m3");
  ASSERT_TRUE(wide->WaitForCount(5));
  ASSERT_TRUE(limited->WaitForCount(3));
  EXPECT_THAT(MidsOf(wide->events()),
              ElementsAre("m1", "o1", "m2", "o2", "m3"));
  EXPECT_THAT(MidsOf(limited->events()), ElementsAre("m1", "m2", "m3"));
  for (const auto& response : limited->responses()) {
    EXPECT_EQ(response.backlog(), 0);
  }
}

// A key may see little of a long log. Its subscriber would take the server for
// gone, connect again at its old cursor, and never arrive, if it heard nothing
// while the rest is looked at.
TEST_F(AccessStreamTest, HearsHowFarItIsWhileHiddenEventsAreLookedAt) {
  DeliverHidden(kSanitized ? 15 : 30);
  Deliver("m1");
  // Afterwards no event is in memory, and all are read from the disk.
  Restart();
  const std::string key =
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}, {kChannel}).secret();
  auto request = Gateway::From(v1::POSITION_EARLIEST);
  request.mutable_heartbeat_interval()->set_seconds(1);

  // So many at a time that together they need longer than a heartbeat's
  // interval; how many that is depends on the machine.
  constexpr int kMost = 800;
  int heard = 0;
  std::string cursor;
  for (int streams = 50; heard == 0 && streams <= kMost; streams *= 2) {
    std::vector<std::unique_ptr<EventStream>> all;
    all.reserve(static_cast<std::size_t>(streams));
    for (int i = 0; i < streams; ++i) all.push_back(Follow(key, request));
    for (const auto& stream : all) {
      ASSERT_TRUE(stream->WaitForCount(1)) << stream->status().error_message();
      const auto responses = stream->responses();
      // The first response and the last are told in any case.
      for (std::size_t i = 1; i + 1 < responses.size(); ++i) {
        if (responses[i].events().empty() && !responses[i].caught_up()) {
          ++heard;
          cursor = responses[i].cursor();
        }
      }
    }
  }
  ASSERT_GT(heard, 0);
  // It is a place to go on from.
  v1::SubscribeEventsRequest again;
  again.set_after_cursor(cursor);
  const auto resumed = Follow(key, again);
  ASSERT_TRUE(resumed->WaitForCount(1)) << resumed->status().error_message();
  EXPECT_THAT(MidsOf(resumed->events()), ElementsAre("m1"));
}

TEST_F(AccessStreamTest, AnUnknownChannelIsRefusedLikeAForbiddenOne) {
  const KeyedClient limited = Client(
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}, {kChannel}).secret());
  v1::SubscribeEventsRequest request;
  request.add_channel_ids(kOtherChannel);
  const grpc::Status forbidden = limited.Subscribe(request);
  request.set_channel_ids(0, "ch_nobody");
  const grpc::Status unknown = limited.Subscribe(request);
  EXPECT_EQ(ErrorInfoOf(forbidden).reason(), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(unknown).reason(), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(forbidden.error_code(), unknown.error_code());
  std::string message = forbidden.error_message();
  message.replace(message.find(kOtherChannel),
                  std::string(kOtherChannel).size(), "ch_nobody");
  EXPECT_EQ(message, unknown.error_message());
}

TEST_F(AccessStreamTest, AKeyOverAllChannelsIsToldOfAMissingOne) {
  v1::SubscribeEventsRequest request;
  request.add_channel_ids("ch_nobody");
  EXPECT_EQ(ErrorInfoOf(admin().Subscribe(request)).reason(),
            "CHANNEL_NOT_FOUND");
}

TEST_F(AccessStreamTest, ADeletedChannelWithStoredEventsPasses) {
  Deliver("o1", /*other=*/true);
  v1::DeleteChannelRequest remove;
  remove.set_channel_id(kOtherChannel);
  v1::DeleteChannelResponse removed;
  ASSERT_TRUE(admin()
                  .channels()
                  .DeleteChannel(admin().Context().get(), remove, &removed)
                  .ok());
  auto request = Gateway::From(v1::POSITION_EARLIEST);
  request.add_channel_ids(kOtherChannel);
  const auto stream =
      Follow(admin().CreateKey({v1::PERMISSION_READ_EVENTS}).secret(), request);
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_THAT(MidsOf(stream->events()), ElementsAre("o1"));
}

TEST_F(AccessStreamTest, ListsShowOnlyWhatTheKeyCovers) {
  const KeyedClient limited =
      Client(admin()
                 .CreateKey({v1::PERMISSION_MANAGE_CHANNELS}, {kOtherChannel})
                 .secret());
  v1::ListChannelsResponse response;
  ASSERT_TRUE(limited.channels()
                  .ListChannels(limited.Context().get(), {}, &response)
                  .ok());
  ASSERT_EQ(response.channels_size(), 1);
  EXPECT_EQ(response.channels(0).id(), kOtherChannel);
}

TEST_F(AccessStreamTest, ALimitedKeyListsItsChannelAlone) {
  Deliver("m1");
  Deliver("o1", /*other=*/true);
  const KeyedClient limited = Client(
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}, {kChannel}).secret());
  v1::ListEventsRequest list;
  list.add_types("message.*");
  v1::ListEventsResponse events;
  ASSERT_TRUE(
      limited.events().ListEvents(limited.Context().get(), list, &events).ok());
  ASSERT_EQ(events.events_size(), 1);
  EXPECT_EQ(MessageOf(events.events(0)).mid(), "m1");
  v1::ListDeliveriesResponse deliveries;
  ASSERT_TRUE(limited.events()
                  .ListDeliveries(limited.Context().get(), {}, &deliveries)
                  .ok());
  ASSERT_EQ(deliveries.deliveries_size(), 1);
  EXPECT_EQ(deliveries.deliveries(0).channel_id(), kChannel);
}

TEST_F(AccessStreamTest, ALimitedKeyCannotConnectAnAccount) {
  const KeyedClient limited =
      Client(admin()
                 .CreateKey({v1::PERMISSION_MANAGE_CHANNELS}, {kOtherChannel})
                 .secret());
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id(kOtherChannel);
  request.mutable_channel()->set_page_id(kPage);
  request.mutable_update_mask()->add_paths("page_id");
  v1::UpdateChannelResponse response;
  const grpc::Status status = limited.channels().UpdateChannel(
      limited.Context().get(), request, &response);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "NOT_AUTHORIZED");
}

TEST_F(AccessStreamTest, TheMessageNamesTheKeyThatSentIt) {
  const auto created = admin().CreateKey({v1::PERMISSION_SEND}, {kChannel});
  const KeyedClient sender = Client(created.secret());
  v1::SendMessageResponse response;
  ASSERT_TRUE(sender.messaging()
                  .SendMessage(sender.Context().get(), Hello(), &response)
                  .ok());
  EXPECT_EQ(response.message().api_key_id(), created.api_key().id());
  v1::GetMessageRequest get;
  get.set_channel_id(kChannel);
  get.set_request_id("r1");
  v1::GetMessageResponse found;
  ASSERT_TRUE(admin()
                  .messaging()
                  .GetMessage(admin().Context().get(), get, &found)
                  .ok());
  EXPECT_EQ(found.message().api_key_id(), created.api_key().id());
  // The call has left its line.
  EXPECT_THAT(gateway_.server().output(),
              ::testing::ContainsRegex(absl::StrCat(
                  "\"event\":\"audit\",\"method\":\"SendMessage\",\"api_key\":"
                  "\"",
                  created.api_key().id(),
                  "\",\"channel\":\"ch_test\",\"request_id\":\"r1\"")));
}

// Whoever looks into what a stolen key did sees also what it tried after it was
// disabled, and what was refused for a missing permission.
TEST_F(AccessStreamTest, RefusedAttemptsOfAKeyAreAudited) {
  auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const KeyedClient client = Client(created.secret());
  const auto try_to_send = [&] {
    v1::SendMessageResponse response;
    return ErrorInfoOf(client.messaging().SendMessage(client.Context().get(),
                                                      Hello(), &response))
        .reason();
  };
  const auto line = [&](const char* outcome) {
    return ::testing::ContainsRegex(absl::StrCat(
        R"("event":"audit","method":"SendMessage","api_key":")",
        created.api_key().id(),
        R"(","channel":"ch_test","request_id":"r1".*"outcome":")", outcome));
  };
  EXPECT_EQ(try_to_send(), "NOT_AUTHORIZED");
  created.mutable_api_key()->set_disabled(true);
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "disabled").ok());
  EXPECT_EQ(try_to_send(), "API_KEY_DISABLED");
  EXPECT_THAT(gateway_.server().output(), line("NOT_AUTHORIZED"));
  EXPECT_THAT(gateway_.server().output(), line("API_KEY_DISABLED"));
}

TEST_F(AccessStreamTest, EndsWhenItsKeyIsDeletedAndOthersGoOn) {
  const auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const auto stream = Follow(created.secret());
  const auto other =
      Follow(admin().CreateKey({v1::PERMISSION_READ_EVENTS}).secret());
  const absl::Time start = absl::Now();
  ASSERT_TRUE(admin().DeleteKey(created.api_key().id()).ok());
  ExpectEnds(*stream, start, "API_KEY_INVALID");
  Deliver("m1");
  EXPECT_TRUE(other->WaitForCount(1));
}

// Its client takes nothing in, so that no reason can reach it; the server must
// not keep serving it all the same.
TEST_F(AccessStreamTest, AStreamThatIsNotReadEndsToo) {
  // More than a client's window takes in without reading.
  for (int i = 0; i < 400; ++i) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("m", i),
                                              std::string(900, 'x'))),
              200);
  }
  const auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const KeyedClient reader = Client(created.secret());
  const auto context = reader.Context(60);
  const auto stream = reader.events().SubscribeEvents(
      context.get(), Gateway::From(v1::POSITION_EARLIEST));
  stream->WaitForInitialMetadata();
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (Subscribers() != 1) ASSERT_LT(absl::Now(), limit);
  ASSERT_TRUE(admin().DeleteKey(created.api_key().id()).ok());
  while (Subscribers() > 0) ASSERT_LT(absl::Now(), limit);
  context->TryCancel();
  v1::SubscribeEventsResponse response;
  while (stream->Read(&response)) {
  }
  (void)stream->Finish();
}

TEST_F(AccessStreamTest, EndsWhenItsKeyIsDisabled) {
  auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const auto stream = Follow(created.secret());
  created.mutable_api_key()->set_disabled(true);
  const absl::Time start = absl::Now();
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "disabled").ok());
  ExpectEnds(*stream, start, "API_KEY_DISABLED");
}

TEST_F(AccessStreamTest, EndsWhenItsKeyExpires) {
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->add_permissions(v1::PERMISSION_READ_EVENTS);
  const absl::Time end = absl::Now() + absl::Seconds(2);
  *request.mutable_api_key()->mutable_expire_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          absl::ToUnixMillis(end));
  const auto stream = Follow(admin().CreateKey(request).secret());
  ExpectEnds(*stream, end, "API_KEY_EXPIRED");
}

// This is what the rotation of a key does to the old one.
TEST_F(AccessStreamTest, EndsWhenAnEndThatItsKeyWasGivenLaterComes) {
  auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const auto stream = Follow(created.secret());
  const absl::Time end = absl::Now() + absl::Seconds(3);
  *created.mutable_api_key()->mutable_expire_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          absl::ToUnixMillis(end));
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "expire_time").ok());
  ExpectEnds(*stream, end, "API_KEY_EXPIRED");
}

TEST_F(AccessStreamTest, EndsWhenItsKeyCoversLess) {
  auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS});
  const auto stream = Follow(created.secret());
  created.mutable_api_key()->add_channel_ids(kChannel);
  const absl::Time start = absl::Now();
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "channel_ids").ok());
  ExpectEnds(*stream, start, "NOT_AUTHORIZED");
}

TEST_F(AccessStreamTest, EndsWhenItsKeyMayNoLongerReadEvents) {
  auto created =
      admin().CreateKey({v1::PERMISSION_READ_EVENTS, v1::PERMISSION_SEND});
  const auto stream = Follow(created.secret());
  created.mutable_api_key()->clear_permissions();
  created.mutable_api_key()->add_permissions(v1::PERMISSION_SEND);
  const absl::Time start = absl::Now();
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "permissions").ok());
  ExpectEnds(*stream, start, "NOT_AUTHORIZED");
}

TEST_F(AccessStreamTest, GoesOnWhenItsKeyMayDoMore) {
  auto created = admin().CreateKey({v1::PERMISSION_READ_EVENTS}, {kChannel});
  const auto stream = Follow(created.secret());
  created.mutable_api_key()->add_channel_ids(kOtherChannel);
  ASSERT_TRUE(admin().UpdateKey(created.api_key(), "channel_ids").ok());
  Deliver("m1");
  ASSERT_TRUE(stream->WaitForCount(1));
  EXPECT_THAT(MidsOf(stream->events()), ElementsAre("m1"));
}

TEST_F(AccessStreamTest, ReflectionNeedsAnyKeyAndHealthNone) {
  auto reflection =
      grpc::reflection::v1::ServerReflection::NewStub(gateway_.grpc_channel());
  const auto list = [&](grpc::ClientContext& context) {
    auto stream = reflection->ServerReflectionInfo(&context);
    grpc::reflection::v1::ServerReflectionRequest request;
    request.set_list_services("");
    stream->Write(request);
    stream->WritesDone();
    grpc::reflection::v1::ServerReflectionResponse response;
    while (stream->Read(&response)) {
    }
    return stream->Finish();
  };
  EXPECT_EQ(ErrorInfoOf(list(*Context())).reason(), "API_KEY_MISSING");
  EXPECT_EQ(ErrorInfoOf(list(*Client("lig_x").Context())).reason(),
            "API_KEY_INVALID");
  const KeyedClient any =
      Client(admin().CreateKey({v1::PERMISSION_SEND}, {kChannel}).secret());
  EXPECT_TRUE(list(*any.Context()).ok());
}

TEST_F(AccessStreamTest, XApiKeyIsTheSame) {
  const std::string key = admin().CreateKey(AllPermissions()).secret();
  const auto call =
      [&](const std::vector<std::pair<std::string, std::string>>& metadata) {
        const auto context = Context();
        for (const auto& [name, value] : metadata) {
          context->AddMetadata(name, value);
        }
        v1::ListChannelsResponse response;
        return gateway_.channels().ListChannels(context.get(), {}, &response);
      };
  EXPECT_TRUE(call({{"x-api-key", key}}).ok());
  EXPECT_TRUE(call({{"authorization", "bearer " + key}}).ok());
  EXPECT_TRUE(
      call({{"authorization", "Bearer " + key}, {"x-api-key", key}}).ok());
  // A proxy's own authorization is none of ours.
  EXPECT_TRUE(
      call({{"authorization", "Basic dXNlcjpwYXNz"}, {"x-api-key", key}}).ok());
  EXPECT_EQ(
      ErrorInfoOf(call({{"authorization", "Basic dXNlcjpwYXNz"}})).reason(),
      "API_KEY_MISSING");
  EXPECT_EQ(ErrorInfoOf(call({{"authorization", "Bearer " + key},
                              {"x-api-key", "lig_other"}}))
                .reason(),
            "API_KEY_INVALID");
}

class FewStreamsTest : public AccessTest {
 protected:
  FewStreamsTest() : AccessTest({"--max-streams-per-key", "2"}) {}
};

TEST_F(FewStreamsTest, OneKeyHasItsOwnLimit) {
  const std::string one =
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}).secret();
  const std::string two =
      admin().CreateKey({v1::PERMISSION_READ_EVENTS}).secret();
  const auto follow = [&](const std::string& key) {
    auto stream = std::make_unique<EventStream>(
        gateway_.events(), Gateway::From(v1::POSITION_EARLIEST), key);
    (void)stream->WaitForResponses(1);
    return stream;
  };
  const auto first = follow(one);
  auto second = follow(one);
  const auto third = follow(one);
  ASSERT_TRUE(third->WaitForEnd());
  const google::rpc::ErrorInfo info = ErrorInfoOf(third->status());
  EXPECT_EQ(info.reason(), "LIMIT_REACHED");
  EXPECT_EQ(info.metadata().at("limit"), "max_streams_per_key");
  EXPECT_EQ(info.metadata().at("value"), "2");
  EXPECT_EQ(follow(two)->responses().size(), 1U);
  // A stream that ends makes room, as soon as the server has heard of it.
  second.reset();
  while (follow(one)->responses().empty()) {
  }
}

}  // namespace
}  // namespace linktor::testing
