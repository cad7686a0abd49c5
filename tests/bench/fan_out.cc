// Ratio 4: live events to 100 subscribers.

#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/bench/fleet.h"
#include "tests/bench/http_load.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kSubscribers = 100;
constexpr int kChannels = 4;
constexpr std::size_t kEvents = 20'000;
// Of the denominator, whatever the server sends.
constexpr std::size_t kEventsPerMessage = 16;
constexpr std::size_t kEventBytes = 700;

double Seconds(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

}  // namespace

void MeasureFanOut(const Setting& setting) {
  const Program raw({RawProgram(), "grpc"});
  Arrangement server;
  PostMaker posts(server.target(), 1000);
  (void)RunLoad(
      {.address = server.target().address, .requests = posts.Many(2000)});
  Ratio ratio{.number = "4",
              .name = "live to 100 subscribers / raw stream of 16 events",
              .unit = "deliveries/s",
              .at_least = 0.75};
  const std::size_t count = setting.Scaled(kEvents);
  for (int round = 0; round < setting.rounds; ++round) {
    {
      const auto begin = SteadyClock::now();
      Fleet fleet({.address = AddressIn(raw.first_line(), "grpc"),
                   .method = "/bench/Stream",
                   .request = absl::StrCat(count / kEventsPerMessage, " ",
                                           kEventsPerMessage, " ", kEventBytes),
                   .streams = kSubscribers,
                   .connections = kChannels});
      fleet.WaitForEnd();
      ratio.below.push_back(static_cast<double>(fleet.total()) /
                            Seconds(begin));
    }
    Fleet fleet({.address = server.grpc_address(),
                 .streams = kSubscribers,
                 .connections = kChannels});
    fleet.WaitForFirst();
    Load load{.address = server.target().address,
              .requests = posts.Many(count)};
    const auto begin = SteadyClock::now();
    std::thread sender([&load] { (void)RunLoad(load); });
    if (!fleet.WaitForEvents(count)) {
      setting.report.AddFault(absl::StrCat("fan-out: a subscriber has ",
                                           fleet.least(), " of ", count,
                                           " events"));
    }
    ratio.above.push_back(static_cast<double>(fleet.total()) / Seconds(begin));
    sender.join();
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
