// Redriver on a real data folder: webhooks come by Ingest, as from Meta, and
// their items are read again.

#include "server/webhook/redriver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/event_encoding.h"
#include "server/webhook/ingest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/channels/channels_fixture.h"
#include "tests/unit/state/record_makers.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/webhook_fixture.h"

namespace linktor::webhook {
namespace {

using ::testing::SizeIs;

constexpr char kSecret[] = "app-secret";
constexpr char kOther[] = "17841400000000002";
constexpr char kPoison[] =
    "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.user_id = '666' "
    "BEGIN SELECT RAISE(ABORT, 'poison'); END";

class RedriverTest : public channels::ChannelsFixture {
 protected:
  RedriverTest() {
    MakeParts();
    CreateChannel("ch_1", kAccount);
  }

  void MakeParts() {
    ingest_ = std::make_unique<Ingest>(clock_, folder_->sealer(), *registry_,
                                       names_, observer_);
    redriver_ = std::make_unique<Redriver>(
        Redriver::Dependencies{clock_, folder_->state(), folder_->sealer(),
                               *journal_, *registry_, names_});
  }
  // Runs SQL on the closed folder.
  void Execute(const std::string& sql) {
    redriver_.reset();
    ingest_.reset();
    Close();
    {
      auto database = sqlite::Database::Open(
          path_.path() + "/gateway.db", sqlite::Database::Mode::kReadWrite);
      ASSERT_THAT(database, IsOk());
      ASSERT_THAT((*database)->Execute(sql.c_str()), IsOk());
    }
    Open();
    MakeParts();
  }
  void CreateChannel(const std::string& id, const std::string& account,
                     const std::string& secret = kSecret) {
    v1::CreateChannelRequest request =
        Request(id, account, absl::StrCat("9", account));
    request.mutable_credentials()->set_app_secrets(0, secret);
    ASSERT_THAT(admin_->Create(request), IsOk());
  }

  Delivery Make(const std::string& text) {
    const PaddedBody body(text);
    auto made = ingest_->MakeRecord(registry_->Find("ch_1"),
                                    folder_->sealer().Fingerprint(kSecret),
                                    body.view());
    EXPECT_THAT(made, IsOk());
    return *std::move(made);
  }
  // Returns the delivery's id.
  std::string Store(Delivery delivery) {
    journal::Record& record = delivery.appended.record;
    std::string id = FormatId(kDeliveryPrefix, record.webhook().delivery_id());
    EXPECT_TRUE(journal::AppendSealedAndWait(
                    *journal_, std::move(delivery.new_keys), std::move(record))
                    .applied());
    return id;
  }
  // Posts a message with this text to ch_1.
  std::string Deliver(const std::string& text) { return Store(Make(text)); }

  // Stores the only item of the body as a program would that does not know its
  // kind. The item is known by `key`, or by the key that it has today.
  std::string DeliverAsUnknown(const std::string& text,
                               const std::string& key) {
    Delivery delivery = Make(text);
    journal::WebhookItem& item =
        *delivery.appended.record.mutable_webhook()->mutable_items(0);
    item.set_kind(journal::ITEM_KIND_OTHER);
    item.clear_mid();
    item.clear_mid_key();
    item.clear_target_mid_key();
    item.clear_content_match();
    if (!key.empty()) item.set_dedupe_key(key);
    journal::NewEvent& event = *item.mutable_event();
    event.set_id(HashedRawId({"event", item.dedupe_key()}));
    event.set_type("instagram.unknown");
    v1::Event unknown;
    unknown.mutable_unknown()->set_kind("new");
    unknown.set_raw_json("{}");
    auto sealed = folder_->sealer().Seal(
        {.channel_no = event.channel_no(), .user_id = event.user_id()},
        seal::SealedPlace::kEvent, event.id(),
        state::EncodeNewEvent(unknown).stored, delivery.new_keys);
    EXPECT_THAT(sealed, IsOk());
    event.set_sealed(*std::move(sealed));
    return Store(std::move(delivery));
  }

