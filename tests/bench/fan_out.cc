// Ratio 4 is about live events to 100 subscribers.

#include <optional>
#include <string>
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
// Each message of the denominator has so many events, whatever the server
// sends.
constexpr std::size_t kEventsPerMessage = 16;
constexpr std::size_t kEventBytes = 700;

double Seconds(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

// Returns how many events the denominator delivers a second.
double RawDeliveries(const std::string& address, std::size_t count) {
  const auto begin = SteadyClock::now();
  Fleet fleet({.server = {.address = address},
               .method = "/bench/Stream",
               .request = absl::StrCat(count / kEventsPerMessage, " ",
                                       kEventsPerMessage, " ", kEventBytes),
               .streams = kSubscribers,
               .connections = kChannels});
  fleet.WaitForEnd();
  return static_cast<double>(fleet.total()) / Seconds(begin);
}

// A Giver is a server with its subscribers.
class Giver {
 public:
  Giver(const Setting& setting, Access access)
      : setting_(setting),
        arrangement_({}, access),
        posts_(arrangement_.target(), 1000),
        ratio_{.number = "4",
               .name = NameWith(
                   access, "live to 100 subscribers / raw stream of 16 events"),
               .unit = "deliveries/s",
               .at_least = access == Access::kOpen ? 0.85 : 0} {
    (void)RunLoad(LoadOf(2000));
  }

  void Measure(std::size_t count, double raw) {
    Fleet fleet({.server = arrangement_.peer(),
                 .streams = kSubscribers,
                 .connections = kChannels});
    fleet.WaitForFirst();
    const Load load = LoadOf(count);
    const auto begin = SteadyClock::now();
    std::thread sender([&load] { (void)RunLoad(load); });
    if (!fleet.WaitForEvents(count)) {
      setting_.report.AddFault(absl::StrCat("fan-out: a subscriber has ",
                                            fleet.least(), " of ", count,
                                            " events"));
    }
    ratio_.above.push_back(static_cast<double>(fleet.total()) / Seconds(begin));
    ratio_.below.push_back(raw);
    sender.join();
  }
  void AddToReport() { setting_.report.Add(std::move(ratio_)); }

 private:
  Load LoadOf(std::size_t count) {
    const Target target = arrangement_.target();
    return {.address = target.address,
            .trusted = target.trusted,
            .requests = posts_.Many(count)};
  }

  const Setting& setting_;
  Arrangement arrangement_;
  PostMaker posts_;
  Ratio ratio_;
};

}  // namespace

void MeasureFanOut(const Setting& setting) {
  const Program raw({RawProgram(), "grpc"});
  Giver server(setting, Access::kOpen);
  std::optional<Giver> secured;
  if (!setting.open_only) secured.emplace(setting, Access::kKeysAndTls);
  const std::size_t count = setting.Scaled(kEvents);
  for (int round = 0; round < setting.rounds; ++round) {
    const double below =
        RawDeliveries(AddressIn(raw.first_line(), "grpc"), count);
    server.Measure(count, below);
    if (secured) secured->Measure(count, below);
  }
  server.AddToReport();
  if (secured) secured->AddToReport();
}

}  // namespace linktor::bench
