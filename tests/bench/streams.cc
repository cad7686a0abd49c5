// Measures the cost of subscribers that have nothing to receive, and of those
// that do not read.

#include <atomic>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/bench/fleet.h"
#include "tests/bench/http_load.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"
#include "tests/support/server_process.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kKiB = 1024;
constexpr int kHealthy = 100;
constexpr int kStalled = 900;
// So few posts a second do not fill the machine; the wait of subscribers is
// measured, and not the machine's limit.
constexpr double kRate = 500;
// So many posts take long enough for several checkpoints, which make the p99.
constexpr std::size_t kStreamPosts = 5000;
constexpr int kItems = 4;
// So many posts are far more than the connections of stalled streams hold.
constexpr std::size_t kFillingPosts = 2500;
constexpr int kStreamFilling = 20;

// Waits until the process has nothing left to do.
void WaitUntilIdle(const Setting& setting, pid_t pid) {
  constexpr auto kLook = std::chrono::milliseconds(200);
  constexpr double kIdleSeconds = 0.02;
  for (int looks = 0; looks < 300; ++looks) {
    const double before = CpuSeconds(pid);
    std::this_thread::sleep_for(kLook);
    if (CpuSeconds(pid) - before <= kIdleSeconds) return;
  }
  setting.report.AddFault("streams: the server has not come to rest");
}

// Returns the p99 of the healthy subscribers' wait, in ms.
double WaitOfHealthy(const Setting& setting, Arrangement& server,
                     PostMaker& posts, std::size_t count) {
  const std::uint64_t first = posts.next_number();
  Load load{.address = server.target().address,
            .connections = 8,
            .requests = posts.Many(count, kItems),
            .rate = kRate};
  std::vector<std::atomic<std::int64_t>> sent(count);
  std::vector<std::vector<double>> waits(kHealthy);
  for (auto& one : waits) one.reserve(count * kItems);
  load.on_send = [&](std::size_t index) {
    sent[index] = SteadyClock::now().time_since_epoch().count();
  };
  Fleet healthy(
      {.server = server.peer(),
       .streams = kHealthy,
       .connections = 4,
       .on_event = [&](int stream, std::string_view event) {
         const std::uint64_t at = (NumberIn(event) - first) / kItems;
         if (at >= count) return;
         waits[static_cast<std::size_t>(stream)].push_back(
             static_cast<double>(SteadyClock::now().time_since_epoch().count() -
                                 sent[at]) /
             1e6);
       }});
  healthy.WaitForFirst();
  (void)RunLoad(load);
  if (!healthy.WaitForEvents(count * kItems) ||
      healthy.total() != count * kItems * kHealthy) {
    setting.report.AddFault("streams: healthy subscribers lost events");
  }
  std::vector<double> all;
  for (const auto& one : waits) all.insert(all.end(), one.begin(), one.end());
  return QuantileOf(std::move(all), 0.99);
}

void MeasureIdle(const Setting& setting, Access access) {
  const int streams = static_cast<int>(setting.Scaled(10'000));
  Ratio ratio{
      .name = NameWith(access, "memory of an idle subscriber, 100 connections"),
      .unit = "KiB",
      .at_most = 64};
  for (int round = 0; round < std::min(setting.rounds, 3); ++round) {
    Arrangement server({}, access);
    const Target target = server.target();
    PostMaker posts(target, 100);
    (void)RunLoad({.address = target.address,
                   .trusted = target.trusted,
                   .requests = posts.Many(1000)});
    const std::size_t before = testing::ResidentBytes(server.pid());
    Fleet fleet(
        {.server = server.peer(), .streams = streams, .connections = 100});
    fleet.WaitForFirst();
    const std::size_t after = testing::ResidentBytes(server.pid());
    ratio.above.push_back(static_cast<double>(after - std::min(before, after)) /
                          kKiB / streams);
    ratio.below.push_back(1);
    // Every one of them must still get new events.
    (void)RunLoad({.address = target.address,
                   .trusted = target.trusted,
                   .connections = 1,
                   .requests = posts.Many(10)});
    if (!fleet.WaitForEvents(10)) {
      setting.report.AddFault("streams: idle subscribers lost events");
    }
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace

void MeasureIdleStreams(const Setting& setting) {
  MeasureIdle(setting, Access::kOpen);
  if (!setting.open_only) MeasureIdle(setting, Access::kKeysAndTls);
}

void MeasureStalledStreams(const Setting& setting) {
  Ratio ratio{.name = "p99 of 100 subscribers, with 900 stalled / without",
              .unit = "ms",
              .at_most = 1.5};
  Ratio memory{.name = "memory of the server with 900 stalled",
               .unit = "MiB",
               .at_most = 256};
  const std::size_t count = setting.Scaled(kStreamPosts);
  for (int round = 0; round < setting.rounds; ++round) {
    Arrangement server;
    PostMaker posts(server.target(), 100);
    // The store is filled before each of the two measurements, so that it grows
    // alike for both.
    const auto fill = [&] {
      (void)RunLoad({.address = server.target().address,
                     .connections = 8,
                     .requests = posts.Many(setting.Scaled(kFillingPosts),
                                            kStreamFilling)});
      WaitUntilIdle(setting, server.pid());
    };
    (void)WaitOfHealthy(setting, server, posts, count / 8 + 1);
    fill();
    ratio.below.push_back(WaitOfHealthy(setting, server, posts, count));
    Fleet stalled({.server = server.peer(),
                   .streams = kStalled,
                   .connections = 90,
                   .stalled = true});
    stalled.WaitForFirst();
    // Now the buffers of the connections become full, and the streams do stall.
    fill();
    ratio.above.push_back(WaitOfHealthy(setting, server, posts, count));
    memory.above.push_back(
        static_cast<double>(testing::ResidentBytes(server.pid())) / kKiB /
        kKiB);
    memory.below.push_back(1);
    // Nothing may be lost: the log must have an event for each post. It has
    // events of the channel, too.
    const std::uint64_t wanted = posts.next_number();
    v1::SubscribeEventsRequest all;
    all.set_position(v1::POSITION_EARLIEST);
    all.add_types("message.received");
    Fleet reader({.server = server.peer(), .request = all.SerializeAsString()});
    if (!reader.WaitForEvents(wanted) || reader.least() != wanted) {
      setting.report.AddFault(absl::StrCat(
          "streams: the log has ", reader.least(), " of ", wanted, " events"));
    }
  }
  setting.report.Add(std::move(ratio));
  setting.report.Add(std::move(memory));
}

}  // namespace linktor::bench
