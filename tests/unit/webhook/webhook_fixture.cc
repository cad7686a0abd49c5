#include "tests/unit/webhook/webhook_fixture.h"

#include <gtest/gtest.h>

#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event.pb.h"

namespace linktor {
namespace {

std::unique_ptr<Store> OpenStore(const std::string& folder) {
  auto store = Store::Open(folder, Secret(std::string(32, 'k')));
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

}  // namespace

WebhookFixture::WebhookFixture()
    : store_(OpenStore(folder_.path())),
      registry(store_->sealer()),
      ingest(clock, store_->sealer(), registry, names, observer) {}

void WebhookFixture::Put(const TestChannel& channel) {
  ChannelRow row{.no = channel.no, .revision = 1};
  row.channel.set_id(channel.id);
  row.channel.set_instagram_account_id(channel.account_id);
  row.channel.set_page_id(channel.page_id);
  v1::GetIceBreakersResponse ice_breakers;
  for (const auto& [question, payload] : channel.ice_breakers) {
    v1::IceBreaker* added = ice_breakers.add_ice_breakers();
    added->set_question(question);
    added->set_payload(payload);
  }
  row.ice_breakers = ice_breakers.SerializeAsString();
  v1::ChannelCredentials credentials;
  for (const std::string& secret : channel.app_secrets) {
    credentials.add_app_secrets(secret);
  }
  credentials.set_verify_token(channel.verify_token);
  std::vector<NewKey> new_keys;
  auto sealed = store_->sealer().Seal(
      {.channel_no = channel.no}, SealedPlace::kCredentials,
      std::to_string(channel.no), credentials.SerializeAsString(), new_keys);
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  row.sealed_credentials = *std::move(sealed);
  const absl::Status put = registry.Put(row);
  ASSERT_TRUE(put.ok()) << put;
}

ChannelRegistry::EntryPtr WebhookFixture::Find(const std::string& id) const {
  return registry.Find(id);
}

std::string WebhookFixture::Fingerprint(const std::string& secret) {
  return store_->sealer().Fingerprint(secret);
}

v1::Event WebhookFixture::EventOf(const WebhookItem& item) {
  v1::Event event;
  EXPECT_NE(item.event.encoded, nullptr);
  EXPECT_TRUE(item.event.encoded != nullptr &&
              event.ParseFromString(*item.event.encoded));
  return event;
}

}  // namespace linktor
