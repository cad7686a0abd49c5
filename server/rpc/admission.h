// Admission decides which calls get in. Every call of every service goes
// through here first, unary or stream, and is judged in this order: whether the
// server drains, whether it has too much to do, who calls, whether the caller
// has the permission that the method declares, and the caller's own limits.
// When the request has been read, scope.h asks whether the caller covers the
// channels that it names. The request of a stranger, whose key is unknown, is
// never read. It is thread-safe, and never blocks.

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

// Returns UNAVAILABLE with DRAINING: the server stops, and a client should
// connect again after a second. Nothing was done.
absl::Status DrainingError();
// Returns RESOURCE_EXHAUSTED with OVERLOADED: a limit of the whole server is
// reached. Nothing was done, and the call may be repeated after a second.
absl::Status OverloadedError();

// A Place is one of a limited number of places; it is taken while the object
// lives. A call that ends after its key was deleted gives back its place as
// well, so the place keeps alive the counter that it is counted in. It can be
// moved, not copied.
class Place {
 public:
  using Counter = std::atomic<std::int64_t>;

  // Holds no place.
  Place() = default;
  // Takes a place whether there is room or not, so that two calls cannot both
  // take the last one; `before` becomes the number that were taken before. A
  // caller that finds no room lets the place go.
  Place(std::shared_ptr<Counter> taken, std::int64_t& before)
      : taken_(std::move(taken)) {
    before = taken_->fetch_add(1, std::memory_order_relaxed);
  }
  // Leaves `other` without a place.
  Place(Place&& other) noexcept = default;
  // Swaps, so that the place held before is given back when `other` goes.
  // Assigning `{}` gives it back at once.
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

// An Admitted is a call that was let in: who calls, and its places within the
// limits. It is kept until the call has its answer.
struct Admitted {
  access::Caller caller;
  // This is the place among all callers'.
  Place total;
  // This is the place among those of the caller's key; it is empty without a
  // key.
  Place own;
};

// There is one Admission for a server; GrpcServer owns it.
class Admission {
 public:
  struct Limits {
    // All callers together may have so many streams open. Each costs up to 64
    // KB.
    std::int64_t max_streams = 20'000;
    // All callers together may have so many unary calls without an answer.
    std::int64_t max_calls = 50'000;
    // The same limits hold for each key. Without keys nobody is known to count
    // them for, and only the limits above hold.
    std::int64_t max_streams_per_key = 1'000;
    // This counts unary calls of one key that have no answer yet.
    std::int64_t max_calls_per_key = 5'000;
  };

  // `keys` is null for a server without keys. It must outlive this, and this
  // must outlive every call: the places refer to it.
  Admission(access::Methods methods, access::ApiKeys* keys,
            const Limits& limits)
      : methods_(std::move(methods)), keys_(keys), limits_(limits) {}

  // Lets a call of the contract in, or says why not: UNAVAILABLE (DRAINING),
  // RESOURCE_EXHAUSTED (OVERLOADED, LIMIT_REACHED), UNAUTHENTICATED
  // (API_KEY_MISSING, API_KEY_INVALID, API_KEY_EXPIRED, API_KEY_DISABLED) or
  // PERMISSION_DENIED (NOT_AUTHORIZED). After a refusal no place is held.
  absl::StatusOr<Admitted> AdmitCall(const grpc::CallbackServerContext& context,
                                     const access::Method& method);
  // Does the same for a stream, which falls under the limits of streams.
  absl::StatusOr<Admitted> AdmitStream(
      const grpc::CallbackServerContext& context, const access::Method& method);
  // Lets in a stream of every caller whose key is in force, whatever it may do;
  // reflection asks for no permission. The errors are those of AdmitCall.
  absl::StatusOr<Admitted> AdmitAnyKey(
      const grpc::CallbackServerContext& context);

  // Returns what the contract says about a method, which must exist.
  const access::Method& Find(std::string_view method) const {
    return methods_.Find(method);
  }
  // Returns null for a server without keys.
  const access::ApiKeys* keys() const { return keys_; }
  // This is the gate through which refused calls are answered while the server
  // stops.
  StopGate& gate() { return gate_; }
  // Returns how many unary calls have no answer yet, refused ones included for
  // the moment that refusing takes.
  std::int64_t calls_in_flight() const {
    return calls_.load(std::memory_order_relaxed);
  }

 private:
  // A Kind says which limits a call falls under.
  struct Kind {
    Place::Counter& total;
    // All callers together may hold so many places of `total`.
    std::int64_t max_total;
    Place::Counter access::KeyUse::*own;
    // One key may hold so many of its own places, which `own` names.
    std::int64_t max_own;
    // This is the name of the key's limit in the configuration; the caller is
    // told it.
    const char* own_name;
  };

  // Returns the caller by the key in the call's metadata, `authorization:
  // Bearer` or `x-api-key`. Without keys everybody may do everything.
  absl::StatusOr<access::Caller> Authenticate(
      const grpc::CallbackServerContext& context);
  // Returns the limits of streams, which subscriptions and reflection share.
  Kind Streams();
  // Judges a call in the order that the head of this file names. `permission`
  // is what the key must have; with UNSPECIFIED every key will do.
  absl::StatusOr<Admitted> Admit(const grpc::CallbackServerContext& context,
                                 v1::Permission permission, const Kind& kind);

  const access::Methods methods_;
  // It is null without keys.
  access::ApiKeys* const keys_;
  const Limits limits_;
  StopGate gate_;
  // These are the places of all callers. They live as long as this, so no place
  // owns them.
  Place::Counter calls_{0};
  Place::Counter streams_{0};
};

}  // namespace linktor::rpc
