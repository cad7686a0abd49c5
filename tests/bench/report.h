// Collects what was measured: pairs of the same run, their median and spread.

#pragma once

#include <string>
#include <vector>

namespace linktor::bench {

// One of the ratios of the design.
struct Ratio {
  // "1", or "" for a figure without a number.
  std::string number;
  std::string name;
  // "events/s", "ms", …: of numerator and denominator.
  std::string unit;
  // What is aimed at: at least or at most; 0 for none.
  double at_least = 0;
  double at_most = 0;
  // One per round. A figure that is no ratio has 1 below.
  std::vector<double> above;
  std::vector<double> below;
};

class Report {
 public:
  void Add(Ratio ratio) { ratios_.push_back(std::move(ratio)); }
  void SetDisk(double p50_ms) { disk_ms_.push_back(p50_ms); }
  // Something was lost or refused, which no figure makes good.
  void AddFault(std::string what);
  bool sound() const { return faults_.empty(); }

  // A table for people.
  std::string Table() const;
  std::string Json() const;

 private:
  std::vector<Ratio> ratios_;
  std::vector<double> disk_ms_;
  std::vector<std::string> faults_;
};

double Median(std::vector<double> values);

}  // namespace linktor::bench
