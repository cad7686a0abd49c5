// What is delivered is what the soak claims to deliver.

#include "tests/soak/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

constexpr std::size_t kPlanItems = 20'000;
constexpr std::int64_t kPlanBaseMs = 1'790'000'000'000;

Plan MakePlan(std::uint64_t seed) {
  return Plan({.seed = seed, .deliveries = kPlanItems, .base_ms = kPlanBaseMs});
}

// The times of all items of a body, read by another parser.
std::vector<std::int64_t> TimesIn(const std::string& body) {
  std::vector<std::int64_t> times;
  const auto add = [&times](const boost::json::value& item) {
    times.push_back(item.at("timestamp").as_int64());
  };
  const boost::json::value root = boost::json::parse(body);
  for (const auto& entry : root.at("entry").as_array()) {
    const boost::json::object& members = entry.as_object();
    for (const char* list : {"messaging", "standby"}) {
      if (const auto* items = members.if_contains(list)) {
        for (const auto& item : items->as_array()) add(item);
      }
    }
    if (const auto* changes = members.if_contains("changes")) {
      for (const auto& change : changes->as_array()) add(change.at("value"));
    }
    if (const auto* value = members.if_contains("value")) add(*value);
  }
  return times;
}

TEST(PlanTest, ThirtyPercentAreRepeatsAndEveryItemIsThere) {
  const Plan plan = MakePlan(1);
  std::map<std::uint32_t, int> times;
  std::size_t items = 0;
  for (const std::uint32_t post : plan.order()) {
    for (const std::uint32_t number : plan.ItemsOf(post)) {
      ++times[number];
      ++items;
    }
  }
  EXPECT_EQ(items, kPlanItems);
  EXPECT_EQ(times.size(), kPlanItems * 7 / 10);
  EXPECT_EQ(plan.catalogue().size(), kPlanItems * 7 / 10);
}

TEST(PlanTest, HalfOfTheRepeatsArePostsAgain) {
  const Plan plan = MakePlan(2);
  std::set<std::uint32_t> seen;
  std::size_t again = 0;
  bool at_once = false;
  for (std::size_t i = 0; i < plan.order().size(); ++i) {
    const std::uint32_t post = plan.order()[i];
    if (!seen.insert(post).second) again += plan.ItemsOf(post).size();
    at_once = at_once || (i > 0 && plan.order()[i - 1] == post);
  }
  EXPECT_NEAR(static_cast<double>(again), kPlanItems * 0.15, kPlanItems * 0.01);
  EXPECT_TRUE(at_once);
}

TEST(PlanTest, PostsAreOfAllSizes) {
  std::size_t small = 0;
  std::size_t large = 0;
  std::size_t largest = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Plan plan = MakePlan(seed);
    for (const std::uint32_t post : plan.order()) {
      const std::size_t size = plan.ItemsOf(post).size();
      small += size < 10 ? 1 : 0;
      large += size >= 100 ? 1 : 0;
      largest = std::max(largest, size);
    }
  }
  EXPECT_NEAR(static_cast<double>(small) / static_cast<double>(large), 1, 0.3);
  EXPECT_LE(largest, 1000U);
  EXPECT_GT(largest, 900U);
}

TEST(PlanTest, BodiesHoldTheirItemsInOrder) {
  const Plan plan = MakePlan(3);
  for (std::uint32_t post = 0; post < plan.distinct_posts(); ++post) {
    std::vector<std::int64_t> wanted;
    for (const std::uint32_t number : plan.ItemsOf(post)) {
      wanted.push_back(plan.catalogue().TimeOf(number));
    }
    EXPECT_EQ(TimesIn(plan.Body(post)), wanted) << "post " << post;
  }
}

TEST(PlanTest, RedeliveryIsTheSameByteForByte) {
  const Plan plan = MakePlan(4);
  for (std::uint32_t post = 0; post < plan.distinct_posts(); ++post) {
    ASSERT_EQ(plan.Body(post), MakePlan(4).Body(post));
    if (post == 3) break;
  }
}

TEST(PlanTest, SeedDecides) {
  EXPECT_EQ(MakePlan(5).order(), MakePlan(5).order());
  EXPECT_NE(MakePlan(5).Body(0), MakePlan(6).Body(0));
}

TEST(PlanTest, ItemsAreOfEveryKindAndShuffled) {
  const Plan plan = MakePlan(7);
  std::set<SoakKind> kinds;
  std::size_t falling = 0;
  std::uint32_t last = 0;
  for (const std::uint32_t post : plan.order()) {
    for (const std::uint32_t number : plan.ItemsOf(post)) {
      kinds.insert(plan.catalogue().KindOf(number));
      falling += number < last ? 1 : 0;
      last = number;
    }
  }
  EXPECT_EQ(kinds.size(), 12U);
  EXPECT_NEAR(static_cast<double>(falling), kPlanItems * 0.5,
              kPlanItems * 0.05);
}

// Otherwise the same content could not be told from a repeat, or a repeat from
// another item.
TEST(PlanTest, VariantsOfAnItemSayTheSame) {
  const Plan plan = MakePlan(8);
  for (std::uint32_t number = 0; number < 200; ++number) {
    const auto first = boost::json::parse(plan.catalogue().Json(number, 0));
    for (std::uint64_t variant = 1; variant < 8; ++variant) {
      const std::string text = plan.catalogue().Json(number, variant);
      EXPECT_EQ(boost::json::parse(text), first) << text;
    }
  }
}

}  // namespace
}  // namespace linktor::testing
