// Ratio 9 is the time in which hostile bodies are parsed, over the time in
// which simdjson validates them.

#include <simdjson.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "server/webhook/parser.h"
#include "tests/bench/setting.h"
#include "tests/support/hostile_bodies.h"
#include "tests/support/padded_body.h"

namespace linktor::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Returns the milliseconds of the quickest of a few runs, since other work of
// the machine can only make a run longer.
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

// simdjson stops at the first fault, and the rest of the body must be validated
// as well. So after a fault each item is validated by itself.
class Validation {
 public:
  explicit Validation(const HostileBody& hostile)
      : hostile_(hostile), body_(hostile.text) {
    // The depth has no limit, at which simdjson would stop.
    if (parser_.allocate(hostile.text.size(), hostile.text.size()) !=
        simdjson::SUCCESS) {
      std::abort();
    }
  }

  std::string_view body() const { return body_.view(); }

  void Run() {
    if (Validate(body())) return;
    for (const auto& [begin, size] : hostile_.items) {
      (void)Validate(body().substr(begin, size));
    }
  }

 private:
  bool Validate(std::string_view text) {
    return parser_.parse(text.data(), text.size(), false).error() ==
           simdjson::SUCCESS;
  }

  const HostileBody& hostile_;
  PaddedBody body_;
  simdjson::dom::parser parser_;
};

void Measure(const Setting& setting) {
  for (const HostileBody& hostile : HostileBodies()) {
    Validation validation(hostile);
    Ratio ratio{.number = "9",
                .name = "parse / simdjson validates: " + hostile.name,
                .unit = "ms",
                .at_most = 4};
    for (int round = 0; round < setting.rounds; ++round) {
      ratio.below.push_back(Quickest([&] { validation.Run(); }));
      ratio.above.push_back(Quickest([&] {
        webhook::ParseWebhook(validation.body(), [](kinds::ParsedItem&) {});
      }));
    }
    setting.report.Add(std::move(ratio));
  }
}

}  // namespace

void MeasureHostileBodies(const Setting& setting) {
  // The listener's threads parse, never the first thread of the server.
  // jemalloc gives the first thread an arena that was made before its options
  // were read.
  std::jthread([&] { Measure(setting); }).join();
}

}  // namespace linktor::bench
