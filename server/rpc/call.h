// All RPCs are handled alike: each is admitted, read, checked, counted and
// answered, and one that changes something leaves an audit line. Unary calls
// (unary_call.h) and the stream of events (subscribe_reactor.h) share what is
// here. Everything is thread-safe.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/access/methods.h"
#include "server/base/executor.h"
#include "server/base/try.h"
#include "server/rpc/admission.h"
#include "server/rpc/scope.h"
#include "server/rpc/validation.h"

namespace linktor::rpc {

// Returns the status with its code, message and google.rpc details. It is the
// one place that makes a status of gRPC's from one of ours. An error without a
// reason becomes INTERNAL_FAULT, whose text tells the caller nothing of ours.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The services count their calls by this interface; the metrics implement it.
// It is called on gRPC's threads and the executor's, and must not block.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // A call has arrived; it may still be refused.
  virtual void OnBegin(const access::Method& method) = 0;
  // The same call has ended after `latency`. `reason` is the one that the
  // caller is told; it is empty when the call has not failed, or its caller has
  // gone.
  virtual void OnEnd(const access::Method& method, absl::StatusCode code,
                     std::string_view reason,
                     std::chrono::nanoseconds latency) = 0;
};

// A CallRecord is a call as it is counted and logged.
struct CallRecord {
  // It is borrowed from the Admission, which outlives every call.
  const access::Method& method;
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

// A CallSubject is what a line of the log says about a call besides its
// outcome. It borrows its texts for the length of LogEnd.
struct CallSubject {
  std::string_view api_key_id;
  std::string_view channel_id;
  std::string_view request_id;
  // The call is about this besides the channel: the id of an API key, message
  // or user. It is empty when there is nothing.
  std::string_view target;
  // This is the address of the client, as gRPC writes it.
  std::string peer;
};

// A CallContext holds all that every service needs for its calls. There is one,
// and it outlives the services.
class CallContext {
 public:
  // All must outlive this.
  CallContext(Executor& executor, CallObserver& observer, Admission& admission)
      : executor_(executor), observer_(observer), admission_(admission) {}

  // The executor runs work that may block; gRPC's threads only hand it over.
  Executor& executor() { return executor_; }
  Admission& admission() { return admission_; }

  // Count the beginning of a call, and its end. Each call that begins is ended
  // once, whatever becomes of it.
  CallRecord Begin(const access::Method& method);
  // `status` is the one that the caller gets.
  void CountEnd(const CallRecord& call, const absl::Status& status);

  // Returns whether a call that ends like this leaves an audit line: it was to
  // change something, and its caller has, or had, a key. A refused attempt is
  // audited as well.
  static bool IsAudited(const access::Method& method,
                        const absl::Status& status);
  // Returns whether LogEnd has anything to say. Callers ask before they make a
  // subject, which costs more than most calls.
  static bool WantsLog(const access::Method& method,
                       const absl::Status& status);
  // Writes the audit line of a call that changes something, a line about what
  // an operator should know, and at the level debug a line about every call. An
  // id that does not look like one is left out, since a refused request may
  // hold anything.
  static void LogEnd(const CallRecord& call, const CallSubject& subject,
                     const absl::Status& status);

 private:
  Executor& executor_;
  CallObserver& observer_;
  Admission& admission_;
};

// Reads `bytes` into `request`. It fails with INVALID_ARGUMENT and
// INVALID_REQUEST when they are not a message of its type, or a text in it is
// not UTF-8; `request` may then be filled in part.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message& request);

// Does the steps that follow on admission, the same for unary calls and
// streams: reads the request, asks whether the caller covers its channels, and
// validates it, in this order. It fails with INVALID_REQUEST,
// CHANNEL_NOT_FOUND, NOT_AUTHORIZED or INVALID_CONTENT; `request` is filled as
// far as it was read. It does not block.
template <typename Request>
absl::Status ReadRequest(const access::Caller& caller,
                         const grpc::ByteBuffer& bytes, Request& request) {
  LINKTOR_TRY(ParseRequest(bytes, request));
  LINKTOR_TRY(CheckScope(caller, request));
  return Validate(request);
}

}  // namespace linktor::rpc
