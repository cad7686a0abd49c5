// A Report collects the pairs that were measured in the same run, and shows
// their median and spread.

#pragma once

#include <string>
#include <vector>

namespace linktor::bench {

// A Ratio is one of the ratios of the design.
struct Ratio {
  // It is "1" and so on, or "" for a figure without a number.
  std::string number;
  std::string name;
  // Numerator and denominator have this unit, such as "events/s" or "ms".
  std::string unit;
  // The ratio is to be at least or at most this; 0 means that there is no aim.
  double at_least = 0;
  double at_most = 0;
  // There is one of each for a round. A figure that is no ratio has 1 below.
  std::vector<double> above;
  std::vector<double> below;
};

class Report {
 public:
  void Add(Ratio ratio) { ratios_.push_back(std::move(ratio)); }
  void SetDisk(double p50_ms) { disk_ms_.push_back(p50_ms); }
  // Notes that something was lost or refused. The run has failed then, whatever
  // its figures are.
  void AddFault(std::string what);
  bool sound() const { return faults_.empty(); }

  // Returns a table for people.
  std::string Table() const;
  std::string Json() const;

 private:
  std::vector<Ratio> ratios_;
  std::vector<double> disk_ms_;
  std::vector<std::string> faults_;
};

double Median(std::vector<double> values);

}  // namespace linktor::bench
