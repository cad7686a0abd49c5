#include "server/rpc/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/ids.h"
#include "server/base/paging.h"
#include "server/base/status.h"
#include "tests/support/status_matchers.h"

namespace linktor::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Returns the fields about which a status complains, in its order.
std::vector<std::string> Fields(const absl::Status& status) {
  const google::rpc::Status rpc = ToRpcStatus(status);
  std::vector<std::string> fields;
  for (const auto& detail : rpc.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& one : bad.field_violations()) {
      fields.push_back(one.field());
    }
  }
  return fields;
}

v1::SendMessageRequest GoodSend() {
  v1::SendMessageRequest request;
  request.set_channel_id("ch_1");
  request.set_to("17841234567890");
  request.mutable_content()->set_text("Hello");
  return request;
}

TEST(ValidateSend, GoodRequestPasses) {
  EXPECT_THAT(Validate(GoodSend()), IsOk());
}

TEST(ValidateSend, EveryViolationAtOnce) {
  v1::SendMessageRequest request;
  request.set_channel_id("ch 1");
  request.set_to("@someone");
  request.set_request_id("with space");
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
  EXPECT_THAT(Fields(status),
              ElementsAre("channel_id", "to", "request_id", "content"));
}

TEST(ValidateSend, ContentAloneIsInvalidContent) {
  v1::SendMessageRequest request = GoodSend();
  // The text has 334 characters of three bytes each.
  std::string text;
  for (int i = 0; i < 334; ++i) text.append("\xE2\x82\xAC");
  request.mutable_content()->set_text(text);
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, HasReason("INVALID_CONTENT"));
  EXPECT_THAT(Fields(status), ElementsAre("content.text"));
}

TEST(ValidateCreateChannel, PageIdIsRequiredWithFacebookLoginOnly) {
  v1::CreateChannelRequest request;
  request.mutable_channel()->set_instagram_account_id("17841400000000001");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("channel.page_id"));
  request.mutable_channel()->set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  EXPECT_THAT(Validate(request), IsOk());
}

TEST(ValidateCreateChannel, CredentialsHaveLimits) {
  v1::CreateChannelRequest request;
  request.mutable_channel()->set_instagram_account_id("1");
  request.mutable_channel()->set_page_id("2");
  request.mutable_channel()->set_api_version("25");
  request.mutable_credentials()->add_app_secrets("a");
  request.mutable_credentials()->add_app_secrets("");
  request.mutable_credentials()->add_app_secrets("c");
  EXPECT_THAT(Fields(Validate(request)),
              ElementsAre("channel.api_version", "credentials.app_secrets",
                          "credentials.app_secrets[1]"));
}

TEST(ValidateUpdateChannel, OnlyMutableFields) {
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id("ch_1");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("update_mask"));
  request.mutable_update_mask()->add_paths("name");
  EXPECT_THAT(Validate(request), IsOk());
  request.mutable_update_mask()->add_paths("login_type");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("update_mask"));
}

TEST(ValidateUpdateChannel, WhatIsNotInTheMaskIsNotJudged) {
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id("ch_1");
  request.mutable_channel()->set_page_id("no digits");
  request.mutable_channel()->set_api_version("latest");
  request.mutable_update_mask()->add_paths("name");
  EXPECT_THAT(Validate(request), IsOk());
  request.mutable_update_mask()->add_paths("page_id");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("channel.page_id"));
}

TEST(ValidateIceBreakers, LocalesAndLimits) {
  v1::SetIceBreakersRequest request;
  request.set_channel_id("ch_1");
  for (int i = 0; i < 5; ++i) {
    v1::IceBreaker* one = request.add_ice_breakers();
    one->set_question("Question?");
    one->set_payload("PAYLOAD");
  }
  request.mutable_ice_breakers(1)->set_question(std::string(81, 'q'));
  for (const char* locale : {"de_DE", "english", "de_DE"}) {
    v1::LocalizedIceBreakers* set = request.add_localizations();
    set->set_locale(locale);
    *set->add_ice_breakers() = request.ice_breakers(0);
  }
  EXPECT_THAT(
      Fields(Validate(request)),
      ElementsAre("ice_breakers", "ice_breakers[1].question",
                  "localizations[1].locale", "localizations[2].locale"));
}

