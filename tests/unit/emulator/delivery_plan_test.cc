#include "emulator/delivery_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace linktor::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

constexpr absl::Time kPlanTime = absl::FromUnixSeconds(1'700'000'000);

// A parcel that is known by its kind.
Parcel Named(std::string name) {
  Parcel parcel{.kind = std::move(name)};
  parcel.item.entry_id = "1";
  return parcel;
}

std::vector<std::string> Names(
    const std::vector<DeliveryPlan::Update>& updates) {
  std::vector<std::string> names;
  for (const auto& update : updates) names.push_back(update.parcel.kind);
  return names;
}

// The order in which twenty updates leave together.
std::vector<std::string> OrderOf(std::uint64_t seed) {
  DeliveryPlan plan;
  plan.Change({.reorder = true, .seed = seed});
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(plan.Take(Named(absl::StrCat(i)), kPlanTime).has_value());
  }
  return Names(plan.TakeDue(kPlanTime, /*all=*/true));
}

TEST(DeliveryPlanTest, DeliversAtOnceAndOnceByDefault) {
  DeliveryPlan plan;
  auto update = plan.Take(Named("a"), kPlanTime);
  ASSERT_TRUE(update.has_value());
  plan.Ended({*std::move(update)}, /*accepted=*/false, kPlanTime);
  EXPECT_EQ(plan.NextDue(), absl::InfiniteFuture());
  EXPECT_EQ(plan.counts().refused, 1u);
  EXPECT_EQ(plan.counts().waiting, 0u);
}

TEST(DeliveryPlanTest, PausesDoubleUntilItIsGivenUp) {
  DeliveryPlan plan;
  plan.Change({.redeliver = true});
  std::vector<DeliveryPlan::Update> due = {*plan.Take(Named("a"), kPlanTime)};
  std::vector<std::int64_t> seconds = {0};
  for (;;) {
    const absl::Time now = kPlanTime + absl::Seconds(seconds.back());
    plan.Ended(std::move(due), /*accepted=*/false, now);
    if (plan.NextDue() == absl::InfiniteFuture()) break;
    seconds.push_back(absl::ToInt64Seconds(plan.NextDue() - kPlanTime));
    due = plan.TakeDue(plan.NextDue(), /*all=*/false);
    ASSERT_EQ(due.size(), 1u);
  }
  EXPECT_THAT(seconds, ElementsAre(0, 0, 1, 3, 7, 15, 31, 63, 127));
  EXPECT_EQ(plan.counts().given_up, 1u);
}

TEST(DeliveryPlanTest, WhatIsAcceptedDoesNotComeAgain) {
  DeliveryPlan plan;
  plan.Change({.redeliver = true});
  plan.Ended({*plan.Take(Named("a"), kPlanTime)}, /*accepted=*/false,
             kPlanTime);
  plan.Ended(plan.TakeDue(kPlanTime, /*all=*/false), /*accepted=*/true,
             kPlanTime);
  EXPECT_EQ(plan.NextDue(), absl::InfiniteFuture());
  EXPECT_EQ(plan.counts().accepted, 1u);
}

TEST(DeliveryPlanTest, BatchLeavesWhenItIsFullOrOldEnough) {
  DeliveryPlan plan;
  plan.Change({.batch = 2, .gather = absl::Seconds(5)});
  EXPECT_FALSE(plan.Take(Named("a"), kPlanTime).has_value());
  EXPECT_EQ(plan.NextDue(), kPlanTime + absl::Seconds(5));
  EXPECT_THAT(plan.TakeDue(kPlanTime, /*all=*/false), IsEmpty());
  plan.Take(Named("b"), kPlanTime + absl::Seconds(1));
  EXPECT_LE(plan.NextDue(), kPlanTime);
  EXPECT_THAT(Names(plan.TakeDue(kPlanTime, /*all=*/false)),
              ElementsAre("a", "b"));
}

TEST(DeliveryPlanTest, WhatIsHeldLeavesWhenAskedFor) {
  DeliveryPlan plan;
  plan.Change({.hold = true, .redeliver = true});
  EXPECT_FALSE(plan.Take(Named("a"), kPlanTime).has_value());
  EXPECT_EQ(plan.NextDue(), absl::InfiniteFuture());
  plan.Ended(plan.TakeDue(kPlanTime, /*all=*/true), /*accepted=*/false,
             kPlanTime);
  plan.Ended(plan.TakeDue(kPlanTime, /*all=*/true), /*accepted=*/false,
             kPlanTime);
  // The pause holds all the same.
  EXPECT_THAT(plan.TakeDue(kPlanTime, /*all=*/true), IsEmpty());
  EXPECT_THAT(plan.TakeDue(kPlanTime + absl::Seconds(1), /*all=*/true),
              ::testing::SizeIs(1));
}

