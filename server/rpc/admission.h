// Admission decides who gets in. Every call of every service goes through here
// first, unary or stream, and is judged in this order: whether the server
// drains, whether it has too much to do, who calls, whether the caller has the
// method's permission, the caller's own limits; and, once the request has been
// read, whether the caller covers the channels that it names (scope.h).
// Thread-safe.

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

namespace linktor {

absl::Status DrainingError();
absl::Status OverloadedError();

// One of a limited number of places, held until it goes. A call that ends after
// its key was deleted gives back its place too, so the place keeps alive what
// it is counted in.
class Place {
 public:
  using Counter = std::atomic<std::int64_t>;

  Place() = default;
  // Takes a place whether there is room or not; `before` is how many were
  // taken.
  Place(std::shared_ptr<Counter> taken, std::int64_t& before)
      : taken_(std::move(taken)) {
    before = taken_->fetch_add(1, std::memory_order_relaxed);
  }
  Place(Place&& other) noexcept = default;
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

// A call that was let in: who calls, and its places within the limits.
struct Admitted {
  access::Caller caller;
  Place total;
  Place own;
};

class Admission {
 public:
  struct Limits {
    // Streams of all callers.
    std::int64_t max_streams = 20'000;
    // Unary calls that are not answered yet, of all callers.
    std::int64_t max_calls = 50'000;
    // The same of one key. Without keys there is nobody to count them for.
    std::int64_t max_streams_per_key = 1'000;
    std::int64_t max_calls_per_key = 5'000;
  };

  // `keys` is null for a server without keys. All must outlive this.
  Admission(access::Methods methods, access::ApiKeys* keys,
            const Limits& limits)
      : methods_(std::move(methods)), keys_(keys), limits_(limits) {}

  // Lets a call of the contract in, or says why not: DRAINING, OVERLOADED,
  // API_KEY_MISSING, API_KEY_INVALID, API_KEY_EXPIRED, API_KEY_DISABLED,
  // NOT_AUTHORIZED or LIMIT_REACHED.
  absl::StatusOr<Admitted> AdmitCall(const grpc::CallbackServerContext& context,
                                     const access::Method& method);
  absl::StatusOr<Admitted> AdmitStream(
      const grpc::CallbackServerContext& context, const access::Method& method);
  // Lets in a stream of whoever has a key that is in force, for reflection.
  absl::StatusOr<Admitted> AdmitAnyKey(
      const grpc::CallbackServerContext& context);

  const access::Method& Find(std::string_view method) const {
    return methods_.Find(method);
  }
  // Null for a server without keys.
  const access::ApiKeys* keys() const { return keys_; }
  StopGate& gate() { return gate_; }
  // Unary calls that are not answered yet.
  std::int64_t calls_in_flight() const {
    return calls_.load(std::memory_order_relaxed);
  }

 private:
  // The limits that a call falls under.
  struct Kind {
    Place::Counter& total;
    std::int64_t max_total;
    Place::Counter access::KeyUse::*own;
    std::int64_t max_own;
    // How the limit of one key is called in the configuration.
    const char* own_name;
  };

  absl::StatusOr<access::Caller> Authenticate(
      const grpc::CallbackServerContext& context);
  Kind Streams();
  // `permission` is what the key must have; with UNSPECIFIED any key will do.
  absl::StatusOr<Admitted> Admit(const grpc::CallbackServerContext& context,
                                 v1::Permission permission, const Kind& kind);

  const access::Methods methods_;
  access::ApiKeys* const keys_;
  const Limits limits_;
  StopGate gate_;
  Place::Counter calls_{0};
  Place::Counter streams_{0};
};

}  // namespace linktor
