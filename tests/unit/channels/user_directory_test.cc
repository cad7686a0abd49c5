// The directory with a real store, a fake clock, and Instagram as a fake.

#include "server/channels/user_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/fakes/willing_graph.h"
#include "tests/unit/messaging/messaging_fixture.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::channels {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

// How long a failing test waits for a question.
constexpr std::chrono::seconds kPatience{5};

// These are the stored data keys. While `fails` is set, they cannot be read.
class FailingKeys final : public seal::KeySource {
 public:
  explicit FailingKeys(seal::KeySource& keys) : keys_(keys) {}

  absl::StatusOr<std::optional<journal::DataKey>> FindKey(
      const seal::KeyScope& scope) override {
    if (fails) return absl::UnavailableError("the disk does not answer");
    return keys_.FindKey(scope);
  }
  absl::StatusOr<std::optional<journal::DataKey>> FindKeyById(
      std::int64_t id) override {
    if (fails) return absl::UnavailableError("the disk does not answer");
    return keys_.FindKeyById(id);
  }

  bool fails = false;

 private:
  seal::KeySource& keys_;
};

// Keeps what is asked until the test answers it.
class FakeProfiles final : public WillingGraph {
 public:
  using Name = absl::StatusOr<std::string>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)>;

  void GetUserProfile(const graph::GraphAccount&, std::string_view user_id,
                      Done done) override {
    {
      MutexLock lock(mutex_);
      asked_.emplace_back(user_id);
      if (!closed_) {
        waiting_.emplace_back(user_id, std::move(done));
        arrived_.SignalAll();
        return;
      }
    }
    done(absl::UnavailableError("closed"));
  }

  // Waits until somebody's name is asked for. Returns whose; "?", and the test
  // fails, when nobody's is.
  std::string Wait() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (waiting_.empty()) {
      if (std::chrono::steady_clock::now() >= end) {
        ADD_FAILURE() << "nobody's name is asked for";
        return "?";
      }
      arrived_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    return waiting_.front().first;
  }
  // Answers the next question; waits for one. Returns whose name it was.
  std::string Answer(Name name) {
    std::string user = Wait();
    Done done;
    {
      MutexLock lock(mutex_);
      if (waiting_.empty()) return user;
      done = std::move(waiting_.front().second);
      waiting_.pop_front();
    }
    if (!name.ok()) {
      done(name.status());
      return user;
    }
    v1::UserProfile profile;
    if (!name->empty()) profile.set_username(*std::move(name));
    done(std::move(profile));
    return user;
  }
  // Answers whatever is asked and will be.
  void Close() {
    std::deque<std::pair<std::string, Done>> waiting;
    {
      MutexLock lock(mutex_);
      closed_ = true;
      waiting.swap(waiting_);
    }
    for (auto& [user, done] : waiting) done(absl::UnavailableError("closed"));
  }

  std::vector<std::string> asked() {
    MutexLock lock(mutex_);
    return asked_;
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::deque<std::pair<std::string, Done>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

class UserDirectoryTest : public messaging::MessagingFixture {
 protected:
  UserDirectoryTest() { Start(); }
  void TearDown() override { Stop(); }

  void Start() {
    graph_ = std::make_unique<FakeProfiles>();
    profiles_ = std::make_unique<UserProfiles>(clock_, *registry_, *graph_);
    users_ = std::make_unique<UserDirectory>(UserDirectory::Dependencies{
        clock_, state(), sealer(), gated_journal_, *registry_, *profiles_,
        absl::ZeroDuration()});
    folder_->feed().Add([this](auto records) { users_->OnCommit(records); });
  }
  void Stop() {
    graph_->Close();
    users_->Stop();
    CloseJournal();
    users_.reset();
    profiles_.reset();
  }
  void Restart() {
    Stop();
    Close();
    Open();
    Start();
  }
  // Another instance stores the name.
  void Store(const std::string& user, const std::string& name) {
    journal::Record record = journal::NewRecord(NowMs());
    journal::SetUsername& body = *record.mutable_set_username();
    body.set_channel_no(No());
    body.set_user_id(user);
    seal::NewKeys new_keys;
    body.set_sealed_username(
        *sealer().Seal({.channel_no = No(), .user_id = user},
                       seal::SealedPlace::kUsername, user, name, new_keys));
    EXPECT_THAT(journal::AppendSealedAs<state::ConversationAnswer>(
                    *journal_, std::move(new_keys), std::move(record)),
                IsOk());
  }

  std::int64_t No(const std::string& channel = "ch_1") {
    return ChannelNo(channel);
  }
  std::string Find(const std::string& user) { return users_->Find(No(), user); }
  // The customer writes. Their first message makes the conversation, without
  // which no name is stored.
  void Activity(const std::string& user, const std::string& channel = "ch_1") {
    if (wrote_.insert({channel, user}).second) {
      state::SealedRecord made =
          state::MakeDelivery(sealer(), NowMs(),
                              {{.channel = {.no = No(channel), .id = channel},
                                .user = user,
                                .mid = absl::StrCat(channel, " ", user)}});
      EXPECT_THAT(journal::AppendSealedAs<state::DeliveryAnswer>(
                      *journal_, std::move(made.keys), std::move(made.record)),
                  IsOk());
    }
    users_->OnActivity(registry_->Find(channel), user);
  }
  // Waits until the answers so far have been dealt with and what had to be
  // asked before has been: questions are asked in their order, one at a time.
  void Sync() {
    const std::string marker = absl::StrCat("9000", ++markers_);
    Activity(marker);
    ASSERT_EQ(graph_->Wait(), marker) << "asked before the marker";
    graph_->Answer("");
  }
  // How often that customer's name was asked for.
  std::int64_t Asked(const std::string& user) {
    const auto asked = graph_->asked();
    return std::count(asked.begin(), asked.end(), user);
  }
  // Whether the customer's next message makes it ask.
  bool AsksFor(const std::string& user) {
    const std::int64_t before = Asked(user);
    Activity(user);
    const std::string marker = absl::StrCat("9000", ++markers_);
    Activity(marker);
    const bool asks = graph_->Wait() == user;
    if (asks) graph_->Answer("");
    EXPECT_EQ(graph_->Answer(""), marker);
    EXPECT_EQ(Asked(user), before + (asks ? 1 : 0));
    return asks;
  }
  void Learn(const std::string& user, const std::string& name) {
    Activity(user);
    ASSERT_EQ(graph_->Answer(name), user);
    Sync();
  }

  std::unique_ptr<FakeProfiles> graph_;
  std::unique_ptr<UserProfiles> profiles_;
  std::unique_ptr<UserDirectory> users_;
  int markers_ = 0;
  std::set<std::pair<std::string, std::string>> wrote_;
};

TEST_F(UserDirectoryTest, UnknownNameIsEmptyAndNotAskedForByItself) {
  EXPECT_EQ(Find("777"), "");
  Sync();
  EXPECT_EQ(Asked("777"), 0);
}

TEST_F(UserDirectoryTest, AsksOnceForACustomerWhoWrites) {
  Activity("777");
  Activity("777");
  EXPECT_EQ(graph_->Wait(), "777");
  Activity("777");
  graph_->Answer("ada.writes");
  Activity("777");
  Sync();
  EXPECT_EQ(Find("777"), "ada.writes");
  EXPECT_EQ(Asked("777"), 1);
}

TEST_F(UserDirectoryTest, CustomersAreAskedForInTheirOrderOneAtATime) {
  for (const char* user : {"1", "2", "3"}) Activity(user);
  EXPECT_EQ(graph_->Wait(), "1");
  EXPECT_THAT(graph_->asked(), ElementsAre("1"));
  EXPECT_EQ(graph_->Answer("one"), "1");
  EXPECT_EQ(graph_->Answer("two"), "2");
  EXPECT_EQ(graph_->Answer("three"), "3");
  Sync();
  EXPECT_EQ(Find("2"), "two");
}

TEST_F(UserDirectoryTest, NameIsAskedForAgainAfterADay) {
  Learn("777", "ada");
  clock_.Advance(absl::Hours(24) - absl::Milliseconds(1));
  EXPECT_FALSE(AsksFor("777"));
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(AsksFor("777"));
  EXPECT_EQ(Find("777"), "ada") << "the answer had no name";
}

TEST_F(UserDirectoryTest, WithoutANameItIsAskedForAgainAfterAnHour) {
  for (const auto& answer :
       {absl::StatusOr<std::string>(""),
        absl::StatusOr<std::string>(absl::PermissionDeniedError("no consent")),
        absl::StatusOr<std::string>(std::string(129, 'a'))}) {
    Activity("777");
    graph_->Answer(answer);
    Sync();
    clock_.Advance(absl::Hours(1) - absl::Milliseconds(1));
    EXPECT_FALSE(AsksFor("777"));
    clock_.Advance(absl::Milliseconds(1));
  }
  EXPECT_TRUE(AsksFor("777"));
  EXPECT_EQ(Find("777"), "");
  EXPECT_EQ(Row(No(), "777").sealed_username, "");
}

TEST_F(UserDirectoryTest, ChangedNameIsTaken) {
  Learn("777", "ada");
  clock_.Advance(absl::Hours(24));
  Learn("777", "ada.lovelace");
  EXPECT_EQ(Find("777"), "ada.lovelace");
  Restart();
  EXPECT_EQ(Find("777"), "ada.lovelace");
}

TEST_F(UserDirectoryTest, SameNameIsNotStoredAgain) {
  Learn("777", "ada");
  const std::string sealed = Row(No(), "777").sealed_username;
  clock_.Advance(absl::Hours(24));
  Learn("777", "ada");
  EXPECT_EQ(Row(No(), "777").sealed_username, sealed);
}

TEST_F(UserDirectoryTest, NameIsStoredSealedAndRememberedOverARestart) {
  Learn("777", "ada.writes");
  const std::string sealed = Row(No(), "777").sealed_username;
  EXPECT_THAT(sealed, Not(testing::HasSubstr("ada")));
  EXPECT_EQ(*sealer().Open(seal::SealedPlace::kUsername, "777", sealed),
            "ada.writes");
  Restart();
  EXPECT_EQ(Find("777"), "ada.writes");
  EXPECT_THAT(graph_->asked(), ElementsAre());
}

// A question about a customer nobody has looked up since the start must not
// make their stored name forgotten.
TEST_F(UserDirectoryTest, StoredNameOutlivesAQuestionWithoutAnswer) {
  Learn("777", "ada");
  Restart();
  Activity("777");
  EXPECT_EQ(Find("777"), "ada") << "while it is asked for";
  graph_->Answer(absl::UnavailableError("no"));
  Sync();
  EXPECT_EQ(Find("777"), "ada");
}

TEST_F(UserDirectoryTest, NameThatAnotherInstanceStoresIsTold) {
  EXPECT_EQ(Find("777"), "");
  Store("777", "ada");
  EXPECT_EQ(Find("777"), "ada");
  Store("777", "ada.lovelace");
  EXPECT_EQ(Find("777"), "ada.lovelace");
}

TEST_F(UserDirectoryTest, NameThatIsStoredAlreadyIsNotStoredAgain) {
  Store("777", "ada");
  const std::string sealed = Row(No(), "777").sealed_username;
  Restart();
  Learn("777", "ada");
  EXPECT_EQ(Row(No(), "777").sealed_username, sealed);
}

TEST_F(UserDirectoryTest, ChannelsHaveTheirOwnCustomers) {
  CreateChannel("ch_2", "17841400000000002", "200");
  Learn("777", "ada");
  EXPECT_EQ(users_->Find(No("ch_2"), "777"), "");
  Activity("777", "ch_2");
  graph_->Answer("ada.elsewhere");
  Sync();
  EXPECT_EQ(users_->Find(No("ch_2"), "777"), "ada.elsewhere");
  EXPECT_EQ(Find("777"), "ada");
}

TEST_F(UserDirectoryTest, NameThatCannotBeStoredIsAskedForAgainAfterAnHour) {
  gated_journal_.Refuse(GatedJournal::Every,
                        absl::ResourceExhaustedError("full"));
  Learn("777", "ada");
  EXPECT_EQ(Row(No(), "777").sealed_username, "");
  gated_journal_.Accept();
  clock_.Advance(absl::Hours(1));
  Learn("777", "ada");
  EXPECT_EQ(Asked("777"), 2);
  EXPECT_EQ(Find("777"), "ada");
  EXPECT_NE(Row(No(), "777").sealed_username, "");
}

// A name stayed unknown for as long as the customer was in the cache, when the
// data key could not be read once.
TEST_F(UserDirectoryTest, AKeyThatCannotBeReadOnceIsReadAgain) {
  Learn("777", "ada");
  FailingKeys keys(state());
  seal::Sealer sealer(Secret(std::string(32, 'k')), keys);
  UserDirectory users({clock_, state(), sealer, gated_journal_, *registry_,
                       *profiles_, absl::ZeroDuration()});
  keys.fails = true;
  EXPECT_EQ(users.Find(No(), "777"), "");
  keys.fails = false;
  EXPECT_EQ(users.Find(No(), "777"), "ada");
}

class ErasedNamesTest : public UserDirectoryTest {
 protected:
  void Erase(const std::string& user) {
    const state::TestChannel channel{.no = No(), .id = "ch_1"};
    EXPECT_THAT(journal::AppendAs<state::EraseAnswer>(
                    *journal_, state::MakeEraseUser(channel, user, NowMs())),
                IsOk());
  }
  // Tells the directory alone that all people of the channel were erased.
  void EraseAll() {
    const journal::Record record;
    state::Effects effects;
    effects.forgotten_people.push_back({.channel_no = No(), .user_id = {}});
    const journal::AppliedRecord applied{.record = record, .effects = effects};
    users_->OnCommit(std::span(&applied, 1));
  }
};

TEST_F(ErasedNamesTest, TheNameOfAnErasedPersonIsForgotten) {
  Learn("777", "ada");
  Learn("778", "bob");
  ASSERT_EQ(Find("777"), "ada") << "it is in memory now";
  Erase("777");
  EXPECT_EQ(Find("777"), "");
  EXPECT_EQ(Find("778"), "bob");
}

TEST_F(ErasedNamesTest, AnErasedPersonIsNotAskedForAnyMore) {
  Activity("first");
  graph_->Wait();  // it is no longer in the queue
  Activity("777");
  Activity("778");
  Erase("777");
  graph_->Answer("");
  EXPECT_EQ(graph_->Answer(""), "778");
  Sync();
  EXPECT_EQ(Asked("777"), 0);
}

TEST_F(ErasedNamesTest, WithAChannelNobodyIsAskedForAnyMore) {
  Activity("first");
  graph_->Wait();  // it is no longer in the queue
  Activity("777");
  EraseAll();
  graph_->Answer("");
  Sync();
  EXPECT_EQ(Asked("777"), 0);
}

TEST_F(UserDirectoryTest, FullQueueForgetsTheNewest) {
  Activity("first");
  graph_->Wait();  // it is no longer in the queue
  const int size = static_cast<int>(UserDirectory::kQueueSize);
  for (int i = 0; i < size + 1; ++i) Activity(absl::StrCat(i));
  graph_->Answer("");
  for (int i = 0; i < size; ++i) {
    ASSERT_EQ(graph_->Answer(""), absl::StrCat(i));
  }
  Sync();
  EXPECT_EQ(Asked(absl::StrCat(size)), 0);
  EXPECT_TRUE(AsksFor(absl::StrCat(size))) << "their next message";
}

// ---- Refusals of a channel --------------------------------------------------

absl::Status Denied() {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_PERMISSION_MISSING, "no");
}

