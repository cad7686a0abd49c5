// Everything at once, for long: posts of all sizes and kinds with many repeats,
// shuffled, over several connections, while a subscriber follows and the server
// is killed. Nothing may be lost, nothing come twice, and the counts add up.
//
//   LINKTOR_SOAK_SEED        instead of another each time
//   LINKTOR_SOAK_DELIVERIES  items in all posts, instead of kDeliveries
//   LINKTOR_SOAK_KILLS       how often the server is killed, instead of kKills

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/soak/books.h"
#include "tests/soak/deliverer.h"
#include "tests/soak/follower.h"
#include "tests/soak/soak_size.h"
#include "tests/support/environment.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kConnections = 8;
// The slowest machine this should pass on, with room.
constexpr std::uint64_t kItemsPerSecond = 1000;
constexpr std::chrono::seconds kStart{120};
// So long ago is the first item's time; the last is before now for up to three
// million items.
constexpr absl::Duration kAge = absl::Hours(1);

Plan::Options OptionsOfPlan() {
  return {.seed = NumberFromEnvironment("LINKTOR_SOAK_SEED",
                                        std::random_device{}()),
          .deliveries =
              NumberFromEnvironment("LINKTOR_SOAK_DELIVERIES", kDeliveries),
          .base_ms = absl::ToUnixMillis(absl::Now() - kAge)};
}

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

class SoakTest : public ::testing::Test {
 protected:
  SoakTest() : options_(OptionsOfPlan()), plan_(options_) {
    std::cout << "LINKTOR_SOAK_SEED=" << options_.seed
              << " LINKTOR_SOAK_DELIVERIES=" << options_.deliveries
              << " LINKTOR_SOAK_KILLS=" << kills_ << "\n";
    gateway_.CreateChannel();
  }

  void TellWhere() {
    whereabouts_.Set(gateway_.server().grpc(), gateway_.server().webhook());
  }

  // Delivers everything, and kills the server after equal parts of it.
  void DeliverAll() {
    const auto start = SteadyClock::now();
    Deliverer deliverer(plan_, whereabouts_, kConnections);
    TellWhere();
    bool all = true;
    for (std::uint64_t kill = 1; all && kill <= kills_; ++kill) {
      all =
          deliverer.WaitForAnswered(plan_.items() * kill / (kills_ + 1), end_);
      if (!all) break;
      whereabouts_.Clear();
      gateway_.Restart();
      all = gateway_.server().running();
      if (all) TellWhere();
    }
    all = all && deliverer.WaitForAnswered(plan_.items(), end_);
    seconds_ = SecondsSince(start);
    // So that no thread waits for the server for ever.
    if (!all) whereabouts_.Close();
    tally_ = deliverer.tally();
    EXPECT_TRUE(all) << "only " << tally_.items << " of " << plan_.items()
                     << " items were answered in time";
    for (const auto& [status, times] : tally_.odd_answers) {
      ADD_FAILURE() << times << " posts were answered " << status;
    }
  }

