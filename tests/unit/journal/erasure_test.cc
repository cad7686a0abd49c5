// An erasure that is carried out leaves nothing of any sealed copy of a
// message, nor of a destroyed key, in any file: neither after it, nor after
// SIGKILL at any call by which SQLite changes a file meanwhile. Rounds by
// LINKTOR_KILL_ROUNDS.

#include "server/journal/erasure_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/journal/erasure_rig.h"
#include "tests/unit/journal/kill_rounds.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// What people have written to a channel, in order; "" where it was erased.
std::vector<std::string> TextsIn(ErasingJournal& running) {
  std::vector<std::string> texts;
  auto page =
      running.folder().events().Read({.last_seq = running.folder().last_seq(),
                                      .max_rows = 1'000'000,
                                      .max_events = 1'000'000,
                                      .max_bytes = 1U << 30U},
                                     [](auto, auto, auto) { return true; });
  EXPECT_THAT(page, IsOk());
  if (!page.ok()) return texts;
  for (const state::CommittedEvent& event : page->events) {
    if (event.type != "message.received") continue;
    texts.push_back(state::MergeEvent(event).message_received().text());
  }
  return texts;
}

class ErasureTest : public testing::Test {
 protected:
  // Fills a folder: what is to be erased, in every place that may hold some of
  // it, between what stays.
  ErasureTest() : ErasureTest(/*by_unsend=*/false) {}
  // With `by_unsend`, messages are taken back where that is possible, and not
  // erased by a record of its own.
  explicit ErasureTest(bool by_unsend) : by_unsend_(by_unsend) {
    rig_.Create(state::kShop);
    Surround("before", state::kNowMs);
    // Duplicates before rows are moved by a deletion, and one after it.
    Doom(Deliver(Text("m1")));
    Doom(Deliver(Text("m1")));
    Surround("between", state::kNowMs + state::kHourMs);
    Doom(Deliver(Text("m1")));
    rig_.TrimAt(state::kNowMs + state::kDayMs,
                {.event_age_ms = state::kDayMs - 1});
    Doom(Deliver(Text("m1")));
    // There is no such channel, so it is kept as received alone.
    Doom(Deliver(
        {.channel = state::kCafe, .mid = "m1", .raw = Long("elsewhere")}));
    DoomMid("m1", state::kCafe);
    DoomOwnSend();
    DoomSettledSend();
    DoomHeldEcho();
    DoomWaitingItem();
    Surround("after", state::kNowMs + state::kDayMs);
    // It goes with the message m1, of which an unsend has no place for it.
    if (!by_unsend_) DoomKey();
    rig_.Close();
  }

  std::string data() const { return folder_.path() + "/data"; }
  // A copy of the filled folder.
  void Prepare() const {
    fs::remove_all(data());
    fs::copy(rig_.folder(), data(), fs::copy_options::recursive);
  }
  // Erases it all and waits until that is carried out.
  void Erase() const {
    ErasingJournal running(data());
    for (const journal::Record& erasure : erasures_) running.Append(erasure);
    running.AwaitErased();
  }

  // The files that hold something of what is to be erased.
  std::vector<std::string> Tainted() const { return copies_.In(data()); }

  // What stays is there, and what was erased has kept its place.
  void ExpectOthersWhole() const {
    ErasingJournal running(data());
    std::vector<std::string> texts = TextsIn(running);
    EXPECT_THAT(texts, Contains("")) << "of m1";
    std::erase(texts, "");
    EXPECT_THAT(texts, SizeIs(kept_)) << "those before the deletion are gone";
    EXPECT_THAT(texts, Each(StartsWith("stays")));
  }

  // What judges a process that was killed: the next start ends what was begun,
  // and whoever was not answered asks again.
  void ExpectErasedAfterAll() const {
    bool all_begun = false;
    {
      ErasingJournal running(data());
      running.AwaitErased();
      // The message m1 is the last that is erased.
      const std::vector<std::string> texts = TextsIn(running);
      all_begun = std::find(texts.begin(), texts.end(), "") != texts.end();
    }
    if (all_begun) {
      EXPECT_THAT(Tainted(), IsEmpty());
    }
    Erase();
    EXPECT_THAT(Tainted(), IsEmpty());
    ExpectOthersWhole();
  }

  std::vector<journal::Record> erasures_;