// Everybody else would be refused, too.
TEST_F(UserDirectoryTest, AfterARefusalOfTheChannelNobodyIsAskedFor) {
  CreateChannel("ch_2", "17841400000000002", "200");
  for (const char* user : {"1", "2", "3"}) Activity(user);
  EXPECT_EQ(graph_->Answer(Denied()), "1");
  // Whoever was in the queue is not asked about any more.
  Activity("marker", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "marker");
  for (int i = 4; i < 54; ++i) Activity(absl::StrCat(i));
  Activity("last", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "last");
  EXPECT_THAT(graph_->asked(), ElementsAre("1", "marker", "last"));
}

// Nothing was found out about them.
TEST_F(UserDirectoryTest, AfterTheRestThoseWhoWereNotAskedForAre) {
  Activity("1");
  Activity("2");
  EXPECT_EQ(graph_->Answer(Denied()), "1");
  CreateChannel("ch_2", "17841400000000002", "200");
  Activity("marker", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "marker");
  clock_.Advance(UserProfiles::kRest - absl::Milliseconds(1));
  Activity("2");
  Activity("early", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "early");
  clock_.Advance(absl::Milliseconds(1));
  Activity("2");
  EXPECT_EQ(graph_->Answer("two"), "2");
  Activity("1");
  EXPECT_EQ(graph_->Answer("one"), "1");
  Sync();
  EXPECT_EQ(Find("2"), "two");
  EXPECT_EQ(Find("1"), "one");
}

