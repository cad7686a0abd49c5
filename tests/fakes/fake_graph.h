// A FakeGraph imitates Instagram for tests of sends. It keeps each send until
// the test answers it. It does all other calls as a WillingGraph does.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/mutex.h"
#include "server/base/status.h"
#include "tests/fakes/willing_graph.h"

namespace linktor {

class FakeGraph final : public WillingGraph {
 public:
  struct Sent {
    std::string to;
    v1::MessageContent content;
    v1::MessageTag tag = v1::MESSAGE_TAG_UNSPECIFIED;
    std::string token;
    absl::AnyInvocable<void(graph::GraphSendResult)> done;
  };

  void Send(const graph::GraphAccount& account, std::string_view to,
            const v1::MessageContent& content, v1::MessageTag tag,
            absl::AnyInvocable<void(graph::GraphSendResult)> done) override {
    MutexLock lock(mutex_);
    sent_.push_back({.to = std::string(to),
                     .content = content,
                     .tag = tag,
                     .token = std::string(account.access_token.Reveal()),
                     .done = std::move(done)});
    ++count_;
    arrived_.SignalAll();
  }

  // Waits for a send and returns the oldest one that was not returned before;
  // the test answers it by calling `done`. The test fails when no send comes.
  Sent Next() {
    constexpr std::chrono::seconds kPatience{30};
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (sent_.empty()) {
      if (std::chrono::steady_clock::now() >= end) {
        ADD_FAILURE() << "nothing was sent";
        return {.done = [](const graph::GraphSendResult&) {}};
      }
      arrived_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
    }
    Sent first = std::move(sent_.front());
    sent_.pop_front();
    return first;
  }
  // Returns how many sends have come.
  int count() const {
    MutexLock lock(mutex_);
    return count_;
  }

  static graph::GraphSendResult Took(std::string mid) {
    return {.mid = std::move(mid), .failure = {}};
  }
  static graph::GraphSendResult Refused(absl::StatusCode code,
                                        v1::ErrorReason reason) {
    return {.mid = "",
            .failure = {.status = MakeError(code, reason, "no"),
                        .outcome_unknown = false}};
  }
  static graph::GraphSendResult Unclear() {
    return {.mid = "",
            .failure = {.status = MakeError(
                            absl::StatusCode::kUnknown,
                            v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, "no answer"),
                        .outcome_unknown = true}};
  }

 private:
  mutable Mutex mutex_;
  CondVar arrived_;
  std::deque<Sent> sent_ ABSL_GUARDED_BY(mutex_);
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace linktor
