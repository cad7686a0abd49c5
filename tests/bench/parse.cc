// Ratio 9: hostile bodies parsed, and validated by simdjson.

#include <simdjson.h>

#include <chrono>

#include "server/webhook/parser.h"
#include "tests/bench/hostile.h"
#include "tests/bench/setting.h"
#include "tests/support/padded_body.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Milliseconds of the quickest of a few runs: what else the machine does is
// not the parser's.
template <typename Run>
double Quickest(Run run) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = SteadyClock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::milli>(
                              SteadyClock::now() - begin)
                              .count());
  }
  return best;
}

}  // namespace

void MeasureHostileBodies(const Setting& setting) {
  for (const HostileBody& hostile : HostileBodies()) {
    const PaddedBody body(hostile.text);
    simdjson::dom::parser parser;
    Ratio ratio{.number = "9",
                .name = "parse / simdjson validates: " + hostile.name,
                .unit = "ms",
                .at_most = 4};
    for (int round = 0; round < setting.rounds; ++round) {
      ratio.below.push_back(Quickest([&] {
        // What is wrong with it is of no interest here.
        (void)parser.parse(body.view().data(), body.view().size(), false)
            .error();
      }));
      ratio.above.push_back(
          Quickest([&] { (void)ParseWebhook(body.view()).size(); }));
    }
    setting.report.Add(std::move(ratio));
  }
}

}  // namespace linktor::bench