TEST_F(UserDirectoryTest, ANewTokenEndsTheRest) {
  Activity("1");
  EXPECT_EQ(graph_->Answer(Denied()), "1");
  CreateChannel("ch_2", "17841400000000002", "200");
  Activity("marker", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "marker");
  SetToken("another");
  Activity("1");
  EXPECT_EQ(graph_->Answer("one"), "1");
  Sync();
  EXPECT_EQ(Find("1"), "one");
}

// A profile that somebody has asked for just now has the name as well.
TEST_F(UserDirectoryTest, AProfileThatIsKnownIsNotAskedForAgain) {
  v1::GetUserProfileRequest request;
  request.set_channel_id("ch_1");
  request.set_user_id("777");
  std::string told;
  profiles_->Get(
      request, [&told](const absl::StatusOr<v1::GetUserProfileResponse>& one) {
        if (one.ok()) told = one->profile().username();
      });
  EXPECT_EQ(graph_->Answer("ada"), "777");
  EXPECT_EQ(told, "ada");
  Activity("777");
  Sync();
  EXPECT_EQ(Asked("777"), 1);
  EXPECT_EQ(Find("777"), "ada");
}

// ---- Channels come and go ---------------------------------------------------

TEST_F(UserDirectoryTest, ChannelWithoutATokenIsNotAsked) {
  SetToken("");
  CreateChannel("ch_2", "17841400000000002", "200");
  Activity("777");
  Activity("marker", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "marker");
  // Nor does that count as asked.
  SetToken("token");
  Activity("777");
  EXPECT_EQ(graph_->Answer(""), "777");
  EXPECT_THAT(graph_->asked(), ElementsAre("marker", "777"));
}

