// These tests ask whether the time of a refusal tells anything, after the
// method of dudect: two classes of input are measured in turn, and Welch's t
// tells whether their times differ. A control that does tell, over the same
// secret bytes and with as many samples, shows that this measurement would have
// seen it. Every input is measured at the same address: two texts that lie at
// two addresses have two times on some processors, whatever they say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>

#include "server/access/key_text.h"
#include "server/rpc/call.h"
#include "tests/support/sanitized.h"
#include "tests/support/seed.h"
#include "tests/unit/access/access_fixture.h"

namespace linktor::access {
namespace {

// Two classes differ above kDiffer, as dudect has it, and not below kAlike.
constexpr double kDiffer = 10;
constexpr double kAlike = 4.5;
constexpr int kSamples = 60'000;
// The slowest samples were interrupted by something else.
constexpr double kKept = 0.9;

// Sums up the samples of one class.
struct Samples {
  std::vector<double> times;

  void Cut(double limit) {
    std::erase_if(times, [limit](double time) { return time > limit; });
  }
  double Mean() const {
    double sum = 0;
    for (const double time : times) sum += time;
    return sum / static_cast<double>(times.size());
  }
  // Returns the variance of the mean.
  double Variance() const {
    const double mean = Mean();
    double sum = 0;
    for (const double time : times) sum += (time - mean) * (time - mean);
    const auto n = static_cast<double>(times.size());
    return sum / (n - 1) / n;
  }
};

// Gives the next input of one class. The texts of both have the same length.
using Input = std::function<const std::string&()>;

// Makes `chosen` a copy of the first or the second, and reads both either way.
void Choose(const std::string& first, const std::string& second, bool is_first,
            std::string& chosen) {
  const auto mask = static_cast<unsigned char>(-static_cast<int>(is_first));
  chosen.resize(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto a = static_cast<unsigned char>(first[i]);
    const auto b = static_cast<unsigned char>(second[i]);
    chosen[i] = static_cast<char>(b ^ ((a ^ b) & mask));
  }
}

// Returns |t| of the times that a function takes for two classes of input,
// which are given to it in a random order.
double Compare(const std::function<void(const std::string&)>& measured,
               const Input& a, const Input& b) {
  Random random(TestSeed());
  std::string input;
  Samples first;
  Samples second;
  std::vector<double> all;
  for (int i = 0; i < 2 * kSamples; ++i) {
    const bool is_first = random.OneIn(2);
    Choose(a(), b(), is_first, input);
    const auto start = std::chrono::steady_clock::now();
    measured(input);
    const double time = std::chrono::duration<double, std::nano>(
                            std::chrono::steady_clock::now() - start)
                            .count();
    (is_first ? first : second).times.push_back(time);
    all.push_back(time);
  }
  const auto cut = all.begin() + static_cast<std::ptrdiff_t>(
                                     static_cast<double>(all.size()) * kKept);
  std::nth_element(all.begin(), cut, all.end());
  first.Cut(*cut);
  second.Cut(*cut);
  return std::fabs(first.Mean() - second.Mean()) /
         std::sqrt(first.Variance() + second.Variance());
}

// Returns the best of a few runs: what is always there is there in each, and
// what the machine does besides is not.
double Least(const std::function<double()>& run) {
  double least = run();
  for (int i = 0; i < 4 && least >= kAlike; ++i) {
    least = std::min(least, run());
  }
  return least;
}

// Compares a guess byte by byte, and stops at the first that differs.
bool EqualWithEarlyExit(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // The volatile read keeps the loop from becoming one comparison of words.
    const volatile char left = a[i];
    if (left != b[i]) return false;
  }
  return true;
}

class TimingTest : public AccessFixture {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "instrumented code has other times";
  }
};

