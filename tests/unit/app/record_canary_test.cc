// A record holds ids, numbers and sealed bytes, never what people wrote, a name
// or a credential: whatever the server appends is searched for canaries.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <limits>
#include <memory>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/access/api_keys.h"
#include "server/access/key_admin.h"
#include "server/base/executor.h"
#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/channels/user_directory.h"
#include "server/channels/user_profiles.h"
#include "server/journal/erasure_worker.h"
#include "server/messaging/conversations.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/state/identity.h"
#include "server/webhook/ingest.h"
#include "server/webhook/redriver.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/fakes/memory_journal.h"
#include "tests/fakes/willing_graph.h"
#include "tests/support/golden.h"
#include "tests/support/padded_body.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::app {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// All of them contain the word.
constexpr char kCanary[] = "CANARY";
constexpr char kText[] = "CANARY what a customer wrote";
constexpr char kReply[] = "CANARY what was answered";
constexpr char kChip[] = "CANARY quick reply";
constexpr char kRefusal[] = "CANARY what Instagram said of it";
constexpr char kUsername[] = "CANARY_user_name";
constexpr char kPersonsName[] = "CANARY name of a customer";
constexpr char kPicture[] = "https://e.x/CANARY.jpg";
constexpr char kChannelName[] = "CANARY channel";
constexpr char kToken[] = "CANARY-access-token";
constexpr char kAppSecret[] = "CANARY-app-secret";
constexpr char kVerifyToken[] = "CANARY-verify-token";
constexpr char kQuestion[] = "CANARY ice breaker";
constexpr char kKeyName[] = "CANARY API key";

constexpr char kAccount[] = "17841400000000001";
constexpr char kLateAccount[] = "17841400000000002";
constexpr char kCustomer[] = "1000200030004001";
// How long a failing test waits for a record.
constexpr std::chrono::seconds kPatience{30};

// Instagram takes what is sent, unless it is told to refuse it, and gives every
// customer the same name.
class CanaryGraph final : public WillingGraph {
 public:
  void Send(const graph::GraphAccount&, std::string_view,
            const v1::MessageContent&, v1::MessageTag,
            absl::AnyInvocable<void(graph::GraphSendResult)> done) override {
    if (!refuse) return done({.mid = "mid.sent", .failure = {}});
    done({.mid = "",
          .failure = {.status = MakeError(absl::StatusCode::kNotFound,
                                          v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
                                          kRefusal),
                      .outcome_unknown = false}});
  }
  void GetUserProfile(
      const graph::GraphAccount&, std::string_view,
      absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) override {
    v1::UserProfile profile;
    profile.set_username(kUsername);
    profile.set_name(kPersonsName);
    profile.set_profile_picture_url(kPicture);
    done(std::move(profile));
  }

  bool refuse = false;
};

// A message, as Instagram tells of it.
std::string Written(const std::string& mid, const std::string& text,
                    const std::string& account = kAccount) {
  return absl::StrCat(
      R"({"object":"instagram","entry":[{"id":")", account,
      R"(","time":1700000001000,"messaging":[{"sender":{"id":")", kCustomer,
      R"("},"recipient":{"id":")", account,
      R"("},"timestamp":1700000000000,"message":{"mid":")", mid,
      R"(","text":")", text, R"("}}]}]})");
}

class RecordCanaryTest : public testing::Test {
 public:
  RecordCanaryTest();
  ~RecordCanaryTest() override;

 protected:
  using Body = journal::Record::BodyCase;

  void CreateChannel(const std::string& id = "ch_1",
                     const std::string& account = kAccount,
                     const std::string& page = "100200300400500");
  void ChangeChannel();
  void Deliver(const std::string& body);
  absl::Status Send(const std::string& request_id);
  void UseKeys();
  // Redrives a message to an account that has a channel only then.
  void Redrive();
  void Erase();
  void AwaitRecord(Body body);
  // Waits until the customer's name is stored. The record that first brings it
  // may come before the message that makes the customer known, and is then
  // written again.
  void AwaitName();
  // Returns the log, record by record.
  std::vector<std::string> Records() const;
  // Returns the records that have the word in them, for people.
  std::vector<std::string> Suspects() const;

  seal::Sealer& sealer() { return instance_.folder().sealer(); }
  journal::Journal& journal() { return instance_.journal(); }
  state::StateReader& state() { return instance_.folder().state(); }
  journal::Feed& feed() { return instance_.folder().feed(); }

  Mutex mutex_;
  CondVar applied_;
  std::set<int> bodies_ ABSL_GUARDED_BY(mutex_);
  bool is_named_ ABSL_GUARDED_BY(mutex_) = false;

