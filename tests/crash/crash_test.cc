// These tests kill the server with SIGKILL at any moment. Afterwards everything
// that was acknowledged must be there, and nothing may be sent twice.
// LINKTOR_CRASH_ROUNDS is the number of rounds, and LINKTOR_CRASH_POSTS is the
// number of posts a second.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "tests/support/environment.h"
#include "tests/support/gateway.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

int Number(const char* name, int fallback) {
  return static_cast<int>(
      NumberFromEnvironment(name, static_cast<std::uint64_t>(fallback)));
}

unsigned Seed() {
  static const unsigned kSeed = static_cast<unsigned>(Number(
      "LINKTOR_CRASH_SEED", static_cast<int>(std::random_device{}() >> 1)));
  return kSeed;
}

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() { std::cout << "LINKTOR_CRASH_SEED=" << Seed() << "\n"; }

  const int rounds_ = Number("LINKTOR_CRASH_ROUNDS", 20);
  std::mt19937 random_{Seed()};
};

// Posts webhooks at a steady rate until told to stop, and remembers which mids
// were answered 200.
class Poster {
 public:
  Poster(Gateway& gateway, int posts_per_second, std::string prefix)
      : url_(absl::StrCat("http://", gateway.server().webhook(),
                          "/webhooks/instagram/", kChannel)),
        interval_(std::chrono::nanoseconds(1'000'000'000 / posts_per_second)),
        prefix_(std::move(prefix)),
        http_(http::CurlTransport::Options{}),
        thread_([this] { Run(); }) {}

  // Stops, gives up what is under way, and tells which were acknowledged.
  std::set<std::string> Stop() {
    stopping_ = true;
    thread_.join();
    http_.Stop();
    MutexLock lock(mutex_);
    return acknowledged_;
  }
  int posted() const { return posted_; }

 private:
  void Run() {
    auto next = std::chrono::steady_clock::now();
    for (int i = 0; !stopping_; ++i) {
      PostOne(absl::StrCat(prefix_, i));
      next += interval_;
      std::this_thread::sleep_until(next);  // the rate, not a wait
    }
  }

  void PostOne(const std::string& mid) {
    const std::string body = Gateway::TextBody(mid, "text of " + mid);
    const Digest mac = HmacKey(kAppSecret).Sign(body);
    ++posted_;
    http_.Send({.method = "POST",
                .url = url_,
                .headers = {{"X-Hub-Signature-256",
                             "sha256=" +
                                 absl::BytesToHexString(ToAbsl(AsBytes(mac)))}},
                .body = body},
               [this, mid](const http::HttpResult& result) {
                 if (!result.transport.ok() || result.status_code != 200)
                   return;
                 MutexLock lock(mutex_);
                 acknowledged_.insert(mid);
               });
  }

  const std::string url_;
  const std::chrono::nanoseconds interval_;
  const std::string prefix_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> posted_{0};
  Mutex mutex_;
  std::set<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  http::CurlTransport http_;
  std::thread thread_;
};

TEST_F(CrashTest, EveryAcknowledgedWebhookIsOnTheStreamOnce) {
  Gateway gateway;
  gateway.CreateChannel();
  const int rate = Number("LINKTOR_CRASH_POSTS", kSanitized ? 500 : 2000);
  std::uniform_int_distribution<int> life_ms(150, 600);
  std::set<std::string> acknowledged;
  int posted = 0;
  double seconds = 0;
  for (int round = 0; round < rounds_; ++round) {
    Poster poster(gateway, rate, absl::StrCat("r", round, "."));
    // A random moment is what this test is about.
    const int life = life_ms(random_);
    std::this_thread::sleep_for(std::chrono::milliseconds(life));
    gateway.server().Kill();
    seconds += life / 1000.0;
    acknowledged.merge(poster.Stop());
    posted += poster.posted();
    gateway.Restart();
  }
  std::map<std::string, int> seen;
  for (const v1::Event& event : gateway.AllEvents()) {
    ++seen[event.message_received().mid()];
    EXPECT_EQ(event.message_received().text(),
              "text of " + event.message_received().mid());
  }
  for (const std::string& mid : acknowledged) {
    EXPECT_EQ(seen[mid], 1) << mid << " was answered 200";
  }
  for (const auto& [mid, count] : seen) EXPECT_LE(count, 1) << mid;
  std::cout << rounds_ << " kills, " << posted << " posts, "
            << acknowledged.size() << " acknowledged, " << seen.size()
            << " on the stream, " << posted / seconds << " posts/s\n";
  // Else the load was not what this test claims.
  EXPECT_GT(posted / seconds, 0.5 * rate);
  EXPECT_GT(static_cast<double>(acknowledged.size()), 0.5 * posted);
}

TEST_F(CrashTest, NothingIsSentTwiceAndTheStateIsTrue) {
  // Many rounds send more to a customer than the limit of an hour.
  Gateway gateway({"--sends-per-user-hour", "0"});
  gateway.CreateChannel();
  gateway.instagram().Configure({.hold_echoes = true});
  // Instagram takes its time, so that most kills come between claim and
  // outcome; the delayed answers go nowhere.
  ASSERT_TRUE(gateway.instagram()
                  .AddFault({.kind = emulator::FaultKind::kDelay,
                             .times = 0,
                             .delay = absl::Milliseconds(30)})
                  .ok());
  constexpr int kCallers = 4;
  std::uniform_int_distribution<int> life_ms(20, 120);
  std::map<std::string, grpc::StatusCode> told;
  Mutex mutex;
  // Only kills between a claim and its outcome count.
  int between = 0;
  int kills = 0;
  for (int round = 0; between < rounds_ && round < 5 * rounds_; ++round) {
    std::atomic<bool> stopping{false};
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    for (int c = 0; c < kCallers; ++c) {
      callers.emplace_back([&, c] {
        for (int i = 0; !stopping; ++i) {
          const std::string id = absl::StrCat("r", round, ".", c, ".", i);
          grpc::Status status;
          (void)gateway.Send("text of " + id, id, status,
                             absl::StrCat(1000 + c));
          MutexLock lock(mutex);
          told[id] = status.error_code();
          if (!status.ok()) return;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random_)));
    gateway.server().Kill();
    stopping = true;
    for (auto& caller : callers) caller.join();
    gateway.Restart();
    ++kills;
    bool left_unconfirmed = false;
    // Whoever got no answer asks again with the same id.
    for (int c = 0; c < kCallers; ++c) {
      for (int i = 0;; ++i) {
        const std::string id = absl::StrCat("r", round, ".", c, ".", i);
        if (!told.contains(id)) break;
        if (told[id] == grpc::StatusCode::OK) continue;
        grpc::Status status;
        (void)gateway.Send("text of " + id, id, status, absl::StrCat(1000 + c));
        told[id] = status.error_code();
        left_unconfirmed |= status.error_code() == grpc::StatusCode::UNKNOWN;
      }
    }
    between += left_unconfirmed ? 1 : 0;
  }
  std::map<std::string, int> received;
  for (const auto& call : gateway.instagram().graph_calls().Get().calls) {
    ++received[std::string(call.body.at("message").at("text").as_string())];
  }
  std::map<v1::MessageState, int> states;
  for (const auto& [id, code] : told) {
    const int times = received["text of " + id];
    EXPECT_LE(times, 1) << id;
    const v1::Message message = gateway.GetByRequest(id);
    ++states[message.state()];
    switch (message.state()) {
      case v1::MESSAGE_STATE_SENT:
        EXPECT_EQ(times, 1) << id;
        EXPECT_EQ(code, grpc::StatusCode::OK) << id;
        break;
      case v1::MESSAGE_STATE_UNCONFIRMED:
        EXPECT_EQ(code, grpc::StatusCode::UNKNOWN) << id;
        break;
      default:
        ADD_FAILURE() << id << " is " << v1::MessageState_Name(message.state());
    }
  }
  std::cout << kills << " kills, " << between
            << " between a claim and its outcome, " << told.size()
            << " requests, " << states[v1::MESSAGE_STATE_SENT] << " sent, "
            << states[v1::MESSAGE_STATE_UNCONFIRMED] << " unconfirmed\n";
  EXPECT_GE(between, rounds_);
  EXPECT_GT(states[v1::MESSAGE_STATE_SENT], 0);
}

}  // namespace
}  // namespace linktor::testing