  v1::RedrivenDelivery Redrive(const std::string& id,
                               const StringSet& covered = {}) {
    v1::RedriveDeliveriesRequest request;
    request.add_delivery_ids(id);
    const auto response = redriver_->Redrive(request, covered);
    EXPECT_THAT(response, IsOk());
    EXPECT_EQ(response->deliveries_size(), 1);
    EXPECT_EQ(response->deliveries(0).id(), id);
    return response->deliveries(0);
  }
  // Returns the events of items, not those that tell of channels.
  std::vector<v1::Event> Events() {
    const auto page = folder_->events().Read(
        {.last_seq = 1'000'000}, [](std::string_view type, auto, auto) {
          return !type.starts_with("channel.");
        });
    EXPECT_THAT(page, IsOk());
    std::vector<v1::Event> events;
    for (const state::CommittedEvent& event : page->events) {
      events.push_back(state::MergeEvent(event));
    }
    return events;
  }

  FakeUserNames names_;
  FakeWebhookObserver observer_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Redriver> redriver_;
};

std::string From(const std::string& user, const std::string& mid) {
  return absl::StrCat(R"({"sender":{"id":")", user, R"("},"recipient":{"id":")",
                      kAccount, R"("},"timestamp":1700000000000,)",
                      R"("message":{"mid":")", mid, R"(","text":"hello"}})");
}

// ---- What it redrives -------------------------------------------------------

TEST_F(RedriverTest, AnItemWhoseAccountHasAChannelNow) {
  const std::string id = Deliver(Messaging({TextItem("m1", "hi")}, kOther));
  EXPECT_EQ(Redrive(id).unknown_count(), 1);
  CreateChannel("ch_2", kOther);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Redrive(id).event_count(), 1);
  EXPECT_EQ(Redrive(id).typed_count(), 1);
  const std::vector<v1::Event> events = Events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].type(), "message.received");
  EXPECT_EQ(events[0].channel_id(), "ch_2");
  EXPECT_EQ(events[0].message_received().text(), "hi");
  EXPECT_EQ(events[0].redrive_of(), id);
  EXPECT_EQ(events[0].delivery_id(), id);
  EXPECT_EQ(events[0].event_time().seconds(), 1'700'000'000);
  EXPECT_EQ(events[0].receive_time().seconds(), 1'800'000'000);
}

// What stands beside the value is not in the item as received.
TEST_F(RedriverTest, AChangeIsReadAsItsField) {
  const std::string id = Deliver(
      Envelope({Entry(R"("changes":[{"field":"comments","value":{"id":"18",)"
                      R"("text":"lovely","from":{"id":"61"}}}])",
                      kOther)}));
  CreateChannel("ch_2", kOther);
  EXPECT_EQ(Redrive(id).event_count(), 1);
  const std::vector<v1::Event> events = Events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].type(), "instagram.comment");
  EXPECT_EQ(events[0].comment().text(), "lovely");
}

TEST_F(RedriverTest, AnEntryWithoutAValueIsStillNoComment) {
  const std::string id =
      Deliver(Envelope({Entry(R"("field":"comments")", kOther)}));
  CreateChannel("ch_2", kOther);
  EXPECT_EQ(Redrive(id).unknown_count(), 1);
  EXPECT_THAT(Events(), SizeIs(0));
}

TEST_F(RedriverTest, AnUnknownItemThatIsKnownToday) {
  const std::string id =
      DeliverAsUnknown(Messaging({TextItem("m1", "hi")}), "an old key");
  EXPECT_EQ(Redrive(id).event_count(), 1);
  EXPECT_EQ(Redrive(id).typed_count(), 1);
  const std::vector<v1::Event> events = Events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].type(), "instagram.unknown");
  EXPECT_EQ(events[1].type(), "message.received");
  EXPECT_EQ(events[1].message_received().text(), "hi");
  EXPECT_EQ(events[1].redrive_of(), events[0].id());
  // Meta delivers it again.
  Deliver(Messaging({TextItem("m1", "hi")}));
  EXPECT_THAT(Events(), SizeIs(2));
}

// Clients may tell events apart by their ids.
TEST_F(RedriverTest, AnItemWithTheSameIdentityGetsAnotherEventId) {
  const std::string body = Messaging(
      {Inbound(R"("reaction":{"mid":"m","action":"react","emoji":"x"})")});
  const std::string id = DeliverAsUnknown(body, "");
  EXPECT_EQ(Redrive(id).event_count(), 1);
  const std::vector<v1::Event> events = Events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[1].type(), "instagram.reaction");
  EXPECT_NE(events[1].id(), events[0].id());
  EXPECT_EQ(events[1].redrive_of(), events[0].id());
  Deliver(body);
  EXPECT_THAT(Events(), SizeIs(2));
}