 private:
  // Content that has no like, and is longer than a window.
  static std::string Long(std::string_view what) {
    return absl::StrCat(R"({"item":")", std::string(300, '.'),
                        std::string(what), R"("})");
  }
  static state::ItemSpec Text(const std::string& mid) {
    return {.user = "501",
            .mid = mid,
            .text = absl::StrCat("goes ", mid),
            .raw = Long(mid)};
  }
  state::SealedRecord Deliver(const state::ItemSpec& item) {
    return state::MakeDelivery(rig_.sealer(), state::kNowMs + state::kHourMs,
                               {item});
  }

  // Many events of others, of which those of the first time are deleted.
  void Surround(const std::string& what, std::int64_t time_ms) {
    for (int i = 0; i < 30; ++i) {
      const std::string mid = absl::StrCat(what, i);
      rig_.Deliver({{.user = absl::StrCat(600 + i % 5),
                     .mid = mid,
                     .text = absl::StrCat("stays ", mid),
                     .raw = Long(mid)}},
                   time_ms);
      if (time_ms > state::kNowMs) ++kept_;
    }
  }

  // Appends it; all that is sealed in it is to be erased. Its keys are not.
  Ending Doom(state::SealedRecord made) {
    copies_.Add(made.record);
    Ending ending = rig_.AppendOne(std::move(made));
    EXPECT_TRUE(ending.applied());
    return ending;
  }
  void DoomMid(const std::string& mid,
               const state::TestChannel& channel = state::kShop) {
    if (by_unsend_ && channel.no == state::kShop.no) {
      erasures_.push_back(
          Deliver({.kind = state::TestItem::kUnsend, .user = "501", .mid = mid})
              .record);
      return;
    }
    journal::Record& erase = erasures_.emplace_back(NewRecord(state::kNowMs));
    erase.mutable_erase()->set_mid_key(state::MidKeyOf(channel, mid));
  }
  // A send that fails first: its content, its error, the events that tell of
  // it, and its echo.
  void DoomOwnSend() {
    state::MessageRow message = Claim();
    Doom(state::MakeOutcome(rig_.sealer(), message,
                            {.state = v1::MESSAGE_STATE_FAILED}));
    message = Claim();
    Doom(state::MakeOutcome(rig_.sealer(), message,
                            {.state = v1::MESSAGE_STATE_UNCONFIRMED}));
    Doom(state::MakeOutcome(
        rig_.sealer(), message,
        {.mid = "sent", .expected_state = v1::MESSAGE_STATE_UNCONFIRMED}));
    Doom(Deliver({.kind = state::TestItem::kEcho,
                  .user = "502",
                  .mid = "sent",
                  .text = "hello",
                  .raw = Long("sent")}));
    DoomMid("sent");
  }
  // A send whose event an echo makes, with what its outcome has prepared.
  void DoomSettledSend() {
    const state::MessageRow message = Claim("504", "settled");
    Doom(state::MakeOutcome(rig_.sealer(), message,
                            {.state = v1::MESSAGE_STATE_UNCONFIRMED,
                             .settled_text = Long("settled")}));
    Doom(Deliver({.kind = state::TestItem::kEcho,
                  .user = "504",
                  .mid = "settled",
                  .text = Long("settled"),
                  .raw = Long("settled")}));
    DoomMid("settled");
  }
  state::MessageRow Claim(const std::string& user = "502",
                          const std::string& what = "sent") {
    const auto answer = AnswerAs<state::ClaimAnswer>(Doom(state::MakeClaim(
        rig_.sealer(),
        {.user = user, .text = Long(what), .request_id = what})));
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? answer->message : state::MessageRow();
  }
  // An echo that waits until a send to that person is no longer PENDING.
  void DoomHeldEcho() {
    rig_.Claim({.user = "503", .request_id = "pending"});
    Doom(Deliver({.kind = state::TestItem::kEcho,
                  .user = "503",
                  .mid = "held",
                  .text = "hello",
                  .raw = Long("held")}));
    DoomMid("held");
  }
  // This edit waits for its message. The message m1 must be the last.
  void DoomWaitingItem() {
    Doom(Deliver({.kind = state::TestItem::kWaits,
                  .user = "501",
                  .mid = "waits",
                  .raw = Long("waits")}));
    DoomMid("waits");
    DoomMid("m1");
  }
  // The key of somebody of whom nothing is kept.
  void DoomKey() {
    state::SealedRecord made =
        Deliver({.user = "509", .mid = "m9", .text = "goes m9"});
    for (const journal::DataKey& key : made.keys) {
      copies_.Add(key);
      erasures_.back().mutable_erase()->add_key_ids(key.id());
    }
    EXPECT_TRUE(rig_.AppendOne(std::move(made)).applied());
  }

  const bool by_unsend_;
  const TempFolder folder_{TempFolder::MemoryParent()};
  state::StoreRig rig_;
  SealedCopies copies_;
  std::size_t kept_ = 0;
};

TEST_F(ErasureTest, LeavesNothingInAnyFile) {
  Prepare();
  EXPECT_THAT(Tainted(), Not(IsEmpty())) << "of a folder with all of it";
  Erase();
  EXPECT_THAT(Tainted(), IsEmpty());
  ExpectOthersWhole();
}

class UnsendErasureTest : public ErasureTest {
 protected:
  UnsendErasureTest() : ErasureTest(/*by_unsend=*/true) {}
};

TEST_F(UnsendErasureTest, LeavesNothing) {
  Prepare();
  EXPECT_THAT(Tainted(), Not(IsEmpty())) << "of a folder with all of it";
  Erase();
  EXPECT_THAT(Tainted(), IsEmpty());
  ExpectOthersWhole();
}

TEST_F(UnsendErasureTest, LeavesNothingAfterAKillAtAnyCall) {
  const std::int64_t killed =
      KillAtEveryCall([this] { Prepare(); }, [this] { Erase(); },
                      [this] { ExpectErasedAfterAll(); });
  EXPECT_GT(killed, 20);
}

// The files of a server that goes on running.
TEST_F(ErasureTest, LeavesNothingWhileOthersAppend) {
  Prepare();
  ErasingJournal running(data());
  for (const journal::Record& erasure : erasures_) {
    running.Append(erasure);
    running.Append(state::MakeNothing());
  }
  running.AwaitErased();
  EXPECT_THAT(Tainted(), IsEmpty());
}

TEST_F(ErasureTest, LeavesNothingAfterAKillAtAnyCall) {
  const std::int64_t killed =
      KillAtEveryCall([this] { Prepare(); }, [this] { Erase(); },
                      [this] { ExpectErasedAfterAll(); });
  EXPECT_GT(killed, 20);
}

}  // namespace
}  // namespace linktor::journal
