// What all measurements share.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/posts.h"
#include "tests/bench/report.h"
#include "tests/support/gateway.h"

namespace linktor::bench {

struct Setting {
  Report& report;
  // Of each pair, interleaved.
  int rounds = 5;
  // Makes everything shorter, for trying it out: 0.1 for a tenth.
  double scale = 1;

  std::size_t Scaled(std::size_t count) const {
    return std::max<std::size_t>(
        static_cast<std::size_t>(static_cast<double>(count) * scale), 1);
  }
};

// A started server with its channel, and where its posts go.
class Arrangement {
 public:
  explicit Arrangement(std::vector<std::string> server_options = {});

  testing::Gateway& gateway() { return gateway_; }
  Target target();
  std::string grpc_address() { return gateway_.server().grpc(); }
  pid_t pid() { return gateway_.server().pid(); }

 private:
  testing::Gateway gateway_;
};

// The program of the denominators.
std::string RawProgram();

// Each measures one family of ratios and adds it to the report.
void MeasureIngest(const Setting& setting);
void MeasureJournal(const Setting& setting);
void MeasureFanOut(const Setting& setting);
void MeasureLatency(const Setting& setting);
void MeasureSends(const Setting& setting);
void MeasureHostileBodies(const Setting& setting);
void MeasureIdleStreams(const Setting& setting);
void MeasureStalledStreams(const Setting& setting);
void MeasureDisk(const Setting& setting);

}  // namespace linktor::bench
