// SIGKILL at every call by which SQLite changes a file while records are
// committed, while the log is written into the database, and while the journal
// stops. What was answered is there once, with the ids and sequences that were
// given out; the rest can be appended again. Rounds by LINKTOR_KILL_ROUNDS.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/journal/kill_rounds.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

// The appends, in this order.
enum Step : int { kFirst, kClaim, kOutcome, kSecond, kSteps };
// How many events there are after so many of them.
constexpr std::array<int, kSteps + 1> kEventsAfter = {0, 2, 2, 3, 4};

// What the process that dies has been answered; both processes see it.
struct Told {
  std::atomic<int> steps{0};
  std::array<char, 1024> events{};
  std::array<char, 64> message_id{};
};

struct Unmap {
  void operator()(Told* told) const { munmap(told, sizeof(Told)); }
};

// The log is written into the database at once when it has so many pages, while
// the last records are still to come.
constexpr EmbeddedJournal::Options kOptions = {.max_batch_time = absl::Hours(1),
                                               .checkpoint_pages = 30};

class CommitKillTest : public testing::Test {
 protected:
  // SIGKILL takes nothing from memory, and there a commit takes no time.
  static void SetUpTestSuite() {
    setenv("TMPDIR", TempFolder::MemoryParent().c_str(), 1);
  }
  static void TearDownTestSuite() { unsetenv("TMPDIR"); }

  void Prepare() {
    rig_ = std::make_unique<state::StoreRig>(kOptions);
    rig_->Create(state::kShop);
    rig_->Close();
    new (told_.get()) Told;
    message_id_.clear();
  }

  // The process that is killed runs this function.
  void AppendAll() {
    rig_->Open();
    for (int step = kFirst; step < kSteps; ++step) {
      Append(step);
      Tell(step + 1);
    }
    rig_->Close();
  }

  void ExpectWhatWasTold() {
    rig_->Open();
    const int told = told_->steps;
    const std::string events = Events();
    EXPECT_TRUE(absl::StartsWith(events, told_->events.data()))
        << told_->events.data() << "were told, and there are\n"
        << events;
    // The next may be there as well, but no part of it.
    const auto count = static_cast<int>(rig_->ReadEvents().size());
    EXPECT_TRUE(count == kEventsAfter[told] ||
                (told < kSteps && count == kEventsAfter[told + 1]))
        << count << " events after " << told << " answers";
    if (told > kClaim) {
      message_id_ = absl::HexStringToBytes(told_->message_id.data());
      EXPECT_EQ(rig_->Message(message_id_).request_id, "r1");
    }
    if (told > kOutcome) {
      EXPECT_EQ(rig_->Message(message_id_).mid, "m.sent");
    }
    // Whoever was not answered appends again.
    for (int step = told; step < kSteps; ++step) Append(step);
    EXPECT_TRUE(absl::StartsWith(Events(), events));
    EXPECT_EQ(rig_->ReadEvents().size(), kEventsAfter[kSteps]);
    EXPECT_EQ(rig_->Message(message_id_).state, v1::MESSAGE_STATE_SENT);
    rig_->Close();
  }

 private:
  void Append(int step) {
    switch (step) {
      case kFirst:
        rig_->Deliver({{.mid = "m1"}, {.mid = "m2"}});
        break;
      case kClaim:
        message_id_ = rig_->Claim({}).message.id;
        break;
      case kOutcome:
        rig_->Settle(rig_->Message(message_id_), {.mid = "m.sent"});
        break;
      case kSecond:
        rig_->Deliver({{.mid = "m2"}, {.mid = "m3"}});
        break;
      default:
        FAIL() << step;
    }
  }

  void Tell(int steps) {
    Copy(Events(), told_->events);
    Copy(absl::BytesToHexString(message_id_), told_->message_id);
    told_->steps = steps;
  }
  template <std::size_t N>
  static void Copy(const std::string& text, std::array<char, N>& to) {
    ASSERT_LT(text.size(), N);
    std::memcpy(to.data(), text.c_str(), text.size() + 1);
  }

  // Returns the sequence, the id and the type of each event.
  std::string Events() {
    std::string lines;
    for (const state::CommittedEvent& event : rig_->ReadEvents()) {
      absl::StrAppend(&lines, event.seq, " ", absl::BytesToHexString(event.id),
                      " ", event.type, "\n");
    }
    return lines;
  }

  const std::unique_ptr<Told, Unmap> told_{
      new (mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Told};
  std::unique_ptr<state::StoreRig> rig_;
  RawId message_id_;
};

TEST_F(CommitKillTest, AtEveryCallLosesAndRepeatsNothing) {
  const std::int64_t killed =
      KillAtEveryCall([this] { Prepare(); }, [this] { AppendAll(); },
                      [this] { ExpectWhatWasTold(); });
  EXPECT_GT(killed, 100);
}

}  // namespace
}  // namespace linktor::journal