  SharedLog log_;
  MemoryInstance instance_{log_, {}};
  FakeClock clock_{absl::FromUnixMillis(1'700'000'060'000)};
  CanaryGraph graph_;
  FakeWebhookObserver observer_;
  std::unique_ptr<channels::ChannelRegistry> registry_;
  std::unique_ptr<channels::ChannelAdmin> channels_;
  std::unique_ptr<access::ApiKeys> keys_;
  std::unique_ptr<access::KeyAdmin> key_admin_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<messaging::MessageReader> reader_;
  std::unique_ptr<messaging::Sender> sender_;
  std::unique_ptr<channels::UserProfiles> profiles_;
  std::unique_ptr<channels::UserDirectory> users_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<messaging::MessageList> messages_;
  std::unique_ptr<messaging::Conversations> conversations_;
  std::unique_ptr<journal::ErasureWorker> erasures_;
  std::unique_ptr<webhook::Ingest> ingest_;
};

RecordCanaryTest::RecordCanaryTest() {
  EXPECT_THAT(
      instance_.Open([this](std::span<const journal::AppliedRecord> records) {
        MutexLock lock(mutex_);
        for (const journal::AppliedRecord& one : records) {
          bodies_.insert(one.record.body_case());
          if (!one.effects.names.empty()) is_named_ = true;
        }
        applied_.SignalAll();
      }),
      IsOk());
  registry_ = std::make_unique<channels::ChannelRegistry>(sealer());
  feed().Add([this](auto records) { registry_->OnCommit(records); });
  channels_ = std::make_unique<channels::ChannelAdmin>(clock_, journal(),
                                                       sealer(), *registry_);
  keys_ = std::make_unique<access::ApiKeys>(clock_, sealer());
  feed().Add([this](auto records) { keys_->OnCommit(records); });
  key_admin_ =
      std::make_unique<access::KeyAdmin>(clock_, journal(), sealer(), *keys_);
  executor_ = std::make_unique<Executor>(2, 100);
  reader_ = std::make_unique<messaging::MessageReader>(
      state(), instance_.folder().events(), sealer(), *registry_);
  sender_ = std::make_unique<messaging::Sender>(
      messaging::Sender::Dependencies{.clock = clock_,
                                      .appender = instance_.folder().appender(),
                                      .state = state(),
                                      .sealer = sealer(),
                                      .journal = journal(),
                                      .registry = *registry_,
                                      .graph = graph_,
                                      .executor = *executor_});
  feed().Add([this](auto records) { sender_->OnCommit(records); });
  profiles_ =
      std::make_unique<channels::UserProfiles>(clock_, *registry_, graph_);
  users_ = std::make_unique<channels::UserDirectory>(
      channels::UserDirectory::Dependencies{clock_, state(), sealer(),
                                            journal(), *registry_, *profiles_,
                                            absl::ZeroDuration()});
  feed().Add([this](auto records) { users_->OnCommit(records); });
  events_ = std::make_unique<events::EventLog>(instance_.folder());
  messages_ = std::make_unique<messaging::MessageList>(
      instance_.folder(), *events_, *reader_, *registry_);
  conversations_ = std::make_unique<messaging::Conversations>(
      messaging::Conversations::Dependencies{
          .clock = clock_,
          .state = state(),
          .sealer = sealer(),
          .journal = journal(),
          .registry = *registry_,
          .messages = *messages_,
          .folder = instance_.folder(),
          .log = *events_,
          .events = instance_.folder().events()});
  erasures_ = std::make_unique<journal::ErasureWorker>(
      clock_, journal(),
      journal::ErasureWorker::Options{
          .begin_log_anew = [] { return absl::OkStatus(); },
          .old_log_bytes = [] { return std::int64_t{0}; },
          .cut_log = [] { return absl::OkStatus(); },
          .pause = std::chrono::milliseconds(1)});
  feed().Add([this](auto records) { erasures_->OnCommit(records); });
  erasures_->Start();
  ingest_ = std::make_unique<webhook::Ingest>(clock_, sealer(), *registry_,
                                              *users_, observer_);
}

RecordCanaryTest::~RecordCanaryTest() {
  users_->Stop();
  erasures_->Stop();
  sender_->Stop();
  instance_.journal().Stop();
  executor_.reset();
  instance_.Close();
}