TEST_F(RedriverTest, WhatCameByAnotherDeliveryIsNotDoubled) {
  const std::string id =
      DeliverAsUnknown(Messaging({TextItem("m1")}), "an old key");
  Deliver(Messaging({TextItem("m1")}));
  EXPECT_EQ(Redrive(id).duplicate_count(), 1);
  EXPECT_THAT(Events(), SizeIs(2));
}

TEST_F(RedriverTest, OneItemThatCannotBeAppliedDoesNotSpoilItsNeighbours) {
  Execute(kPoison);
  const std::string id =
      Deliver(Messaging({From("666", "m1"), From("501", "m2")}));
  ASSERT_THAT(Events(), SizeIs(0)) << "it is in quarantine";
  v1::RedrivenDelivery told = Redrive(id);
  EXPECT_EQ(told.event_count(), 1);
  EXPECT_EQ(told.failed_count(), 1);
  Execute("DROP TRIGGER poison");
  told = Redrive(id);
  EXPECT_EQ(told.event_count(), 1);
  EXPECT_EQ(told.typed_count(), 1);
  EXPECT_EQ(told.failed_count(), 0);
  EXPECT_THAT(Events(), SizeIs(2));
}

TEST_F(RedriverTest, TestsOfTheDashboardStayTests) {
  Execute(kPoison);
  const std::string id = Deliver(Messaging({From("666", "random_mid")}, "0"));
  Execute("DROP TRIGGER poison");
  EXPECT_EQ(Redrive(id).event_count(), 1);
  ASSERT_THAT(Events(), SizeIs(1));
  EXPECT_TRUE(Events()[0].test());
}

// ---- What it leaves alone ---------------------------------------------------