TEST(ValidateGetMessage, OneKeyIsRequired) {
  v1::GetMessageRequest request;
  request.set_channel_id("ch_1");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("key"));
  request.set_message_id("msg_nothex");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("message_id"));
  request.set_mid("mid");
  EXPECT_THAT(Validate(request), IsOk());
}

TEST(ValidateGetMessage, MidIsLimitedInBytes) {
  v1::GetMessageRequest request;
  request.set_channel_id("ch_1");
  request.set_mid("");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("mid"));
  request.set_mid(std::string(1024, 'm'));
  EXPECT_THAT(Validate(request), IsOk());
  request.set_mid(std::string(1025, 'm'));
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("mid"));
}

TEST(ValidateRefreshMedia, OneKeyIsRequired) {
  v1::RefreshMediaRequest request;
  request.set_channel_id("ch 1");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("channel_id", "key"));
  request.set_channel_id("ch_1");
  request.set_message_id("msg_nothex");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("message_id"));
  request.set_message_id(FormatId(kMessagePrefix, NewRawId()));
  EXPECT_THAT(Validate(request), IsOk());
  request.set_mid("");
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("mid"));
  request.set_mid(std::string(1024, 'm'));
  EXPECT_THAT(Validate(request), IsOk());
  request.set_mid(std::string(1025, 'm'));
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("mid"));
}

TEST(ValidateGetUserProfile, EveryViolationAtOnce) {
  v1::GetUserProfileRequest request;
  request.set_user_id("@ada");
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
  EXPECT_THAT(Fields(status), ElementsAre("channel_id", "user_id"));
  request.set_channel_id("ch_1");
  request.set_user_id("17841234567890");
  request.set_refresh(true);
  EXPECT_THAT(Validate(request), IsOk());
}

// ---- ResolveMessage ---------------------------------------------------------

v1::ResolveMessageRequest GoodResolve(v1::MessageResolution resolution) {
  v1::ResolveMessageRequest request;
  request.set_channel_id("ch_1");
  request.set_message_id(FormatId(kMessagePrefix, NewRawId()));
  request.set_resolution(resolution);
  return request;
}

TEST(ValidateResolveMessage, MidMayBeLeftOut) {
  for (const auto resolution :
       {v1::MESSAGE_RESOLUTION_SENT, v1::MESSAGE_RESOLUTION_NOT_SENT}) {
    EXPECT_THAT(Validate(GoodResolve(resolution)), IsOk()) << resolution;
  }
}

TEST(ValidateResolveMessage, MidIsOfAMessageThatWasSent) {
  v1::ResolveMessageRequest request = GoodResolve(v1::MESSAGE_RESOLUTION_SENT);
  request.set_mid("mid.1");
  EXPECT_THAT(Validate(request), IsOk());
  request.set_resolution(v1::MESSAGE_RESOLUTION_NOT_SENT);
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
  EXPECT_THAT(Fields(status), ElementsAre("mid"));
}

TEST(ValidateResolveMessage, MidIsLimitedInBytes) {
  v1::ResolveMessageRequest request = GoodResolve(v1::MESSAGE_RESOLUTION_SENT);
  request.set_mid(std::string(1024, 'm'));
  EXPECT_THAT(Validate(request), IsOk());
  request.set_mid(std::string(1025, 'm'));
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
  EXPECT_THAT(Fields(status), ElementsAre("mid"));
}

TEST(ValidateResolveMessage, EveryViolationAtOnce) {
  v1::ResolveMessageRequest request =
      GoodResolve(static_cast<v1::MessageResolution>(7));
  request.set_channel_id("ch 1");
  request.set_message_id("msg_nothex");
  request.set_mid(std::string(1025, 'm'));
  EXPECT_THAT(
      Fields(Validate(request)),
      ElementsAre("channel_id", "message_id", "resolution", "mid", "mid"));
  request = GoodResolve(v1::MESSAGE_RESOLUTION_UNSPECIFIED);
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("resolution"));
}

// ---- Events and lists -------------------------------------------------------

