// These tests say when items are released that wait for their messages.

#include "server/webhook/waiting_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/stop_signal.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::webhook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kGrace = absl::Minutes(5);

// Clocks has both clocks of a machine. The wall clock shows the time that it
// had when the monotonic clock was last read. So a caller that reads both sees
// one moment.
class Clocks final : public Clock {
 public:
  absl::Time Now() const override {
    MutexLock lock(mutex_);
    return seen_;
  }
  WaitingItems::SteadyTime Steady() {
    MutexLock lock(mutex_);
    ++looks_;
    seen_ = absl::FromUnixMillis(state::kNowMs) + passed_ + set_by_;
    return WaitingItems::SteadyTime(absl::ToChronoNanoseconds(passed_));
  }
  void Advance(absl::Duration by) {
    MutexLock lock(mutex_);
    passed_ += by;
  }
  // Sets the wall clock alone.
  void SetForward(absl::Duration by) {
    MutexLock lock(mutex_);
    set_by_ += by;
  }
  int looks() const {
    MutexLock lock(mutex_);
    return looks_;
  }

 private:
  mutable Mutex mutex_;
  absl::Duration passed_ ABSL_GUARDED_BY(mutex_);
  absl::Duration set_by_ ABSL_GUARDED_BY(mutex_);
  absl::Time seen_ ABSL_GUARDED_BY(mutex_) =
      absl::FromUnixMillis(state::kNowMs);
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;
};

class WaitingItemsTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(state::kShop);
    rig_.Deliver({{.kind = state::TestItem::kWaits, .mid = "m1"}});
    rig_.data().feed().Add([this](auto records) {
      for (const journal::AppliedRecord& one : records) {
        if (!one.effects.events.empty()) told_.Set();
      }
    });
  }
  WaitingItems::Options Options() {
    return {.grace = kGrace, .period = absl::Milliseconds(1), .steady = [this] {
              return clock_.Steady();
            }};
  }
  // Waits until it has looked a few more times, and found nothing to tell.
  void ExpectNothing() {
    for (const int before = clock_.looks(); clock_.looks() < before + 5;) {
      ASSERT_TRUE(told_.Rest(std::chrono::milliseconds(1)));
    }
  }
  void ExpectTold() { ASSERT_FALSE(told_.Rest(std::chrono::seconds(20))); }

  state::StoreRig rig_;
  Clocks clock_;
  StopSignal told_;
  FakeWebhookObserver observer_;
};

TEST_F(WaitingItemsTest, AreToldAfterTheGrace) {
  {
    WaitingItems waiting(clock_, rig_.data().state(), rig_.journal(), observer_,
                         Options());
    ExpectNothing();
    clock_.Advance(kGrace - absl::Milliseconds(1));
    ExpectNothing();
    clock_.Advance(absl::Milliseconds(1));
    ExpectTold();
  }
  EXPECT_THAT(observer_.unknown, ElementsAre("message_edit"));
}

// While the server was stopped, the message could not come.
TEST_F(WaitingItemsTest, AStopDoesNotCount) {
  clock_.Advance(absl::Hours(1));
  WaitingItems waiting(clock_, rig_.data().state(), rig_.journal(), observer_,
                       Options());
  clock_.Advance(kGrace - absl::Milliseconds(1));
  ExpectNothing();
  clock_.Advance(absl::Milliseconds(1));
  ExpectTold();
}

TEST_F(WaitingItemsTest, AClockThatIsSetDoesNotCount) {
  WaitingItems waiting(clock_, rig_.data().state(), rig_.journal(), observer_,
                       Options());
  ExpectNothing();
  clock_.SetForward(absl::Minutes(10));
  ExpectNothing();
  clock_.Advance(kGrace);
  ExpectTold();
}

TEST_F(WaitingItemsTest, AJournalThatTakesNothingDoesNotCount) {
  {
    WaitingItems waiting(clock_, rig_.data().state(), rig_.journal(), observer_,
                         Options());
    ExpectNothing();
    rig_.journal().Stop();
    clock_.Advance(kGrace);
    ExpectNothing();
  }
  EXPECT_THAT(observer_.unknown, IsEmpty());
}

}  // namespace
}  // namespace linktor::webhook
