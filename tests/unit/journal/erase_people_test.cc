// When a person or all of a channel is erased, nothing of any sealed copy is in
// any file afterwards, also after SIGKILL at any call by which SQLite changes a
// file meanwhile; and all that others wrote is there. Rounds by
// LINKTOR_KILL_ROUNDS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/applier.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/journal/erasure_rig.h"
#include "tests/unit/journal/kill_rounds.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kPerson[] = "501";
// These tests make many calls, so a round kills at every third.
constexpr std::int64_t kEvery = 3;

class ErasePeopleTest : public testing::Test {
 protected:
  ErasePeopleTest() {
    rig_.Create(state::kShop);
    rig_.Create(state::kCafe);
  }
  // What kPerson did on the shop's channel, in every place that may hold some
  // of it, is doomed; what others did stays.
  void FillForPerson() {
    Stay(state::kShop, "601", 20);
    DoomPerson(kPerson);
    Stay(state::kCafe, kPerson, 20);
    Stay(state::kShop, "602", 20);
    rig_.Close();
    erasure_ = state::MakeEraseUser(state::kShop, kPerson);
  }
  // All that is stored of the shop is doomed, and the other channel stays.
  void FillForChannel() {
    Stay(state::kCafe, "601", 20);
    DoomPerson(kPerson);
    DoomPerson("502");
    // Nobody knows whom it is about.
    Doom(state::MakeDelivery(rig_.sealer(), state::kNowMs,
                             {{.kind = state::TestItem::kIssue,
                               .text = "not understood",
                               .raw = Long("issue")}}));
    Stay(state::kCafe, kPerson, 20);
    rig_.Close();
    erasure_ = state::MakeDeletion(state::kShop.id, state::kNowMs,
                                   /*erase=*/true);
  }

  std::string data() const { return folder_.path() + "/data"; }
  std::vector<std::string> Tainted() const { return copies_.In(data()); }
  // A copy of the filled folder.
  void Prepare() const {
    fs::remove_all(data());
    fs::copy(rig_.folder(), data(), fs::copy_options::recursive);
  }
  void Erase() const {
    ErasingJournal running(data());
    running.Append(erasure_);
    running.AwaitErased();
  }
  void ExpectErased() const {
    EXPECT_THAT(Tainted(), IsEmpty());
    ErasingJournal running(data());
    const auto head =
        running.folder().state().Conversation(state::kShop.no, kPerson);
    ASSERT_THAT(head, IsOk());
    EXPECT_EQ(head->last_seq, 0);
    EXPECT_FALSE(head->opt_out_ms.has_value());
    EXPECT_EQ(head->sealed_username, "");
    ExpectOthersWhole(running);
  }
  // What judges a process that was killed: the next start ends what was begun,
  // and whoever was not answered asks again.
  void ExpectErasedAfterAll() const {
    bool begun = false;
    {
      ErasingJournal running(data());
      running.AwaitErased();
      const auto head =
          running.folder().state().Conversation(state::kShop.no, kPerson);
      ASSERT_THAT(head, IsOk());
      begun = head->last_seq == 0;
    }
    if (begun) {
      EXPECT_THAT(Tainted(), IsEmpty());
    }
    Erase();
    ExpectErased();
  }