TEST(DeliveryPlanTest, WholeBodyIsNotHeld) {
  DeliveryPlan plan;
  plan.Change({.hold = true, .duplicate_percent = 100, .seed = 1});
  const auto update = plan.Take({.kind = "raw", .body = "{}"}, kPlanTime);
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(update->copies, 0);
}

TEST(DeliveryPlanTest, OneSeedIsOneOrder) {
  const std::vector<std::string> order = OrderOf(7);
  EXPECT_EQ(order, OrderOf(7));
  EXPECT_NE(order, OrderOf(8));
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) all.push_back(absl::StrCat(i));
  EXPECT_NE(order, all);
  EXPECT_THAT(order, UnorderedElementsAreArray(all));
}

TEST(DeliveryPlanTest, DuplicateFollowsWhatLeavesAtOnce) {
  DeliveryPlan plan;
  plan.Change({.duplicate_percent = 100, .seed = 1});
  plan.Ended({*plan.Take(Named("a"), kPlanTime)}, /*accepted=*/true, kPlanTime);
  EXPECT_EQ(plan.NextDue(), kPlanTime);
  const auto copy = plan.TakeDue(kPlanTime, /*all=*/false);
  EXPECT_THAT(Names(copy), ElementsAre("a"));
  plan.Ended(copy, /*accepted=*/true, kPlanTime);
  EXPECT_EQ(plan.NextDue(), absl::InfiniteFuture());
}

TEST(DeliveryPlanTest, DuplicatesAreAsManyAsAskedFor) {
  DeliveryPlan plan;
  plan.Change({.hold = true, .duplicate_percent = 25, .seed = 3});
  constexpr std::size_t kUpdates = 2000;
  for (std::size_t i = 0; i < kUpdates; ++i) plan.Take(Named("a"), kPlanTime);
  const std::size_t copies = plan.counts().waiting - kUpdates;
  // A quarter is 500; the seed is fixed, so that this does not vary.
  EXPECT_GT(copies, 400u);
  EXPECT_LT(copies, 600u);
}

TEST(DeliveryPlanTest, ChanceNeedsASeed) {
  DeliveryPlan plan;
  EXPECT_FALSE(plan.NeedsSeed());
  plan.Change({.reorder = true});
  EXPECT_TRUE(plan.NeedsSeed());
  plan.Change({.seed = 5});
  EXPECT_FALSE(plan.NeedsSeed());
}

TEST(DeliveryPlanTest, OnlySoManyWait) {
  DeliveryPlan plan;
  plan.Change({.hold = true});
  for (std::size_t i = 0; i <= DeliveryPlan::kMaxWaiting; ++i) {
    plan.Take(Named(absl::StrCat(i)), kPlanTime);
  }
  EXPECT_EQ(plan.counts().waiting, DeliveryPlan::kMaxWaiting);
  EXPECT_EQ(plan.counts().given_up, 1u);
  EXPECT_EQ(plan.TakeDue(kPlanTime, /*all=*/true).front().parcel.kind, "1");
}

TEST(DeliveryPlanTest, ClearForgetsAll) {
  DeliveryPlan plan;
  plan.Change({.hold = true});
  plan.Take(Named("a"), kPlanTime);
  plan.Clear();
  EXPECT_EQ(plan.counts().waiting, 0u);
}

TEST(IntoPostsTest, EachDestinationHasPostsOfItsOwn) {
  std::vector<DeliveryPlan::Update> updates;
  for (const char* name : {"a1", "b1", "a2", "a3", "b2"}) {
    updates.push_back({.parcel = Named(name)});
  }
  Parcel whole{.kind = "a4", .body = "{}"};
  updates.push_back({.parcel = whole});
  std::vector<std::vector<std::string>> names;
  for (const DeliveryPlan::Post& post : IntoPosts(
           updates, 2,
           [](const Parcel& parcel) { return parcel.kind.substr(0, 1); })) {
    names.push_back(Names(post));
  }
  EXPECT_THAT(names,
              ElementsAre(ElementsAre("a1", "a2"), ElementsAre("b1", "b2"),
                          ElementsAre("a3"), ElementsAre("a4")));
}

}  // namespace
}  // namespace linktor::emulator
