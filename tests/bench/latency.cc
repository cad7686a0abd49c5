// Ratio 6 is the time from a post to the subscriber, at 200 posts a second.

#include <atomic>

#include "tests/bench/fleet.h"
#include "tests/bench/http_load.h"
#include "tests/bench/raw_log.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kRestedRate = 200;
constexpr std::size_t kRestedPosts = 800;

}  // namespace

void MeasureLatency(const Setting& setting) {
  Arrangement server;
  PostMaker posts(server.target(), 100);
  (void)RunLoad(
      {.address = server.target().address, .requests = posts.Many(500)});
  // The disk is probed at the same rate, because a disk that never rests
  // answers in a third of the time.
  Ratio ratio{.number = "6",
              .name = "post to subscriber p50 / fdatasync p50, both at 200/s",
              .unit = "ms",
              .at_most = 2.5};
  const std::size_t count = setting.Scaled(kRestedPosts);
  for (int round = 0; round < setting.rounds; ++round) {
    setting.report.SetDisk(ProbeDisk(server.gateway().folder()));
    const double disk = ProbeDisk(server.gateway().folder(), kRestedRate);
    const std::uint64_t first = posts.next_number();
    Load load{.address = server.target().address,
              .connections = 4,
              .requests = posts.Many(count),
              .rate = kRestedRate};
    // The times are in nanoseconds. Each is written before the post and read
    // after its event.
    std::vector<std::atomic<std::int64_t>> sent(count);
    std::vector<double> taken(count);
    load.on_send = [&](std::size_t index) {
      sent[index] = SteadyClock::now().time_since_epoch().count();
    };
    Fleet follower(
        {.server = server.peer(), .on_event = [&](int, std::string_view event) {
           const std::uint64_t at = NumberIn(event) - first;
           if (at >= count) return;
           taken[at] =
               static_cast<double>(
                   SteadyClock::now().time_since_epoch().count() - sent[at]) /
               1e6;
         }});
    follower.WaitForFirst();
    (void)RunLoad(load);
    if (!follower.WaitForEvents(count)) {
      setting.report.AddFault("latency: the subscriber has not had all events");
    }
    ratio.above.push_back(QuantileOf(taken, 0.5));
    ratio.below.push_back(disk);
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
