// The fixture has channels and ingest on an empty data folder, with a clock
// that stands still.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "linktor/instagram/v1/event.pb.h"
#include "server/channels/registry.h"
#include "server/journal/data_folder.h"
#include "server/webhook/ingest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/support/temp_folder.h"

namespace linktor::webhook {

struct TestChannel {
  std::string id = "ch_1";
  std::int64_t no = 1;
  std::string account_id = "17841400000000001";
  std::string page_id;
  std::vector<std::string> app_secrets = {"first-app-secret"};
  std::string verify_token = "verify me";
  std::vector<std::pair<std::string, std::string>> ice_breakers;
};

// It knows what it is told, and remembers who was active.
class FakeUserNames final : public channels::UserNames {
 public:
  std::string Find(std::int64_t, std::string_view user_id) override {
    return user_id == known_user ? name : "";
  }
  void OnActivity(const channels::ChannelRegistry::EntryPtr& channel,
                  std::string_view user_id) override {
    active.emplace_back(channel->channel.id(), user_id);
  }

  std::string known_user;
  std::string name;
  std::vector<std::pair<std::string, std::string>> active;
};

// One item of a delivery, with its event in the clear; that is null when the
// item becomes none.
struct MadeItem {
  journal::WebhookItem item;
  std::shared_ptr<const std::string> clear;
};

class WebhookFixture {
 public:
  WebhookFixture();

  void Put(const TestChannel& channel);
  channels::ChannelRegistry::EntryPtr Find(const std::string& id) const;
  // Returns what identifies an app secret.
  std::string Fingerprint(const std::string& secret);
  // Returns the event of an item, as it would be delivered. It fails the test
  // when the sealed bytes hold another.
  v1::Event EventOf(const MadeItem& made);
  // Returns the sealed bytes' event, of an item that has none in the clear.
  v1::Event SealedEventOf(const MadeItem& made);
  // Returns the item at that position as it was received.
  std::string RawOf(const journal::Webhook& webhook, int position);

  FakeClock clock{absl::FromUnixMillis(1'700'000'060'000)};

 private:
  TempFolder folder_;
  std::unique_ptr<journal::DataFolder> data_;

 public:
  channels::ChannelRegistry registry;
  FakeUserNames names;
  FakeWebhookObserver observer;
  Ingest ingest;
};

}  // namespace linktor::webhook
