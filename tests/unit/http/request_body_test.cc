#include "server/http/request_body.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/http/message.h"
#include "tests/support/seed.h"

namespace linktor::http {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// A request that is read, as a session reads it.
class Reading {
 public:
  explicit Reading(HttpBudget& budget) : share_(budget) {
    parser_.body_limit(64 * kMebibyte);
    parser_.get().body().share = &share_;
  }

  // Returns why it ended, if it did.
  boost::beast::error_code Put(std::string_view bytes) {
    boost::beast::error_code error;
    while (!error && !bytes.empty() && !parser_.is_done()) {
      bytes.remove_prefix(
          parser_.put(boost::asio::buffer(bytes.data(), bytes.size()), error));
    }
    return error;
  }

  const std::string& body() const { return parser_.get().body().bytes; }
  bool done() const { return parser_.is_done(); }
  // The memory that the body has, less what is not counted.
  std::size_t room() const {
    return body().capacity() < kBodySlack ? 0 : body().capacity() - kBodySlack;
  }

 private:
  HttpShare share_;
  HttpParser parser_;
};

std::string HeadOf(std::size_t announced) {
  return absl::StrCat(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ", announced, "\r\n\r\n");
}

constexpr char kChunkedHead[] =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(RequestBodyTest, AnAnnouncementTakesNoMemory) {
  HttpBudget budget(64 * kMebibyte);
  Reading reading(budget);
  EXPECT_FALSE(reading.Put(HeadOf(16 * kMebibyte)));
  EXPECT_EQ(reading.room(), 0U);
  EXPECT_EQ(budget.used(), 0U);
  // The first byte makes Beast begin the body.
  EXPECT_FALSE(reading.Put("x"));
  EXPECT_LE(reading.room(), 4096U);
  EXPECT_EQ(budget.used(), reading.room());
}

TEST(RequestBodyTest, ABodyThatComesAtOnceHasExactlyItsRoom) {
  HttpBudget budget(1000);
  Reading reading(budget);
  const std::string body(1000, 'x');
  EXPECT_FALSE(reading.Put(HeadOf(body.size())));
  EXPECT_FALSE(reading.Put(body));
  EXPECT_TRUE(reading.done());
  EXPECT_EQ(reading.body(), body);
  EXPECT_EQ(reading.room(), body.size());
}

TEST(RequestBodyTest, RoomIsNeverBeyondTheAnnouncement) {
  HttpBudget budget(kMebibyte);
  Reading reading(budget);
  EXPECT_FALSE(reading.Put(HeadOf(1000)));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(reading.Put(std::string(100, 'x')));
    EXPECT_LE(reading.room(), 1000U);
    EXPECT_LE(reading.room(), 2 * reading.body().size());
  }
  EXPECT_TRUE(reading.done());
}

TEST(RequestBodyTest, TheBudgetIsAskedBeforeMemoryIsTaken) {
  HttpBudget budget(1000);
  for (const bool chunked : {false, true}) {
    Reading reading(budget);
    EXPECT_FALSE(reading.Put(chunked ? kChunkedHead : HeadOf(5000)));
    if (chunked) {
      EXPECT_FALSE(reading.Put("1388\r\n"));
    }
    EXPECT_FALSE(reading.Put(std::string(1000, 'x')));
    const std::size_t before = reading.body().capacity();
    EXPECT_EQ(reading.Put("y"), OverBudget());
    EXPECT_EQ(reading.body().capacity(), before);
    EXPECT_EQ(reading.body().size(), 1000U);
    EXPECT_EQ(budget.used(), 1000U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

// To double the room would pass the limit; the body itself does not.
TEST(RequestBodyTest, WhatFitsIsTakenWhereThereIsNothingToSpare) {
  HttpBudget budget(1000);
  Reading reading(budget);
  EXPECT_FALSE(reading.Put(HeadOf(5000)));
  EXPECT_FALSE(reading.Put(std::string(600, 'x')));
  EXPECT_FALSE(reading.Put(std::string(300, 'y')));
  EXPECT_EQ(reading.body().size(), 900U);
  EXPECT_EQ(budget.used(), 900U);
}

// Many requests at once, of any length and in any pieces: the budget counts all
// of their room, is never passed, and is empty in the end.
TEST(RequestBodyTest, TheBudgetCountsAllRoomOfManyRequests) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  Random random(seed);
  constexpr std::size_t kLimit = 100'000;
  HttpBudget budget(kLimit);
  std::list<Reading> all;
  int refused = 0;
  int ended = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (all.empty() || (all.size() < 50 && random.OneIn(10))) {
      const bool chunked = random.OneIn(2);
      ASSERT_FALSE(all.emplace_back(budget).Put(
          chunked ? absl::StrCat(kChunkedHead, "fffff\r\n")
                  : HeadOf(1 + random.Below(30'000))));
    }
    const auto one = std::next(
        all.begin(), static_cast<std::ptrdiff_t>(random.Below(all.size())));
    const boost::beast::error_code error =
        one->Put(std::string(1 + random.Below(3000), 'x'));
    std::size_t room = 0;
    for (const Reading& reading : all) room += reading.room();
    ASSERT_EQ(budget.used(), room);
    ASSERT_LE(budget.used(), kLimit);
    if (error) {
      ASSERT_EQ(error, OverBudget());
      ++refused;
    }
    if (one->done()) ++ended;
    if (error || one->done()) all.erase(one);
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(ended, 100);
  all.clear();
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace linktor::http
