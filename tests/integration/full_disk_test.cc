// The built server on a disk that is full for ten seconds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/gateway.h"
#include "tests/support/ipv6.h"
#include "tests/support/small_disk.h"

namespace linktor::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kDiskBytes = 4 * 1024 * 1024;
// Promised for a disk that is full for this long…
constexpr std::chrono::seconds kFull(10);
// …and that recovery takes no longer than this.
constexpr std::chrono::seconds kRecovery(5);
// Instagram's answers come while the disk is full, this long after the call.
constexpr absl::Duration kAnswerDelay = absl::Seconds(2);
// Between two rounds of calls that are refused.
constexpr std::chrono::milliseconds kPause(50);
constexpr char kOtherUser[] = "17841234567891";

// Everything but the test itself runs where its disk is seen.
class FullDisk {
 public:
  explicit FullDisk(const SmallDisk& disk)
      : disk_(disk),
        gateway_({"--data-dir", absl::StrCat(disk.path(), "/data")}) {
    gateway_.CreateChannel();
    // Then only the answer tells that the message was sent.
    gateway_.instagram().Configure({.hold_echoes = true});
  }

  void Play() {
    EXPECT_TRUE(gateway_.instagram()
                    .AddFault({.on = "messages",
                               .kind = emulator::FaultKind::kDelay,
                               .delay = kAnswerDelay})
                    .ok());
    std::thread caller([this] {
      grpc::Status status;
      (void)gateway_.Send("was under way", "r1", status);
      told_ = std::move(status);
      answered_ = true;
    });
    EXPECT_TRUE(
        gateway_.instagram().graph_calls().WaitForCount(1, absl::Seconds(20)));
    EXPECT_TRUE(disk_.Fill());
    ExpectRefusals();
    EXPECT_TRUE(answered_) << "the caller waits for the disk";
    caller.join();
    ExpectUnrecorded();
    disk_.MakeRoom();
    ExpectRecovery();
    ExpectNothingTwiceOrLate();
  }

 private:
  // For as long as the disk is full.
  void ExpectRefusals() {
    const auto end = SteadyClock::now() + kFull;
    while (SteadyClock::now() < end) {
      EXPECT_EQ(PostMessage(), 503);
      grpc::Status status;
      (void)gateway_.Send("was refused", "r2", status, kOtherUser);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
          << status.error_message();
      EXPECT_EQ(ErrorInfoOf(status).reason(), "DISK_FULL");
      std::this_thread::sleep_for(kPause);  // the rate, not a wait
    }
    EXPECT_EQ(Readiness(), 503);
  }

  // Instagram has the message, and the disk has not taken that.
  void ExpectUnrecorded() {
    EXPECT_EQ(told_.error_code(), grpc::StatusCode::UNKNOWN)
        << told_.error_message();
    EXPECT_EQ(ErrorInfoOf(told_).reason(), "SEND_OUTCOME_UNKNOWN");
    EXPECT_EQ(ErrorInfoOf(told_).metadata().at("request_id"), "r1");
    EXPECT_EQ(gateway_.GetByRequest("r1").state(), v1::MESSAGE_STATE_PENDING);
  }

  void ExpectRecovery() {
    const auto end = SteadyClock::now() + kRecovery;
    const auto becomes = [end](const std::function<bool()>& holds) {
      while (!holds()) {
        if (SteadyClock::now() >= end) return false;
        std::this_thread::yield();
      }
      return true;
    };
    EXPECT_TRUE(becomes([this] { return PostMessage() == 200; }));
    EXPECT_TRUE(becomes([this] {
      return gateway_.GetByRequest("r1").state() == v1::MESSAGE_STATE_SENT;
    }));
    EXPECT_TRUE(becomes([this] { return Readiness() == 200; }));
  }

  void ExpectNothingTwiceOrLate() {
    EXPECT_THAT(TextsSent(), ElementsAre("was under way"));
    // Whoever asks again gets what was recorded.
    grpc::Status status;
    const auto again = gateway_.Send("was under way", "r1", status);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(again.replayed());
    EXPECT_FALSE(again.message().mid().empty());
    EXPECT_EQ(again.message().mid(), gateway_.GetByRequest("r1").mid());
    // The other was not sent, and is when it is asked for.
    (void)gateway_.Send("was refused", "r2", status, kOtherUser);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_THAT(TextsSent(), ElementsAre("was under way", "was refused"));
    EXPECT_THAT(Events(),
                UnorderedElementsAre("message.received m1", "message.sent r1",
                                     "message.sent r2"));
  }

  // The type of each event, and the id that its message came with.
  std::vector<std::string> Events() {
    std::vector<std::string> events;
    for (const v1::Event& event : gateway_.AllEvents()) {
      const v1::Message message = MessageOf(event);
      events.push_back(absl::StrCat(
          event.type(), " ",
          message.request_id().empty() ? message.mid() : message.request_id()));
    }
    return events;
  }

  int PostMessage() {
    return gateway_.Post(Gateway::TextBody("m1", "came meanwhile"));
  }

  int Readiness() {
    return gateway_
        .Http({.method = "GET",
               .url = absl::StrCat("http://", gateway_.server().admin(),
                                   "/readyz")})
        .status_code;
  }

  // What Instagram was asked to send, in order.
  std::vector<std::string> TextsSent() {
    std::vector<std::string> texts;
    for (const auto& call : gateway_.instagram().graph_calls().Get().calls) {
      if (!absl::EndsWith(call.path, "/messages")) continue;
      texts.emplace_back(call.body.at("message").at("text").as_string());
    }
    return texts;
  }

  const SmallDisk& disk_;
  Gateway gateway_;
  // What the caller of "r1" was told; read once it is answered.
  grpc::Status told_;
  std::atomic<bool> answered_{false};
};

TEST(FullDiskTest, TenSecondsWithoutRoomLoseAndRepeatNothing) {
  absl::Status lacking;
  std::thread([&lacking] {
    const auto disk = SmallDisk::Mount(kDiskBytes);
    if (disk.ok()) {
      FullDisk(**disk).Play();
    } else {
      lacking = disk.status();
    }
  }).join();
  if (!lacking.ok() && MaySkipTests()) {
    GTEST_SKIP() << "it takes root to mount a disk: " << lacking;
  }
  EXPECT_TRUE(lacking.ok()) << lacking;
}

}  // namespace
}  // namespace linktor::testing
