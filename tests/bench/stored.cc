// The second half of ratio 5 is a webhook's p99.9 in a store that has grown,
// over that in a small one.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/http_load.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

// With this number 60 posts are above p99.9.
constexpr std::size_t kStoredPosts = 60'000;
constexpr int kStoredUsers = 1000;
constexpr int kStoredConnections = 64;
constexpr std::uint64_t kSmall = 100'000;
// A post that fills the store has as many updates as Meta sends at once.
constexpr int kFilling = 1000;
constexpr int kFillingConnections = 4;

// Returns how many events the large store has: a million, or the number in
// LINKTOR_BENCH_STORED.
std::uint64_t Large() {
  constexpr std::uint64_t kLarge = 1'000'000;
  const char* wanted = std::getenv("LINKTOR_BENCH_STORED");
  std::uint64_t events = kLarge;
  if (wanted != nullptr && !absl::SimpleAtoi(wanted, &events)) std::abort();
  return events;
}

}  // namespace

void MeasureStored(const Setting& setting) {
  const auto small = setting.Scaled(kSmall);
  const auto large = setting.Scaled(Large());
  Ratio ratio{.number = "5",
              .name = absl::StrCat("webhook p99.9 at ", large,
                                   " stored events / at ", small),
              .unit = "ms",
              .at_most = 1.3};
  for (int round = 0; round < setting.rounds; ++round) {
    Arrangement server;
    PostMaker posts(server.target(), kStoredUsers);
    const auto load = [&](std::vector<std::string> requests, int connections) {
      LoadResult result = RunLoad({.address = server.target().address,
                                   .connections = connections,
                                   .requests = std::move(requests)});
      if (result.refused > 0) {
        setting.report.AddFault(
            absl::StrCat("stored: ", result.refused, " posts were refused"));
      }
      return result;
    };
    const auto fill = [&](std::uint64_t events) {
      // The store is filled in pieces, because the bodies of a million events
      // would fill the memory.
      constexpr std::size_t kPiece = 100;
      while (posts.next_number() < events) {
        const std::uint64_t left = events - posts.next_number();
        const std::size_t count = std::min<std::size_t>(
            kPiece, static_cast<std::size_t>(left / kFilling) + 1);
        (void)load(posts.Many(count, kFilling), kFillingConnections);
      }
    };
    const auto measure = [&] {
      return load(posts.Many(setting.Scaled(kStoredPosts)), kStoredConnections)
          .Quantile(0.999);
    };
    fill(small);
    ratio.below.push_back(measure());
    fill(large);
    ratio.above.push_back(measure());
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