TEST_F(UserDirectoryTest, ChannelDeletedWhileItsCustomerWaitsIsNotAsked) {
  CreateChannel("ch_2", "17841400000000002", "200");
  Activity("first", "ch_2");
  graph_->Wait();
  Activity("777");
  DeleteChannel("ch_1");
  Activity("last", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "first");
  EXPECT_EQ(graph_->Answer(""), "last");
}

// The id is another channel's by then: its token knows no such customer.
TEST_F(UserDirectoryTest, ChannelMadeAnewIsNotAskedForTheOldOnesCustomers) {
  CreateChannel("ch_2", "17841400000000002", "200");
  Activity("first", "ch_2");
  graph_->Wait();
  Activity("777");
  DeleteChannel("ch_1");
  LetIdsRest();
  CreateChannel("ch_1", "17841400000000001", "100");
  Activity("last", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "first");
  EXPECT_EQ(graph_->Answer(""), "last");
}

TEST_F(UserDirectoryTest, NameThatComesAfterTheChannelWentIsNotKept) {
  CreateChannel("ch_2", "17841400000000002", "200");
  const std::int64_t no = No();
  Activity("777");
  graph_->Wait();
  DeleteChannel("ch_1");
  graph_->Answer("ada");
  Activity("last", "ch_2");
  EXPECT_EQ(graph_->Answer(""), "last");
  EXPECT_EQ(users_->Find(no, "777"), "");
  EXPECT_EQ(Row(no, "777").sealed_username, "");
}

// ---- Ends and clocks --------------------------------------------------------

TEST_F(UserDirectoryTest, AfterStopNobodyIsAskedFor) {
  Learn("777", "ada");
  graph_->Close();
  users_->Stop();
  Activity("778");
  EXPECT_EQ(Asked("778"), 0);
  EXPECT_EQ(Find("777"), "ada") << "what is known is still told";
}

TEST_F(UserDirectoryTest, ClockThatWasAheadDoesNotKeepItFromAsking) {
  clock_.Advance(absl::Hours(48));
  Learn("777", "ada");
  clock_.Advance(-absl::Hours(48));
  EXPECT_TRUE(AsksFor("777"));
  EXPECT_FALSE(AsksFor("777"));
}

}  // namespace
}  // namespace linktor::channels
