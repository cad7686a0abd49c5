// This is shared by all measurements: how often and how long they measure, and
// the server that is measured.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/peer.h"
#include "tests/bench/posts.h"
#include "tests/bench/report.h"
#include "tests/support/gateway.h"

namespace linktor::bench {

struct Setting {
  Report& report;
  // Each pair is measured so often, the two in turns.
  int rounds = 5;
  // Makes everything shorter, for trying it out: 0.1 for a tenth.
  double scale = 1;
  // Leaves out servers with API keys and TLS, which older builds do not know.
  bool open_only = false;

  std::size_t Scaled(std::size_t count) const {
    return std::max<std::size_t>(
        static_cast<std::size_t>(static_cast<double>(count) * scale), 1);
  }
};

// A server is measured open, or protected as it is on a network.
enum class Access {
  // Everybody may call, and connections are plain.
  kOpen,
  // Callers need an API key, and both ports have TLS.
  kKeysAndTls,
};

// An Arrangement is a started server with its channel. It says where posts and
// calls go.
class Arrangement {
 public:
  explicit Arrangement(std::vector<std::string> server_options = {},
                       Access access = Access::kOpen);
  ~Arrangement();

  testing::Gateway& gateway() { return *gateway_; }
  Target target();
  Peer peer();
  pid_t pid() { return gateway_->server().pid(); }

 private:
  class Secrets;

  // It is null when the server is open. The gateway uses its files, so it must
  // go after the gateway.
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<testing::Gateway> gateway_;
};

// Returns the name of a ratio that was measured with `access`.
std::string NameWith(Access access, std::string name);

// Returns the path of the program of the denominators.
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
void MeasureErasure(const Setting& setting);
void MeasureStored(const Setting& setting);

}  // namespace linktor::bench