  // The value of a sample of /metrics; -1 when it is not there.
  std::int64_t Metric(const std::string& sample) {
    std::istringstream lines(
        gateway_
            .Http({.method = "GET",
                   .url = absl::StrCat("http://", gateway_.server().admin(),
                                       "/metrics")})
            .body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(sample + " ")) {
        return static_cast<std::int64_t>(
            std::stod(line.substr(sample.size() + 1)));
      }
    }
    return -1;
  }

  // The counters began with the server's latest life.
  void CheckMetrics() {
    std::int64_t sum = 0;
    for (const char* outcome : {"event", "duplicate", "ignored", "issue"}) {
      sum += Metric(absl::StrCat("linktor_webhook_items_total{outcome=\"",
                                 outcome, "\"}"));
    }
    const auto answered = static_cast<std::int64_t>(tally_.items_of_life);
    if (tally_.unanswered_of_life == 0) {
      EXPECT_EQ(sum, answered) << "items counted, and answered";
    } else {
      EXPECT_GE(sum, answered) << "items counted, and answered";
    }
    EXPECT_EQ(Metric("linktor_webhook_quarantined_total"), 0);
    // One event tells of the channel.
    EXPECT_EQ(Metric("linktor_log_last_sequence"),
              static_cast<std::int64_t>(plan_.events()) + 1);
  }

  // Waits for the log's end.
  void CheckFollower(Follower& follower, const char* who) {
    const bool reached =
        follower.WaitForSequence(Metric("linktor_log_last_sequence"), end_);
    follower.Stop();
    EXPECT_TRUE(reached) << who << " has not come to the end of the log";
    EXPECT_EQ(follower.refusal(), "") << who;
    const Ledger::Verdict verdict = follower.ledger().Judge();
    twice_ += verdict.duplicates;
    missing_ += verdict.missing;
    EXPECT_EQ(verdict.duplicates, 0U) << who;
    EXPECT_EQ(verdict.missing, 0U) << who;
    EXPECT_EQ(verdict.wrong, 0U) << who;
    EXPECT_TRUE(verdict.report.empty()) << who << ":\n" << verdict.report;
  }

  void CheckBooks() {
    const auto start = SteadyClock::now();
    EXPECT_EQ(gateway_.server().Terminate().status, 0);
    stop_seconds_ = SecondsSince(start);
    // What the README promises.
    EXPECT_LE(stop_seconds_, 25);
    const auto books = ReadBooks(gateway_.folder() + "/data");
    ASSERT_TRUE(books.ok()) << books.status();
    const std::string faults =
        CompareBooks(*books, tally_.answered, tally_.unanswered);
    EXPECT_TRUE(faults.empty()) << faults;
    EXPECT_EQ(books->events, static_cast<std::int64_t>(plan_.events()));
    EXPECT_EQ(books->quarantined, 0);
    EXPECT_GE(books->items(), static_cast<std::int64_t>(plan_.items()));
    books_ = *books;
  }

  // One line, which tools/check/soak.sh reads.
  void Report(const Follower& follower) const {
    std::printf(
        "soak: seed=%llu posts=%zu items=%zu distinct=%u events=%llu "
        "came_twice=%llu missing=%llu "
        "duplicates=%lld ignored=%lld issues=%lld kills=%llu "
        "sent_again=%zu refused=%zu resumes=%d seconds=%.1f "
        "items_per_second=%.0f "
        "stop_seconds=%.1f\n",
        static_cast<unsigned long long>(options_.seed), plan_.order().size(),
        plan_.items(), plan_.catalogue().size(),
        static_cast<unsigned long long>(follower.ledger().events()),
        static_cast<unsigned long long>(twice_),
        static_cast<unsigned long long>(missing_),
        static_cast<long long>(books_.duplicates),
        static_cast<long long>(books_.ignored),
        static_cast<long long>(books_.issues),
        static_cast<unsigned long long>(kills_), tally_.unanswered.size(),
        tally_.refused, follower.resumes(), seconds_,
        static_cast<double>(plan_.items()) / seconds_, stop_seconds_);
  }

  const std::uint64_t kills_ =
      NumberFromEnvironment("LINKTOR_SOAK_KILLS", kKills);
  const Plan::Options options_;
  const Plan plan_;
  const SteadyClock::time_point end_ =
      SteadyClock::now() + kStart +
      std::chrono::seconds(options_.deliveries / kItemsPerSecond);
  // The plan has edits numbered 0 whose message never comes.
  Gateway gateway_{{"--message-grace", "72h"}};
  Whereabouts whereabouts_;
  Deliverer::Tally tally_;
  // These are sums over all subscribers.
  std::uint64_t twice_ = 0;
  std::uint64_t missing_ = 0;
  Books books_;
  double seconds_ = 0;
  double stop_seconds_ = 0;
};

TEST_F(SoakTest, EveryItemIsOnTheStreamOnceAndTheCountsAddUp) {
  Follower follower(plan_.catalogue(), whereabouts_);
  DeliverAll();
  if (HasFailure()) return;
  CheckMetrics();
  CheckFollower(follower, "the subscriber from the beginning");
  EXPECT_GE(follower.resumes(), static_cast<int>(kills_));
  // Whoever comes later reads the same from the disk.
  Follower later(plan_.catalogue(), whereabouts_);
  CheckFollower(later, "a later subscriber");
  EXPECT_EQ(later.ledger().order_hash(), follower.ledger().order_hash());
  CheckBooks();
  Report(follower);
}

}  // namespace
}  // namespace linktor::testing
