// Sends requests over kept-alive connections, one at a time on each, as fast
// as they are answered or at a rate.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace linktor::bench {

struct Load {
  // "127.0.0.1:8080".
  std::string address;
  // PEM: the authority that signed the server's certificate. Empty: plain HTTP.
  std::string trusted;
  int connections = 64;
  // Whole HTTP requests; each is sent once.
  std::vector<std::string> requests;
  // Requests a second over all connections, at even times; 0 for as fast as
  // they are answered.
  double rate = 0;
  // Called right before a request is written, with its index.
  std::function<void(std::size_t)> on_send;
};

struct LoadResult {
  double seconds = 0;
  // The time of each request, from write to answer.
  std::vector<double> latencies_ms;
  std::size_t refused = 0;

  double per_second() const {
    return static_cast<double>(latencies_ms.size()) / seconds;
  }
  // Returns the latency, in milliseconds, below which the part `q` (0 to 1) of
  // all requests is.
  double Quantile(double q) const;
};

// On this thread.
LoadResult RunLoad(const Load& load);

double QuantileOf(std::vector<double> values, double q);

}  // namespace linktor::bench
