// Admission decides which calls are admitted, which means that they may begin.
// It looks at every unary call and every stream, except the calls of the health
// service. It asks these questions, in this order:
// 1. Does the server drain (shut down)?
// 2. Are too many calls or streams of all callers under way?
// 3. Who calls, and is the caller's API key in force?
// 4. Does the caller have the permission that the method declares?
// 5. Are too many calls or streams of the caller's key under way?
// The request is parsed only after admission. Then scope.h checks whether the
// caller's key covers (allows) the channels that the request names. The request
// of a refused call is parsed only for its audit line (see IsAudited in
// call.h). Admission is thread-safe and never blocks.

#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/api_keys.h"
#include "server/access/caller.h"
#include "server/access/methods.h"
#include "server/rpc/stop_gate.h"

namespace linktor::rpc {

// Returns UNAVAILABLE with the reason DRAINING: the server stops, and a client
// should connect again after a second. The call has done nothing.
absl::Status DrainingError();
// Returns RESOURCE_EXHAUSTED with the reason OVERLOADED: a limit of the whole
// server is reached. The call has done nothing, and it may be repeated after a
// second.
absl::Status OverloadedError();

// Limits say how many calls may be under way at the same time. A Place counts
// one call in one such limit, for as long as the object lives: the call "takes
// a place" and later gives it back. A call may end after its key was deleted,
// and must still give its place back. So the object keeps its counter alive. A
// Place can be moved but not copied.
class Place {
 public:
  using Counter = std::atomic<std::int64_t>;

  // Holds no place.
  Place() = default;
  // Takes a place, even when the limit is reached already. `before` becomes the
  // number of places that were taken before. The caller compares `before` with
  // the limit. When there was no free place, the caller destroys this object,
  // which gives the place back. If the constructor compared first and took the
  // place afterwards, two calls could both take the last place.
  Place(std::shared_ptr<Counter> taken, std::int64_t& before)
      : taken_(std::move(taken)) {
    before = taken_->fetch_add(1, std::memory_order_relaxed);
  }
  // Leaves `other` without a place.
  Place(Place&& other) noexcept = default;
  // Swaps the places of the two objects. So the place that this object held is
  // given back when `other` is destroyed. Assigning `{}` gives it back at once.
  Place& operator=(Place&& other) noexcept {
    taken_.swap(other.taken_);
    return *this;
  }
  ~Place() {
    if (taken_ != nullptr) taken_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<Counter> taken_;
};

// An Admitted is a call that was admitted: its caller, and its places within
// the limits. It is kept until the call ends.
struct Admitted {
  access::Caller caller;
  // This place counts in the limit of all callers together.
  Place total;
  // This place counts in the limit of the caller's key. It is empty when the
  // caller has no key.
  Place own;
};

// A server has one Admission, which GrpcServer (app/grpc_server.h) owns.
class Admission {
 public:
  struct Limits {
    // All callers together may have this many streams open. Each stream costs
    // up to 64 KB of memory.
    std::int64_t max_streams = 20'000;
    // All callers together may have this many unary calls without an answer.
    std::int64_t max_calls = 50'000;
    // One API key may have this many streams open. A server without keys does
    // not know its callers, so only the two limits above apply there.
    std::int64_t max_streams_per_key = 1'000;
    // One key may have this many unary calls that have no answer yet.
    std::int64_t max_calls_per_key = 5'000;
  };

  // `keys` is null for a server without keys; otherwise it must outlive this
  // object. This object must outlive every call, because the places refer to
  // its counters.
  Admission(access::Methods methods, access::ApiKeys* keys,
            const Limits& limits)
      : methods_(std::move(methods)), keys_(keys), limits_(limits) {}

  // Admits a unary call of the contract, or returns why it is refused:
  // UNAVAILABLE (DRAINING), RESOURCE_EXHAUSTED (OVERLOADED, LIMIT_REACHED),
  // UNAUTHENTICATED (API_KEY_MISSING, API_KEY_INVALID, API_KEY_EXPIRED,
  // API_KEY_DISABLED) or PERMISSION_DENIED (NOT_AUTHORIZED). A refused call
  // holds no place.
  absl::StatusOr<Admitted> AdmitCall(const grpc::CallbackServerContext& context,
                                     const access::Method& method);
  // Admits a stream, or fails as AdmitCall does. The limits of streams apply.
  absl::StatusOr<Admitted> AdmitStream(
      const grpc::CallbackServerContext& context, const access::Method& method);
  // Admits a stream of any caller whose key is in force (neither disabled nor
  // expired). The key needs no permission. The streams of reflection
  // (reflection_service.h) are admitted in this way. It fails as AdmitCall
  // does, but never with NOT_AUTHORIZED.
  absl::StatusOr<Admitted> AdmitAnyKey(
      const grpc::CallbackServerContext& context);

  // Returns what the contract says about a method (access/methods.h). The
  // method must exist.
  const access::Method& Find(std::string_view method) const {
    return methods_.Find(method);
  }
  // Returns the API keys of the server; null when the server has no keys.
  const access::ApiKeys* keys() const { return keys_; }
  // While the server stops, refused calls are answered through this gate
  // (stop_gate.h).
  StopGate& gate() { return gate_; }
  // Returns how many unary calls have no answer yet. A call that is being
  // refused is counted for the moment that the refusal takes.
  std::int64_t calls_in_flight() const {
    return calls_.load(std::memory_order_relaxed);
  }

 private:
  // A Kind says which limits apply to a call.
  struct Kind {
    // It counts the places of all callers together.
    Place::Counter& total;
    // At most this many places of `total` may be taken.
    std::int64_t max_total;
    // It names the counter of the caller's key: the key's calls or its streams.
    Place::Counter access::KeyUse::*own;
    // One key may take this many places of its own counter.
    std::int64_t max_own;
    // This is the name of the key's limit in the configuration. The caller is
    // told this name when the limit is reached.
    const char* own_name;
  };

  // Returns the caller, whom it finds by the key in the call's metadata
  // (`authorization: Bearer` or `x-api-key`). It fails with UNAUTHENTICATED
  // when there is no key in force. On a server without keys, every caller may
  // do everything.
  absl::StatusOr<access::Caller> Authenticate(
      const grpc::CallbackServerContext& context);
  // Returns the limits of streams. Subscriptions and reflection share them.
  Kind Streams();
  // Asks the questions at the top of this file, in their order. The key must
  // have `permission`; UNSPECIFIED means that every key in force is enough.
  absl::StatusOr<Admitted> Admit(const grpc::CallbackServerContext& context,
                                 v1::Permission permission, const Kind& kind);

  const access::Methods methods_;
  // It is null on a server without keys.
  access::ApiKeys* const keys_;
  const Limits limits_;
  StopGate gate_;
  // These count the places of all callers. They live as long as this object, so
  // a Place need not keep them alive.
  Place::Counter calls_{0};
  Place::Counter streams_{0};
};

}  // namespace linktor::rpc
