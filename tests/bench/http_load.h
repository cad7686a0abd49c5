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
  // The address looks like "127.0.0.1:8080".
  std::string address;
  // This authority, as PEM text, has signed the server's certificate; it is
  // empty for plain HTTP.
  std::string trusted;
  int connections = 64;
  // These are whole HTTP requests; each is sent once.
  std::vector<std::string> requests;
  // So many requests are sent a second, at even times, over all connections
  // together; 0 sends them as fast as they are answered.
  double rate = 0;
  // It is called with the index of a request right before that is written.
  std::function<void(std::size_t)> on_send;
};

struct LoadResult {
  double seconds = 0;
  // Each request has taken this time, from its write to its answer.
  std::vector<double> latencies_ms;
  std::size_t refused = 0;

  double per_second() const {
    return static_cast<double>(latencies_ms.size()) / seconds;
  }
  // Returns the latency, in milliseconds, which the part `q` (0 to 1) of all
  // requests does not exceed.
  double Quantile(double q) const;
};

// Sends all of it on this thread, and returns when all is answered.
LoadResult RunLoad(const Load& load);

double QuantileOf(std::vector<double> values, double q);

}  // namespace linktor::bench
