#include "tests/bench/report.h"

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace linktor::bench {
namespace {

namespace json = boost::json;

std::vector<double> Quotients(const Ratio& ratio) {
  std::vector<double> all;
  for (std::size_t i = 0; i < ratio.above.size(); ++i) {
    all.push_back(ratio.above[i] / ratio.below[i]);
  }
  return all;
}

std::string AimOf(const Ratio& ratio) {
  if (ratio.at_least > 0) return absl::StrFormat(">= %.4g", ratio.at_least);
  if (ratio.at_most > 0) return absl::StrFormat("<= %.4g", ratio.at_most);
  return "";
}

// Returns "yes" or "no", or "" without an aim.
std::string Met(const Ratio& ratio, double value) {
  if (ratio.at_least > 0) return value >= ratio.at_least ? "yes" : "no";
  if (ratio.at_most > 0) return value <= ratio.at_most ? "yes" : "no";
  return "";
}

// Returns a number such as "12.3k".
std::string Short(double value) {
  if (value >= 1e6) return absl::StrFormat("%.2fM", value / 1e6);
  if (value >= 1e4) return absl::StrFormat("%.1fk", value / 1e3);
  return absl::StrFormat("%.4g", value);
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half]
                                : (values[half - 1] + values[half]) / 2;
}

void Report::AddFault(std::string what) {
  std::cerr << what << std::endl;
  faults_.push_back(std::move(what));
}

std::string Report::Table() const {
  std::string out = absl::StrFormat(
      "| # | what | above | below | ratio | spread | aim | met |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const Ratio& ratio : ratios_) {
    const std::vector<double> all = Quotients(ratio);
    const double median = Median(all);
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    absl::StrAppend(
        &out, "| ", ratio.number, " | ", ratio.name, " | ",
        Short(Median(ratio.above)), " ", ratio.unit, " | ",
        Median(ratio.below) == 1
            ? ""
            : absl::StrCat(Short(Median(ratio.below)), " ", ratio.unit),
        " | ", absl::StrFormat("%.3g", median), " | ",
        absl::StrFormat("%.3g-%.3g", *low, *high), " | ", AimOf(ratio), " | ",
        Met(ratio, median), " |\n");
  }
  absl::StrAppend(&out, "\nfdatasync of 4 KiB: p50 ",
                  absl::StrFormat("%.3f ms", Median(disk_ms_)),
                  Median(disk_ms_) > 1
                      ? "; over 1 ms: durable figures say nothing here\n"
                      : "\n");
  for (const std::string& fault : faults_) {
    absl::StrAppend(&out, "FAULT: ", fault, "\n");
  }
  return out;
}

std::string Report::Json() const {
  json::array ratios;
  for (const Ratio& ratio : ratios_) {
    json::object one{{"number", ratio.number},
                     {"name", ratio.name},
                     {"unit", ratio.unit},
                     {"above", json::value_from(ratio.above)},
                     {"below", json::value_from(ratio.below)},
                     {"ratio", Median(Quotients(ratio))}};
    if (ratio.at_least > 0) one["at_least"] = ratio.at_least;
    if (ratio.at_most > 0) one["at_most"] = ratio.at_most;
    ratios.push_back(std::move(one));
  }
  return json::serialize(json::object{{"ratios", std::move(ratios)},
                                      {"fdatasync_p50_ms", Median(disk_ms_)},
                                      {"faults", json::value_from(faults_)}});
}

}  // namespace linktor::bench
