#include "tests/unit/webhook/webhook_fixture.h"

#include <gtest/gtest.h>

#include <utility>

#include "server/state/event_encoding.h"
#include "tests/support/channel_rows.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"

namespace linktor::webhook {
namespace {

std::unique_ptr<journal::DataFolder> OpenFolder(const std::string& path) {
  auto data = journal::DataFolder::Open(path, Secret(std::string(32, 'k')));
  EXPECT_THAT(data, IsOk());
  return *std::move(data);
}

}  // namespace

WebhookFixture::WebhookFixture()
    : data_(OpenFolder(folder_.path())),
      registry(data_->sealer()),
      ingest(clock, data_->sealer(), registry, names, observer) {}

void WebhookFixture::Put(const TestChannel& channel) {
  channels::ChannelContent content;
  content.channel.set_id(channel.id);
  content.channel.set_instagram_account_id(channel.account_id);
  content.channel.set_page_id(channel.page_id);
  for (const auto& [question, payload] : channel.ice_breakers) {
    v1::IceBreaker* added = content.ice_breakers.Add();
    added->set_question(question);
    added->set_payload(payload);
  }
  for (const std::string& secret : channel.app_secrets) {
    content.credentials.add_app_secrets(secret);
  }
  content.credentials.set_verify_token(channel.verify_token);
  ASSERT_THAT(
      registry.Load({MakeChannelRow(data_->sealer(), channel.no, content)}),
      IsOk());
}

channels::ChannelRegistry::EntryPtr WebhookFixture::Find(
    const std::string& id) const {
  return registry.Find(id);
}

std::string WebhookFixture::Fingerprint(const std::string& secret) {
  return data_->sealer().Fingerprint(secret);
}

v1::Event WebhookFixture::SealedEventOf(const MadeItem& made) {
  const journal::NewEvent& event = made.item.event();
  state::CommittedEvent sealed{.id = event.id(),
                               .type = event.type(),
                               .channel_id = event.channel_id(),
                               .user_id = event.user_id(),
                               .sealed = event.sealed()};
  EXPECT_THAT(state::OpenEvent(data_->sealer(), sealed), IsOk());
  return state::MergeEvent(sealed);
}

v1::Event WebhookFixture::EventOf(const MadeItem& made) {
  v1::Event told;
  EXPECT_TRUE(made.clear != nullptr && told.ParseFromString(*made.clear));
  EXPECT_THAT(SealedEventOf(made), EqualsProto(told));
  return told;
}

std::string WebhookFixture::RawOf(const journal::Webhook& webhook,
                                  int position) {
  auto raw =
      data_->sealer().Open(seal::SealedPlace::kRawItem,
                           state::RawItemId(webhook.delivery_id(), position),
                           webhook.items(position).sealed_raw());
  EXPECT_THAT(raw, IsOk());
  return raw.ok() ? *std::move(raw) : "";
}

}  // namespace linktor::webhook
