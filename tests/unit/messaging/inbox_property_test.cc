// Random webhooks of all kinds, shuffled, repeated and split over posts of
// different sizes: the events, messages and conversations that can be listed
// afterwards must be those of a simple model in memory.
//
//   LINKTOR_TEST_SEED     the first seed; each world has one of its own
//   LINKTOR_INBOX_SEEDS   how many worlds, instead of kWorlds

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/events/event_list.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_list.h"
#include "server/webhook/ingest.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/support/environment.h"
#include "tests/support/padded_body.h"
#include "tests/support/seed.h"
#include "tests/unit/messaging/inbox_world.h"
#include "tests/unit/messaging/messaging_fixture.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::uint64_t kWorlds = 500;
constexpr char kSecret[] = "the app's secret";
// A world has its own channel, so that all of them fit into one data folder,
// which is opened again now and then.
constexpr std::uint64_t kWorldsBetweenStarts = 50;

class NoNames final : public channels::UserNames {
 public:
  std::string Find(std::int64_t, std::string_view) override { return ""; }
  void OnActivity(const channels::ChannelRegistry::EntryPtr&,
                  std::string_view) override {}
};

class InboxPropertyTest : public MessagingFixture {
 public:
  ~InboxPropertyTest() override { CloseJournal(); }

 protected:
  InboxPropertyTest() { Attach(); }

  void StartAgain() {
    Close();
    ingest_.reset();
    Open();
    Attach();
  }

  void Play(std::uint64_t seed) {
    const InboxWorld world(seed, NowMs());
    const std::string id = absl::StrCat("ch_", seed);
    v1::CreateChannelRequest create;
    create.mutable_channel()->set_id(id);
    create.mutable_channel()->set_instagram_account_id(world.account());
    create.mutable_channel()->set_page_id(world.account() + "0");
    create.mutable_credentials()->add_app_secrets(kSecret);
    ASSERT_THAT(Admin().Create(create), IsOk());
    for (const std::string& post : world.posts()) {
      const PaddedBody body(post);
      auto delivery = ingest_->MakeRecord(
          registry_->Find(id), sealer().Fingerprint(kSecret), body.view());
      ASSERT_THAT(delivery, IsOk());
      const auto answer = journal::AppendSealedAs<state::DeliveryAnswer>(
          *journal_, std::move(delivery->new_keys),
          std::move(delivery->appended.record));
      ASSERT_THAT(answer, IsOk());
      ASSERT_EQ(answer->issues, 0);
    }
    if (seed % kWorldsBetweenStarts == 0) StartAgain();
    EXPECT_EQ(Events(id), world.events());
    for (int n = 0; n < kInboxUsers; ++n) {
      EXPECT_EQ(Messages(id, InboxWorld::User(n)),
                world.Messages(InboxWorld::User(n)));
    }
    EXPECT_EQ(Conversations(id), world.Conversations());
  }

 private:
  void Attach() {
    log_ = std::make_unique<events::EventLog>(*folder_);
    folder_->feed().Add([this](auto records) { log_->OnCommit(records); });
    messages_ =
        std::make_unique<MessageList>(*folder_, *log_, *reader_, *registry_);
    ingest_ = std::make_unique<webhook::Ingest>(clock_, sealer(), *registry_,
                                                names_, observer_);
  }

  std::vector<std::string> Events(const std::string& channel_id) {
    events::EventList list(*folder_, *log_);
    v1::ListEventsRequest request;
    request.add_channel_ids(channel_id);
    request.set_order(v1::LIST_ORDER_OLDEST_FIRST);
    request.set_page_size(25);
    request.add_types("message.*");
    request.add_types("instagram.*");
    std::vector<std::string> lines;
    for (;;) {
      const auto page = list.List(request, {});
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return lines;
      for (const v1::Event& event : page->events()) {
        lines.push_back(absl::StrCat(event.type(), " ", event.user_id()));
      }
      if (page->next_page_token().empty()) return lines;
      request.set_page_token(page->next_page_token());
    }
  }

  std::vector<std::string> Messages(const std::string& channel_id,
                                    const std::string& user) {
    v1::ListMessagesRequest request;
    request.set_channel_id(channel_id);
    request.set_user_id(user);
    request.set_page_size(7);
    std::vector<std::string> lines;
    for (;;) {
      const auto page = messages_->List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return lines;
      for (const v1::Message& message : page->messages()) {
        lines.push_back(LineOf(message));
      }
      if (page->next_page_token().empty()) return lines;
      request.set_page_token(page->next_page_token());
    }
  }

  std::vector<std::string> Conversations(const std::string& channel_id) {
    linktor::messaging::Conversations conversations(
        {.clock = clock_,
         .state = state(),
         .sealer = sealer(),
         .journal = *journal_,
         .registry = *registry_,
         .messages = *messages_,
         .folder = *folder_,
         .log = *log_,
         .events = folder_->events()});
    v1::ListConversationsRequest request;
    request.set_channel_id(channel_id);
    request.set_page_size(2);
    std::vector<std::string> lines;
    for (;;) {
      const auto page = conversations.List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return lines;
      for (const v1::Conversation& one : page->conversations()) {
        lines.push_back(absl::StrCat(
            one.user_id(), " ", one.unanswered_count(), " ",
            one.has_last_inbound_time()
                ? TimeUtil::TimestampToMilliseconds(one.last_inbound_time())
                : 0,
            " ",
            one.has_thread_owner() ? one.thread_owner().app_id()
                                   : "nobody knows"));
      }
      if (page->next_page_token().empty()) return lines;
      request.set_page_token(page->next_page_token());
    }
  }

  NoNames names_;
  FakeWebhookObserver observer_;
  std::unique_ptr<events::EventLog> log_;
  std::unique_ptr<MessageList> messages_;
  std::unique_ptr<webhook::Ingest> ingest_;
};

TEST_F(InboxPropertyTest, IsWhatASimpleModelSays) {
  const std::uint64_t first = TestSeed();
  const std::uint64_t seeds =
      NumberFromEnvironment("LINKTOR_INBOX_SEEDS", kWorlds);
  std::cout << "LINKTOR_TEST_SEED=" << first << " LINKTOR_INBOX_SEEDS=" << seeds
            << "\n";
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Play(seed);
    ASSERT_FALSE(HasFailure()) << "run it alone with LINKTOR_TEST_SEED=" << seed
                               << " LINKTOR_INBOX_SEEDS=1";
  }
}

}  // namespace
}  // namespace linktor::messaging
