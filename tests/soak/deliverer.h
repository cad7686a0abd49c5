// Delivers the posts of a plan as Instagram does: several at a time, each again
// until it is answered 200.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "server/base/crypto.h"
#include "server/http/client.h"
#include "tests/soak/plan.h"
#include "tests/soak/whereabouts.h"

namespace linktor::testing {

class Deliverer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Starts at once. Both are borrowed.
  Deliverer(const Plan& plan, Whereabouts& whereabouts, int connections);
  // `whereabouts` must be closed, or all be answered.
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  // Until so many items have been answered 200; false when `end` comes first,
  // or the server answers nobody.
  bool WaitForAnswered(std::size_t items, TimePoint end);

  struct Tally {
    std::size_t items = 0;
    // These count in the server's latest life alone.
    std::size_t items_of_life = 0;
    std::size_t unanswered_of_life = 0;
    // This counts the answers that are neither 200 nor 503, by their HTTP
    // status.
    std::map<int, int> odd_answers;
    // This counts the answers with the status 503.
    std::size_t refused = 0;
    // Posts as the server must have counted them, and those whose answer never
    // came: they may be counted, too.
    std::vector<PostCounts> answered;
    std::vector<PostCounts> unanswered;
  };
  Tally tally() const;

 private:
  void Run();
  // False when nobody is to go on.
  bool Deliver(std::uint32_t post);
  int Post(const std::string& address, const std::string& body,
           const std::string& signature);
  // False when it is time to give up.
  bool Note(int status, int life, const PostCounts& counts);

  const Plan& plan_;
  Whereabouts& whereabouts_;
  const HmacKey key_;
  http::CurlTransport http_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  int life_ ABSL_GUARDED_BY(mutex_) = 0;
  Tally tally_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace linktor::testing