TEST(ValidateSubscribe, HeartbeatEdges) {
  for (const auto& [seconds, nanos, good] :
       {std::tuple{0, 999'999'999, false}, std::tuple{1, 0, true},
        std::tuple{300, 0, true}, std::tuple{300, 1, false},
        std::tuple{-5, 0, false}, std::tuple{2, -1, false},
        std::tuple{2, 999'999'999, true},
        std::tuple{2, 1'000'000'000, false}}) {
    v1::SubscribeEventsRequest request;
    request.mutable_heartbeat_interval()->set_seconds(seconds);
    request.mutable_heartbeat_interval()->set_nanos(nanos);
    EXPECT_EQ(Validate(request).ok(), good) << seconds << "." << nanos;
  }
}

TEST(ValidateListEvents, EveryViolationAtOnce) {
  v1::ListEventsRequest request;
  EXPECT_THAT(Validate(request), IsOk());
  request.add_types("message.recieved");
  request.mutable_since()->set_seconds(100);
  request.mutable_until()->set_seconds(99);
  request.set_order(static_cast<v1::ListOrder>(3));
  request.set_page_size(-1);
  const absl::Status status = Validate(request);
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
  EXPECT_THAT(Fields(status),
              ElementsAre("types[0]", "until", "order", "page_size"));
}

TEST(ValidateListEvents, TimesAreTimes) {
  v1::ListEventsRequest request;
  request.mutable_since()->set_seconds(100);
  request.mutable_until()->set_seconds(100);
  EXPECT_THAT(Validate(request), IsOk());
  request.mutable_since()->set_seconds(-1);
  request.mutable_until()->set_nanos(1'000'000'000);
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("since", "until"));
}

TEST(ValidateListMessages, EveryViolationAtOnce) {
  v1::ListMessagesRequest request;
  request.set_channel_id("ch_1");
  EXPECT_THAT(Validate(request), IsOk());
  request.set_channel_id("ch 1");
  request.set_user_id("no digits");
  request.add_states(v1::MESSAGE_STATE_SENT);
  request.add_states(v1::MESSAGE_STATE_UNSPECIFIED);
  request.mutable_since()->set_seconds(100);
  request.mutable_until()->set_seconds(99);
  request.set_page_size(-1);
  EXPECT_THAT(
      Fields(Validate(request)),
      ElementsAre("channel_id", "user_id", "states[1]", "until", "page_size"));
  request = {};
  request.set_channel_id("ch_1");
  for (int i = 0; i < 11; ++i) request.add_states(v1::MESSAGE_STATE_SENT);
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("states"));
}

TEST(ValidateListChannels, PageTokens) {
  v1::ListChannelsRequest request;
  EXPECT_THAT(Fields(Validate(request)), IsEmpty());
  request.set_page_size(-1);
  request.set_page_token("not a token");
  EXPECT_THAT(Fields(Validate(request)),
              ElementsAre("page_size", "page_token"));
  request.set_page_size(2'000'000'000);
  request.set_page_token(MakePageToken(PagedList::kChannels, "ch_1"));
  EXPECT_THAT(Validate(request), IsOk());
}

TEST(ValidateRedriveDeliveries, IdsAreOfThisServerAndEachIsThereOnce) {
  v1::RedriveDeliveriesRequest request;
  EXPECT_THAT(Fields(Validate(request)), ElementsAre("delivery_ids"));
  for (int i = 0; i < 100; ++i) {
    request.add_delivery_ids(FormatId(kDeliveryPrefix, NewRawId()));
  }
  EXPECT_THAT(Validate(request), IsOk());
  request.set_delivery_ids(1, "dlv_1");
  request.set_delivery_ids(3, request.delivery_ids(2));
  EXPECT_THAT(Fields(Validate(request)),
              ElementsAre("delivery_ids[1]", "delivery_ids[3]"));
  request.add_delivery_ids(FormatId(kDeliveryPrefix, NewRawId()));
  EXPECT_THAT(
      Fields(Validate(request)),
      ElementsAre("delivery_ids", "delivery_ids[1]", "delivery_ids[3]"));
}

}  // namespace
}  // namespace linktor::rpc
