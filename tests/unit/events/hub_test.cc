#include "server/events/hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace linktor::events {
namespace {

// Fails instead of hanging.
constexpr std::chrono::seconds kPatience{10};

class RecordingSubscriber final : public Subscriber {
 public:
  void OnPublished() override {
    if (published_++ == 0) first_published_.set_value();
  }
  void OnTick(std::chrono::steady_clock::time_point) override {
    if (ticks_++ == 0) first_tick_.set_value();
  }
  void OnDrain() override { ++drains_; }
  std::int64_t Position() const override { return position; }

  bool WaitPublished() { return Wait(first_published_); }
  bool WaitTick() { return Wait(first_tick_); }
  int published() const { return published_; }
  int drains() const { return drains_; }

  std::atomic<std::int64_t> position = -1;

 private:
  static bool Wait(std::promise<void>& what) {
    return what.get_future().wait_for(kPatience) == std::future_status::ready;
  }

  std::promise<void> first_published_;
  std::promise<void> first_tick_;
  std::atomic<int> published_ = 0;
  std::atomic<int> ticks_ = 0;
  std::atomic<int> drains_ = 0;
};

std::shared_ptr<RecordingSubscriber> NewSubscriber() {
  return std::make_shared<RecordingSubscriber>();
}

// After it returns, the hub has worked off everything published before.
void Settle(Hub& hub, std::int64_t seq) {
  const auto sentinel = NewSubscriber();
  ASSERT_TRUE(hub.Wait(sentinel, seq));
  hub.Publish(seq + 1);
  ASSERT_TRUE(sentinel->WaitPublished());
}

TEST(HubTest, WakesWhoWaits) {
  Hub hub(5);
  const auto subscriber = NewSubscriber();
  ASSERT_TRUE(hub.Add(subscriber));
  ASSERT_TRUE(hub.Wait(subscriber, 5));
  hub.Publish(6);
  EXPECT_TRUE(subscriber->WaitPublished());
}

TEST(HubTest, WakesOnceForEachWait) {
  Hub hub(5);
  const auto subscriber = NewSubscriber();
  ASSERT_TRUE(hub.Add(subscriber));
  ASSERT_TRUE(hub.Wait(subscriber, 5));
  hub.Publish(6);
  ASSERT_TRUE(subscriber->WaitPublished());
  Settle(hub, 6);
  Settle(hub, 7);
  EXPECT_EQ(subscriber->published(), 1);
}

TEST(HubTest, DoesNotWaitForWhatIsThere) {
  Hub hub(5);
  const auto subscriber = NewSubscriber();
  EXPECT_FALSE(hub.Wait(subscriber, 4));
  hub.Publish(9);
  EXPECT_FALSE(hub.Wait(subscriber, 8));
  EXPECT_TRUE(hub.Wait(subscriber, 9));
  EXPECT_EQ(subscriber->published(), 0);
}

TEST(HubTest, RemovedOnesAreLeftAloneAndFreed) {
  Hub hub(5);
  auto subscriber = NewSubscriber();
  const std::weak_ptr<RecordingSubscriber> watch = subscriber;
  ASSERT_TRUE(hub.Add(subscriber));
  ASSERT_TRUE(hub.Wait(subscriber, 5));
  EXPECT_EQ(hub.size(), 1U);
  hub.Remove(subscriber.get());
  EXPECT_EQ(hub.size(), 0U);
  Settle(hub, 5);
  Settle(hub, 6);
  EXPECT_EQ(subscriber->published(), 0);
  subscriber.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(HubTest, TicksSubscribers) {
  Hub hub(0);
  const auto subscriber = NewSubscriber();
  ASSERT_TRUE(hub.Add(subscriber));
  EXPECT_TRUE(subscriber->WaitTick());
  EXPECT_EQ(subscriber->published(), 0);
}

TEST(HubTest, DrainEndsAllAndRefusesNewOnes) {
  Hub hub(0);
  const auto first = NewSubscriber();
  const auto second = NewSubscriber();
  ASSERT_TRUE(hub.Add(first));
  ASSERT_TRUE(hub.Add(second));
  hub.Drain();
  EXPECT_EQ(first->drains(), 1);
  EXPECT_EQ(second->drains(), 1);
  EXPECT_FALSE(hub.Add(NewSubscriber()));
}

// Callbacks may call the hub: nothing is called under its mutex.
TEST(HubTest, SubscriberMayRemoveItselfWhenWoken) {
  class Leaver final : public Subscriber {
   public:
    explicit Leaver(Hub& hub) : hub_(hub) {}
    void OnPublished() override {
      hub_.Remove(this);
      left.set_value();
    }
    void OnTick(std::chrono::steady_clock::time_point) override {}
    void OnDrain() override {}
    std::int64_t Position() const override { return 0; }
    std::promise<void> left;

   private:
    Hub& hub_;
  };
  Hub hub(0);
  const auto leaver = std::make_shared<Leaver>(hub);
  ASSERT_TRUE(hub.Add(leaver));
  ASSERT_TRUE(hub.Wait(leaver, 0));
  hub.Publish(1);
  ASSERT_EQ(leaver->left.get_future().wait_for(kPatience),
            std::future_status::ready);
  EXPECT_EQ(hub.size(), 0U);
}

TEST(HubTest, TellsHowFarTheSlowestIsBehind) {
  Hub hub(10);
  EXPECT_EQ(hub.MaxLag(), 0);
  const auto slow = std::make_shared<RecordingSubscriber>();
  const auto fast = std::make_shared<RecordingSubscriber>();
  ASSERT_TRUE(hub.Add(slow));
  ASSERT_TRUE(hub.Add(fast));
  // Nothing is known of a subscriber that has not begun.
  EXPECT_EQ(hub.MaxLag(), 0);
  slow->position = 4;
  fast->position = 9;
  EXPECT_EQ(hub.MaxLag(), 6);
  hub.Publish(12);
  EXPECT_EQ(hub.MaxLag(), 8);
  hub.Remove(slow.get());
  EXPECT_EQ(hub.MaxLag(), 3);
}

}  // namespace
}  // namespace linktor::events