TEST_F(TimingTest, ARightPrefixIsNoFasterAndNoSlower) {
  double control = 0;
  const double t = Least([&] {
    const std::string key = Create(Request({v1::PERMISSION_SEND})).secret();
    // Guesses that are found by their id and have a right checksum: one with a
    // wrong last character of the secret, one with a wrong first character.
    const std::size_t secret = key.rfind('_') + 1;
    const std::string body = key.substr(0, key.size() - 6);
    const auto wrong_at = [&body](std::size_t at) {
      std::string guess = body;
      guess[at] = guess[at] == '0' ? '1' : '0';
      return WithChecksum(guess);
    };
    const std::string right_prefix = wrong_at(body.size() - 1);
    const std::string wrong_prefix = wrong_at(secret);
    const Input right = [&]() -> const std::string& { return right_prefix; };
    const Input wrong = [&]() -> const std::string& { return wrong_prefix; };
    EXPECT_THAT(keys_->Authenticate(right()), HasReason("API_KEY_INVALID"));
    EXPECT_THAT(keys_->Authenticate(wrong()), HasReason("API_KEY_INVALID"));
    control = Compare(
        [&](const std::string& guess) { (void)EqualWithEarlyExit(guess, key); },
        right, wrong);
    return Compare(
        [&](const std::string& guess) { (void)keys_->Authenticate(guess); },
        right, wrong);
  });
  std::cout << "|t| = " << t << ", of the control " << control << "\n";
  EXPECT_LT(t, kAlike);
  EXPECT_GT(control, kDiffer);
}

// Gives ids of one class in turn. There are many, and new ones in each run,
// because the time to look one up depends on how the others lie in the table.
class ChannelIds {
 public:
  explicit ChannelIds(Random& random) : ids_(kIds) {
    for (std::string& id : ids_) {
      id = "ch_" + std::to_string(100'000'000 + random.Below(900'000'000));
    }
  }

  const std::vector<std::string>& All() const { return ids_; }
  Input Next() {
    return [this]() -> const std::string& { return ids_[turn_++ % kIds]; };
  }

 private:
  static constexpr std::size_t kIds = 8192;

  std::vector<std::string> ids_;
  std::size_t turn_ = 0;
};

TEST_F(TimingTest, AForeignChannelIsNoFasterAndNoSlowerThanAMissingOne) {
  constexpr int kCovered = 20;
  std::vector<std::string> covered;
  covered.reserve(kCovered);
  for (int i = 0; i < kCovered; ++i) {
    covered.push_back("ch_own_" + std::to_string(10 + i));
  }
  const Caller caller =
      CallerOf(Create(Request({v1::PERMISSION_SEND}, covered)));
  const auto ask = [&](const std::string& id) {
    v1::GetChannelRequest asked;
    asked.set_channel_id(id);
    const grpc::Slice slice(asked.SerializeAsString());
    const grpc::ByteBuffer bytes(&slice, 1);
    v1::GetChannelRequest request;
    return rpc::ReadRequest(caller, bytes, request);
  };
  Random random(TestSeed());
  double control = 0;
  const double t = Least([&] {
    // The foreign channels exist for the server, and nothing but this could
    // make a difference, so the control looks for them.
    ChannelIds foreign(random);
    ChannelIds missing(random);
    StringMap<std::string> existing;
    for (const std::string& id : foreign.All()) {
      existing[id] = std::string(4096, 'x');
    }
    const auto looks_first = [&](const std::string& id) {
      const auto it = existing.find(id);
      volatile std::size_t sum = 0;
      if (it != existing.end()) {
        for (const char c : it->second) sum = sum + static_cast<std::size_t>(c);
      }
    };
    EXPECT_THAT(ask(foreign.Next()()), HasReason("CHANNEL_NOT_FOUND"));
    EXPECT_THAT(ask(missing.Next()()), HasReason("CHANNEL_NOT_FOUND"));
    control = Compare(looks_first, foreign.Next(), missing.Next());
    return Compare([&](const std::string& id) { (void)ask(id); },
                   foreign.Next(), missing.Next());
  });
  std::cout << "|t| = " << t << ", of the control " << control << "\n";
  EXPECT_LT(t, kAlike);
  EXPECT_GT(control, kDiffer);
}

}  // namespace
}  // namespace linktor::access