void RecordCanaryTest::CreateChannel(const std::string& id,
                                     const std::string& account,
                                     const std::string& page) {
  v1::CreateChannelRequest request;
  request.mutable_channel()->set_id(id);
  request.mutable_channel()->set_name(kChannelName);
  request.mutable_channel()->set_instagram_account_id(account);
  request.mutable_channel()->set_page_id(page);
  request.mutable_credentials()->set_access_token(kToken);
  request.mutable_credentials()->add_app_secrets(kAppSecret);
  request.mutable_credentials()->set_verify_token(kVerifyToken);
  EXPECT_THAT(channels_->Create(request), IsOk());
}

void RecordCanaryTest::ChangeChannel() {
  v1::UpdateChannelRequest update;
  update.mutable_channel()->set_id("ch_1");
  update.mutable_channel()->set_name(absl::StrCat(kChannelName, " again"));
  update.mutable_update_mask()->add_paths("name");
  EXPECT_THAT(channels_->Update(update), IsOk());
  google::protobuf::RepeatedPtrField<v1::IceBreaker> ice_breakers;
  ice_breakers.Add()->set_question(kQuestion);
  ice_breakers.Mutable(0)->set_payload(kQuestion);
  EXPECT_THAT(channels_->RememberIceBreakers("ch_1", ice_breakers, {}), IsOk());
}

void RecordCanaryTest::Deliver(const std::string& body) {
  const PaddedBody padded(body);
  auto made = ingest_->MakeRecord(
      registry_->Find("ch_1"), sealer().Fingerprint(kAppSecret), padded.view());
  ASSERT_THAT(made, IsOk());
  std::promise<bool> applied;
  journal::AppendSealed(
      journal(), std::move(made->new_keys), std::move(made->appended),
      [&](const journal::Ending& end) { applied.set_value(end.applied()); });
  EXPECT_TRUE(applied.get_future().get());
}

absl::Status RecordCanaryTest::Send(const std::string& request_id) {
  v1::SendMessageRequest request;
  request.set_channel_id("ch_1");
  request.set_to(kCustomer);
  request.set_request_id(request_id);
  request.mutable_content()->set_text(kReply);
  request.mutable_content()->add_quick_replies()->set_title(kChip);
  request.mutable_content()->mutable_quick_replies(0)->set_payload(kChip);
  std::promise<absl::Status> sent;
  sender_->Send(
      request,
      {.deadline = std::chrono::system_clock::now() + std::chrono::minutes(1),
       .api_key_id = "key_1"},
      [&](const absl::StatusOr<v1::SendMessageResponse>& response) {
        sent.set_value(response.status());
      });
  return sent.get_future().get();
}

void RecordCanaryTest::UseKeys() {
  v1::CreateApiKeyRequest create;
  create.mutable_api_key()->set_name(kKeyName);
  create.mutable_api_key()->add_permissions(v1::PERMISSION_SEND);
  create.set_request_id("q1");
  const auto created = key_admin_->Create({}, create);
  ASSERT_THAT(created, IsOk());
  EXPECT_THAT(keys_->Authenticate(created->secret()), IsOk());
  key_admin_->StoreUses(/*all=*/true);
  for (const std::string& record : Records()) {
    EXPECT_THAT(record, Not(HasSubstr(created->secret())));
  }
  v1::UpdateApiKeyRequest update;
  *update.mutable_api_key() = created->api_key();
  update.mutable_api_key()->set_name(absl::StrCat(kKeyName, " again"));
  update.mutable_update_mask()->add_paths("name");
  EXPECT_THAT(key_admin_->Update({}, update), IsOk());
  EXPECT_THAT(key_admin_->Delete({}, created->api_key().id()), IsOk());
}

void RecordCanaryTest::Redrive() {
  Deliver(Written("mid.late", kText, kLateAccount));
  CreateChannel("ch_2", kLateAccount, "100200300400501");
  const auto rows =
      state().Deliveries(std::numeric_limits<std::int64_t>::max(), 1);
  ASSERT_THAT(rows, IsOk());
  v1::RedriveDeliveriesRequest request;
  request.add_delivery_ids(FormatId(kDeliveryPrefix, rows->front().id));
  webhook::Redriver redriver(webhook::Redriver::Dependencies{
      clock_, state(), sealer(), journal(), *registry_, *users_});
  const auto response = redriver.Redrive(request, {});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->deliveries(0).event_count(), 1);
}