TEST_F(RedriverTest, AnErasedItem) {
  const std::string id =
      DeliverAsUnknown(Messaging({TextItem("m1")}), "an old key");
  Execute("UPDATE raw_items SET sealed_raw = zeroblob(length(sealed_raw))");
  EXPECT_EQ(Redrive(id).erased_count(), 1);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(RedriverTest, AnItemThatIsNotKept) {
  const std::string id =
      DeliverAsUnknown(Messaging({TextItem("m1")}), "an old key");
  const auto trimmed = journal::AppendAs<state::TrimAnswer>(
      *journal_, state::MakeTrim({.raw_max_bytes = 0}));
  ASSERT_THAT(trimmed, IsOk());
  EXPECT_EQ(Redrive(id).not_kept_count(), 1);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(RedriverTest, ADeliveryThatThereIsNot) {
  const v1::RedrivenDelivery told =
      Redrive(absl::StrCat("dlv_", std::string(32, '0')));
  EXPECT_TRUE(told.not_found());
}

TEST_F(RedriverTest, ABodyThatIsNoEnvelope) {
  EXPECT_EQ(Redrive(Deliver("not JSON")).unknown_count(), 1);
}

TEST_F(RedriverTest, TheCountsAddUp) {
  v1::RedrivenDelivery told = Redrive(Deliver(Envelope(
      {Entry(
           absl::StrCat(R"("messaging":[)", TextItem("m1"), ",", TextItem("m1"),
                        ",", Inbound(R"("delivery":{"mids":["m1"]})"), ",",
                        R"({"message_edit":{"mid":"m9","num_edit":0}})", "]")),
       Entry(absl::StrCat(R"("messaging":[)", TextItem("m2"), "]"), kOther)})));
  EXPECT_EQ(told.typed_count(), 1);
  EXPECT_EQ(told.duplicate_count(), 1);
  EXPECT_EQ(told.ignored_count(), 1);
  EXPECT_EQ(told.unknown_count(), 2) << "one is for nobody";
  EXPECT_EQ(told.not_kept_count(), 0);

  // The last three are one item as received.
  std::vector<std::string> many(kMaxUnknownItems + 3, R"({"x":1})");
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = absl::StrCat(R"({"x":)", i, "}");
  }
  told = Redrive(Deliver(Messaging(many)));
  EXPECT_EQ(told.unknown_count(), kMaxUnknownItems + 3);
  EXPECT_EQ(told.not_kept_count(), 0);
}

// ---- Whose items ------------------------------------------------------------

TEST_F(RedriverTest, AKeyOfOtherChannelsFindsNothing) {
  const std::string id = Deliver(Messaging({TextItem("m1")}, kOther));
  CreateChannel("ch_2", kOther);
  v1::RedrivenDelivery nothing;
  nothing.set_id(id);
  nothing.set_not_found(true);
  EXPECT_EQ(Redrive(id, {"ch_2"}).SerializeAsString(),
            nothing.SerializeAsString())
      << "the delivery came to the URL of ch_1";
  EXPECT_EQ(Redrive(id, {"ch_1"}).unknown_count(), 1)
      << "as if nobody had the account";
  EXPECT_THAT(Events(), SizeIs(0));
  EXPECT_EQ(Redrive(id, {"ch_1", "ch_2"}).event_count(), 1);
}

TEST_F(RedriverTest, AnotherAppsAccountGetsNothing) {
  const std::string id = Deliver(Messaging({TextItem("m1")}, kOther));
  CreateChannel("ch_2", kOther, "secret of another app");
  EXPECT_EQ(Redrive(id).unknown_count(), 1);
  v1::SetChannelCredentialsRequest add;
  add.set_channel_id("ch_2");
  add.set_add_app_secret(kSecret);
  ASSERT_THAT(admin_->SetCredentials(add), IsOk());
  EXPECT_EQ(Redrive(id).event_count(), 1);
}

// A channel whose account was wrong is deleted and made anew.
TEST_F(RedriverTest, TheUrlsChannelMayBeGone) {
  const std::string id = Deliver(Messaging({TextItem("m1")}, kOther));
  ASSERT_THAT(Delete("ch_1"), IsOk());
  CreateChannel("ch_2", kOther);
  EXPECT_EQ(Redrive(id).event_count(), 1);
}

// The secrets of the app were changed since.
TEST_F(RedriverTest, ASecretInCommonIsEnough) {
  const std::string id = Deliver(Messaging({TextItem("m1")}, kOther));
  CreateChannel("ch_2", kOther, "new secret");
  v1::SetChannelCredentialsRequest change;
  change.set_channel_id("ch_1");
  change.set_add_app_secret("new secret");
  ASSERT_THAT(admin_->SetCredentials(change), IsOk());
  EXPECT_EQ(Redrive(id).event_count(), 1);
}

TEST_F(RedriverTest, AnUnknownItemStaysWithItsChannel) {
  const std::string id =
      DeliverAsUnknown(Messaging({TextItem("m1")}), "an old key");
  ASSERT_THAT(Delete("ch_1"), IsOk());
  CreateChannel("ch_2", kAccount);
  EXPECT_EQ(Redrive(id).unknown_count(), 1);
  EXPECT_THAT(Events(), SizeIs(1));
}

TEST_F(RedriverTest, EachDeliveryOfARequestIsAnswered) {
  v1::RedriveDeliveriesRequest request;
  request.add_delivery_ids(
      DeliverAsUnknown(Messaging({TextItem("m1")}), "one"));
  request.add_delivery_ids(absl::StrCat("dlv_", std::string(32, 'f')));
  request.add_delivery_ids(
      DeliverAsUnknown(Messaging({TextItem("m2")}), "two"));
  const auto response = redriver_->Redrive(request, {});
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->deliveries_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(response->deliveries(i).id(), request.delivery_ids(i));
    EXPECT_EQ(response->deliveries(i).not_found(), i == 1);
    EXPECT_EQ(response->deliveries(i).event_count(), i == 1 ? 0 : 1);
  }
}

TEST_F(RedriverTest, AStoppedJournalIsAFailure) {
  v1::RedriveDeliveriesRequest request;
  request.add_delivery_ids(
      DeliverAsUnknown(Messaging({TextItem("m1")}), "an old key"));
  journal_->Stop();
  EXPECT_THAT(redriver_->Redrive(request, {}), HasReason("DRAINING"));
}

}  // namespace
}  // namespace linktor::webhook