 private:
  // Content that has no like, and is longer than a window.
  static std::string Long(std::string_view what) {
    return absl::StrCat(R"({"item":")", std::string(300, '.'),
                        std::string(what), R"("})");
  }
  void Stay(const state::TestChannel& channel, const std::string& user,
            int count) {
    for (int i = 0; i < count; ++i) {
      const std::string mid = absl::StrCat("stays", kept_);
      rig_.Deliver({{.channel = channel,
                     .user = user,
                     .mid = mid,
                     .text = absl::StrCat("stays ", mid),
                     .raw = Long(mid)}});
      ++kept_;
    }
  }
  Ending Doom(state::SealedRecord made) {
    copies_.Add(made.record);
    for (const journal::DataKey& key : made.keys) copies_.Add(key);
    Ending ending = rig_.AppendOne(std::move(made));
    EXPECT_TRUE(ending.applied());
    return ending;
  }
  void DoomItems(std::vector<state::ItemSpec> items) {
    Doom(state::MakeDelivery(rig_.sealer(), state::kNowMs, items));
  }
  state::MessageRow Claim(const std::string& user, const std::string& what) {
    const auto answer = AnswerAs<state::ClaimAnswer>(Doom(state::MakeClaim(
        rig_.sealer(),
        {.user = user, .text = Long(what), .request_id = what})));
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? answer->message : state::MessageRow();
  }
  // More events than one record cleans, and a row of every other kind.
  void DoomPerson(const std::string& user) {
    using state::TestItem;
    const auto mid = [&](auto what) { return absl::StrCat(user, what); };
    DoomItems(
        {{.user = user, .mid = mid("m1"), .raw = Long(mid("m1"))},
         {.kind = TestItem::kPostback, .user = user, .mid = mid("m2")},
         {.kind = TestItem::kEdit,
          .user = user,
          .mid = mid("m1"),
          .text = Long(mid("edit"))},
         {.kind = TestItem::kReaction,
          .user = user,
          .text = Long(mid("reaction")),
          .target = mid("m1")},
         {.kind = TestItem::kOther, .user = user, .text = Long(mid("other"))},
         {.kind = TestItem::kEcho,
          .user = user,
          .mid = mid("echo"),
          .text = Long(mid("echo")),
          .raw = Long(mid("echo"))},
         {.kind = TestItem::kWaits,
          .user = user,
          .mid = mid("waits"),
          .raw = Long(mid("waits"))}});
    Doom(state::MakeUsername(rig_.sealer(), state::kShop, user,
                             Long(mid("name"))));
    rig_.OptOut({.user = user});
    rig_.OptOut({.user = user, .opted_out = false});
    Doom(state::MakeOutcome(rig_.sealer(), Claim(user, mid("failed")),
                            {.state = v1::MESSAGE_STATE_FAILED}));
    Doom(state::MakeOutcome(rig_.sealer(), Claim(user, mid("sent")),
                            {.mid = mid("sent")}));
    Doom(state::MakeOutcome(rig_.sealer(), Claim(user, mid("lost")),
                            {.state = v1::MESSAGE_STATE_UNCONFIRMED,
                             .settled_text = Long(mid("lost"))}));
    std::vector<state::ItemSpec> many;
    for (int i = 0; i < state::kForgetRows + 20; ++i) {
      many.push_back({.user = user, .mid = mid(absl::StrCat("n", i))});
    }
    DoomItems(std::move(many));
  }

  void ExpectOthersWhole(ErasingJournal& running) const {
    auto page =
        running.folder().events().Read({.last_seq = running.folder().last_seq(),
                                        .max_rows = 1'000'000,
                                        .max_events = 1'000'000,
                                        .max_bytes = 1U << 30U},
                                       [](auto, auto, auto) { return true; });
    ASSERT_THAT(page, IsOk());
    std::vector<std::string> texts;
    for (const state::CommittedEvent& event : page->events) {
      const v1::Event merged = state::MergeEvent(event);
      if (merged.erased()) {
        EXPECT_EQ(merged.user_id(), "");
        EXPECT_FALSE(merged.has_message_received());
        continue;
      }
      texts.push_back(merged.message_received().text());
    }
    EXPECT_THAT(texts, SizeIs(kept_));
    EXPECT_THAT(texts, Each(StartsWith("stays")));
  }

  const TempFolder folder_{TempFolder::MemoryParent()};
  state::StoreRig rig_;
  SealedCopies copies_;
  std::size_t kept_ = 0;
  journal::Record erasure_;
};

TEST_F(ErasePeopleTest, NothingOfAPersonIsLeft) {
  FillForPerson();
  Prepare();
  EXPECT_THAT(Tainted(), Not(IsEmpty())) << "of a folder with all of it";
  Erase();
  ExpectErased();
}

TEST_F(ErasePeopleTest, NothingOfAChannelIsLeft) {
  FillForChannel();
  Prepare();
  EXPECT_THAT(Tainted(), Not(IsEmpty())) << "of a folder with all of it";
  Erase();
  ExpectErased();
}

TEST_F(ErasePeopleTest, NothingOfAPersonIsLeftAfterAKillAtAnyCall) {
  FillForPerson();
  const std::int64_t killed =
      KillAtEveryCall([this] { Prepare(); }, [this] { Erase(); },
                      [this] { ExpectErasedAfterAll(); }, kEvery);
  EXPECT_GT(killed, 20);
}

TEST_F(ErasePeopleTest, NothingOfAChannelIsLeftAfterAKillAtAnyCall) {
  FillForChannel();
  const std::int64_t killed =
      KillAtEveryCall([this] { Prepare(); }, [this] { Erase(); },
                      [this] { ExpectErasedAfterAll(); }, kEvery);
  EXPECT_GT(killed, 20);
}

}  // namespace
}  // namespace linktor::journal
