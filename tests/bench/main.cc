// linktor-bench measures the ratios of speed and the figures beside them,
// against the raw layer in the same run.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "tests/bench/setting.h"

namespace {

using linktor::bench::Setting;

struct Family {
  const char* name;
  void (*measure)(const Setting&);
};

constexpr Family kFamilies[] = {
    {"ingest", linktor::bench::MeasureIngest},
    {"journal", linktor::bench::MeasureJournal},
    {"fan-out", linktor::bench::MeasureFanOut},
    {"latency", linktor::bench::MeasureLatency},
    {"sends", linktor::bench::MeasureSends},
    {"hostile", linktor::bench::MeasureHostileBodies},
    {"idle", linktor::bench::MeasureIdleStreams},
    {"stalled", linktor::bench::MeasureStalledStreams},
    {"disk", linktor::bench::MeasureDisk},
    {"erasure", linktor::bench::MeasureErasure},
    {"stored", linktor::bench::MeasureStored},
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the gateway against the raw layers, interleaved.");
  std::vector<std::string> only;
  std::string json;
  int rounds = 5;
  double scale = 1;
  bool open_only = false;
  app.add_option("--only", only,
                 "families: ingest, journal, fan-out, latency, "
                 "sends, hostile, idle, stalled, disk, erasure, stored")
      ->delimiter(',')
      ->check(CLI::IsMember(Names()));
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("--rounds", rounds, "rounds of each pair")
      ->check(CLI::Range(1, 99));
  app.add_option("--scale", scale, "0.1 for a tenth of the work")
      ->check(CLI::Range(0.001, 100.0));
  app.add_flag("--open-only", open_only,
               "leave out servers with API keys and TLS");
  CLI11_PARSE(app, argc, argv);
  linktor::bench::Report report;
  const Setting setting{.report = report,
                        .rounds = rounds,
                        .scale = scale,
                        .open_only = open_only};
  for (const Family& family : kFamilies) {
    if (!only.empty() &&
        std::find(only.begin(), only.end(), family.name) == only.end()) {
      continue;
    }
    std::cerr << "measuring " << family.name << "\n";
    family.measure(setting);
  }
  std::cout << report.Table();
  if (!json.empty()) std::ofstream(json) << report.Json() << "\n";
  return report.sound() ? 0 : 1;
}