void RecordCanaryTest::Erase() {
  journal::Record erase = journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  erase.mutable_erase()->set_mid_key(
      state::MidKey(registry_->Find("ch_1")->no, "mid.written"));
  EXPECT_TRUE(journal::AppendAndWait(journal(), std::move(erase)).applied());
  AwaitRecord(Body::kErased);
  journal::Record release =
      journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  release.mutable_release_waiting()->set_grace_ms(1);
  EXPECT_TRUE(journal::AppendAndWait(journal(), std::move(release)).applied());
  v1::EraseUserRequest person;
  person.set_channel_id("ch_1");
  person.set_user_id(kCustomer);
  const auto erased = conversations_->Erase(person);
  ASSERT_THAT(erased, IsOk());
  EXPECT_TRUE(erased->found());
}

void RecordCanaryTest::AwaitRecord(Body body) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(mutex_);
  while (!bodies_.contains(body)) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "no record " << body;
    applied_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
  }
}

void RecordCanaryTest::AwaitName() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(mutex_);
  while (!is_named_) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "no name";
    applied_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
  }
}

std::vector<std::string> RecordCanaryTest::Records() const {
  std::vector<std::string> records;
  for (std::int64_t i = 1; i <= log_.last_position(); ++i) {
    records.push_back(log_.At(i));
  }
  return records;
}

std::vector<std::string> RecordCanaryTest::Suspects() const {
  std::vector<std::string> suspects;
  for (const std::string& bytes : Records()) {
    if (bytes.find(kCanary) == std::string::npos) continue;
    journal::Record record;
    EXPECT_TRUE(record.ParseFromString(bytes));
    suspects.push_back(record.ShortDebugString());
  }
  return suspects;
}

TEST_F(RecordCanaryTest, NoRecordHoldsWhatIsSealed) {
  CreateChannel();
  ChangeChannel();
  Deliver(Written("mid.written", kText));
  AwaitName();
  EXPECT_THAT(Send("r1"), IsOk());
  graph_.refuse = true;
  EXPECT_THAT(Send("r2"), HasReason("RECIPIENT_NOT_FOUND"));
  v1::UpdateConversationRequest opt_out;
  opt_out.mutable_conversation()->set_channel_id("ch_1");
  opt_out.mutable_conversation()->set_user_id(kCustomer);
  opt_out.mutable_conversation()->set_opted_out(true);
  opt_out.mutable_update_mask()->add_paths("opted_out");
  const auto conversation = conversations_->Update(opt_out);
  ASSERT_THAT(conversation, IsOk());
  UseKeys();
  EXPECT_TRUE(journal::AppendAndWait(journal(), state::MakeTrim()).applied());

  // The canaries are there, for those who can open what is sealed.
  EXPECT_EQ(conversation->username(), kUsername);
  EXPECT_THAT(registry_->Find("ch_1")->channel.name(), HasSubstr(kChannelName));
  const auto page = instance_.folder().events().Read(
      {.last_seq = 10}, [](std::string_view type, auto, auto) {
        return type == "message.received";
      });
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(*page->events.at(0).encoded, HasSubstr(kText));

  Redrive();
  Erase();
  v1::DeleteChannelRequest remove;
  remove.set_channel_id("ch_1");
  remove.set_erase(true);
  EXPECT_THAT(channels_->Delete(remove), IsOk());
  AwaitRecord(Body::kEraseOn);
  EXPECT_THAT(Suspects(), IsEmpty());
  // None was forgotten: each body of a record was appended.
  const auto& body = *journal::Record::descriptor()->FindOneofByName("body");
  MutexLock lock(mutex_);
  for (int i = 0; i < body.field_count(); ++i) {
    EXPECT_THAT(bodies_, Contains(body.field(i)->number()))
        << body.field(i)->name();
  }
}

// Every text of the body begins with the word, but for ids and what tells where
// an item belongs.
std::string WithCanaries(const std::string& body, bool types_too) {
  std::string spared = R"(id"|mid"|object"|field")";
  if (!types_too) spared += R"(|type"|item_type"|action"|verb")";
  const std::regex texts(
      absl::StrCat(R"(("(?!)", spared, R"()\w+"\s*:\s*"|\[\s*"))"));
  return std::regex_replace(body, texts, absl::StrCat("$1", kCanary));
}

TEST_F(RecordCanaryTest, NoWebhookHoldsWhatWasWritten) {
  CreateChannel();
  int changed = 0;
  for (const std::string& path :
       ListFiles(SourceDir() + "/tests/golden/webhooks", ".json")) {
    const std::string body = ReadFile(path);
    for (const bool types_too : {false, true}) {
      const std::string marked = WithCanaries(body, types_too);
      changed += marked != body ? 1 : 0;
      Deliver(marked);
      ASSERT_THAT(Suspects(), IsEmpty())
          << std::filesystem::path(path).filename();
    }
  }
  EXPECT_GT(changed, 100);
}

}  // namespace
}  // namespace linktor::app
