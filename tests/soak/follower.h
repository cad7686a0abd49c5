// A subscriber that follows the stream through the server's deaths: from the
// log's beginning, and then always from its last cursor on.

#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/soak/ledger.h"
#include "tests/soak/whereabouts.h"

namespace linktor::testing {

class Follower {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Starts at once. Both are borrowed.
  Follower(const Catalogue& catalogue, Whereabouts& whereabouts);
  // As Stop.
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Until the stream has come to that sequence; false when `end` comes first,
  // or the server has refused the stream.
  bool WaitForSequence(std::int64_t sequence, TimePoint end);

  // Ends it. While the server is dead, `whereabouts` must be closed first.
  void Stop();
  // After Stop.
  const Ledger& ledger() const { return ledger_; }
  // How often it went on after its stream had broken.
  int resumes() const { return resumes_; }
  // Why the server would not go on; empty when it always did.
  std::string refusal() const;

 private:
  void Run();
  // One stream, to its end.
  void Read(const Whereabouts::Place& place);
  bool stopping() const;

  Whereabouts& whereabouts_;
  Ledger ledger_;
  int resumes_ = 0;
  mutable Mutex mutex_;
  CondVar changed_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  std::string refusal_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It belongs to the stream that is open.
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
};

}  // namespace linktor::testing
