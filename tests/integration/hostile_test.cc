// Bodies that would hurt a careless server, signed as Instagram's: each is
// accounted for, item by item, without much memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/webhook/parser.h"
#include "tests/support/gateway.h"
#include "tests/support/hostile_bodies.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

constexpr std::int64_t kMaxGrowth = 16 * 1024;

// A server that starts while this lives gives memory back as soon as it is
// free. Without it, how much a body adds depends on which thread reads it, and
// on what that thread has kept of earlier bodies.
class GivesMemoryBack {
 public:
  GivesMemoryBack() { ::setenv(kThreshold, "131072", 1); }
  ~GivesMemoryBack() { ::unsetenv(kThreshold); }
  GivesMemoryBack(const GivesMemoryBack&) = delete;
  GivesMemoryBack& operator=(const GivesMemoryBack&) = delete;

 private:
  static constexpr char kThreshold[] = "MALLOC_MMAP_THRESHOLD_";
};

class HostileTest : public ::testing::Test {
 protected:
  HostileTest() { gateway_.CreateChannel(); }

  // Returns the sum of the counters of items: each counter is for one way in
  // which an item can end.
  std::int64_t Accounted() {
    const http::HttpResult result =
        gateway_.Http({.method = "GET",
                       .url = absl::StrCat("http://", gateway_.server().admin(),
                                           "/metrics")});
    std::int64_t sum = 0;
    std::istringstream lines(result.body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("linktor_webhook_items_total{")) {
        sum += std::stoll(line.substr(line.rfind(' ') + 1));
      }
    }
    return sum;
  }

  // KiB of memory of the server, as /proc calls it.
  std::int64_t Memory(const std::string& name) {
    std::ifstream status(
        absl::StrCat("/proc/", gateway_.server().pid(), "/status"));
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) {
        return std::stoll(line.substr(name.size() + 1));
      }
    }
    return 0;
  }
  // From now on VmHWM is the most since now.
  void ForgetPeak() {
    std::ofstream(
        absl::StrCat("/proc/", gateway_.server().pid(), "/clear_refs"))
        << "5";
  }

  void ExpectAccountedFor(const HostileBody& body) {
    const std::int64_t before = Accounted();
    ForgetPeak();
    const std::int64_t memory = Memory("VmRSS");
    EXPECT_EQ(gateway_.Post(body.text), 200) << body.name;
    const std::int64_t growth = Memory("VmHWM") - memory;
    EXPECT_EQ(Accounted() - before, static_cast<std::int64_t>(body.count()))
        << body.name;
    // A sanitizer's memory is not the server's.
    if (!kSanitized) {
      EXPECT_LE(growth, kMaxGrowth) << body.name;
    }
  }

  GivesMemoryBack gives_memory_back_;
  Gateway gateway_;
};

TEST_F(HostileTest, EveryItemIsAccountedForWithinTheMemory) {
  // What the server keeps once it has worked.
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("m", i), "x")), 200);
  }
  for (const HostileBody& body : HostileBodies()) ExpectAccountedFor(body);
  ExpectAccountedFor(OneWrongType());
}

TEST_F(HostileTest, MessagesBehindACrowdArrive) {
  const std::string first = Gateway::TextBody("m1", "one");
  const std::string second = Gateway::TextBody("m2", "two");
  const std::size_t begin = first.find("[{\"sender\"") + 1;
  const auto item = [&](const std::string& body) {
    return body.substr(begin, body.rfind("]}]") - begin);
  };
  std::string crowd;
  for (int i = 0; i < webhook::kMaxUnknownItems + 500; ++i) crowd += "{},";
  EXPECT_EQ(
      gateway_.Post(first.substr(0, begin) + crowd + item(first) + "," + crowd +
                    item(second) + ",7" + first.substr(first.rfind("]}]"))),
      200);
  std::vector<std::string> texts;
  for (const v1::Event& event : gateway_.AllEvents()) {
    if (event.has_message_received()) {
      texts.push_back(event.message_received().text());
    }
  }
  EXPECT_THAT(texts, ::testing::ElementsAre("one", "two"));
  EXPECT_EQ(Accounted(), 2 * (webhook::kMaxUnknownItems + 500) + 3);
}

TEST_F(HostileTest, BadItemAtEachPlaceOfAThousand) {
  constexpr int kItems = 1000;
  constexpr int kPlaces = 50;
  const std::string good = Gateway::TextBody("MID", "x");
  const std::size_t begin = good.find("[{\"sender\"") + 1;
  const std::string item = good.substr(begin, good.rfind("]}]") - begin);
  ASSERT_THAT(item, ::testing::HasSubstr("MID"));
  std::int64_t events = 0;
  for (int round = 0; round < kItems / kPlaces; ++round) {
    // Each round takes another fiftieth of the places.
    std::string items;
    for (int i = 0; i < kItems; ++i) {
      std::string one = item;
      one.replace(one.find("MID"), 3, absl::StrCat("m", round, ".", i));
      const bool bad = i % (kItems / kPlaces) == round;
      absl::StrAppend(&items, i == 0 ? "" : ",",
                      bad ? R"({"message":{"mid":1e400}})" : one);
    }
    EXPECT_EQ(gateway_.Post(good.substr(0, begin) + items +
                            good.substr(good.rfind("]}]"))),
              200);
    events += kItems - kPlaces;
  }
  // The bad ones are all alike: one event, and duplicates.
  EXPECT_EQ(Accounted(), std::int64_t{kItems} * kItems / kPlaces);
  EXPECT_EQ(gateway_.AllEvents().size(), static_cast<std::size_t>(events + 1));
}

}  // namespace
}  // namespace linktor::testing
