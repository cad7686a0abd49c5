// All RPCs of the contract are handled in the same way: each call is admitted,
// read, checked, counted and answered. A call that changes something also
// leaves an audit line in the server's log. Unary calls (unary_call.h) and the
// stream of events (subscribe_reactor.h) share the code in this file.
// Everything here is thread-safe.

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

// Returns `status` as a grpc::Status, with its code, message and google.rpc
// details. This is the one place that makes a gRPC status from an absl::Status.
// An error without a reason becomes INTERNAL_FAULT, whose text tells the caller
// nothing about the inside of this server.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The services count their calls through this interface, and the metrics
// implement it. Many threads call it, such as gRPC's and the executor's, so it
// must not block.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  // A call has arrived. It may still be refused.
  virtual void OnBegin(const access::Method& method) = 0;
  // The call has ended after `latency`. OnBegin was called for the same call
  // before. `reason` is the ErrorInfo reason that the caller is told. It is
  // empty when the call has succeeded, or when its caller has gone.
  virtual void OnEnd(const access::Method& method, absl::StatusCode code,
                     std::string_view reason,
                     std::chrono::nanoseconds latency) = 0;
};

// A CallRecord has what the counting and the log need to know about a call.
struct CallRecord {
  // It is borrowed from the Admission, which outlives every call.
  const access::Method& method;
  // The call has arrived at this time.
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

// A CallSubject has what a log line says about a call besides its outcome. It
// borrows its texts, which must live until LogEnd returns.
struct CallSubject {
  std::string_view api_key_id;
  std::string_view channel_id;
  std::string_view request_id;
  // It is the id of the API key, the message or the customer that the call is
  // about. It is empty when the call is about none of them.
  std::string_view target;
  // This is the address of the client, as gRPC writes it.
  std::string peer;
};

// A CallContext holds everything that the services need for their calls. The
// server has one CallContext, and it outlives the services.
class CallContext {
 public:
  // All three must outlive this object.
  CallContext(Executor& executor, CallObserver& observer, Admission& admission)
      : executor_(executor), observer_(observer), admission_(admission) {}

  // The executor runs work that may block. gRPC's threads only hand work over
  // to it.
  Executor& executor() { return executor_; }
  Admission& admission() { return admission_; }

  // Begin counts the beginning of a call, and CountEnd counts its end. CountEnd
  // must be called exactly once for each call that has begun, whatever happens
  // to the call.
  CallRecord Begin(const access::Method& method);
  // `status` is the status that the caller gets.
  void CountEnd(const CallRecord& call, const absl::Status& status);

  // Returns whether a call that ends with `status` leaves an audit line. This
  // is so when the method changes something. But a call that was refused
  // because its API key is missing or unknown leaves no audit line. Any other
  // refused call leaves one, also when its key is expired or disabled, or when
  // it was refused before anybody looked at its key.
  static bool IsAudited(const access::Method& method,
                        const absl::Status& status);
  // Returns whether LogEnd would write anything. Callers ask this before they
  // make a CallSubject, because making one costs more than most calls.
  static bool WantsLog(const access::Method& method,
                       const absl::Status& status);
  // Writes up to three lines into the server's log: an audit line for a call
  // that changes something, a line about a failure that an operator should know
  // of, and at the level debug a line for every call. A refused request may
  // hold any text in the place of an id. Such a text is left out when it does
  // not look like an id.
  static void LogEnd(const CallRecord& call, const CallSubject& subject,
                     const absl::Status& status);

 private:
  Executor& executor_;
  CallObserver& observer_;
  Admission& admission_;
};

// Parses `bytes` into `request`. It fails with INVALID_ARGUMENT and
// INVALID_REQUEST when the bytes are no message of this type, or when a text in
// the message is not UTF-8. After a failure, `request` may be filled in part.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message& request);

// Does the steps that come after admission, for unary calls and streams alike.
// It parses the request, checks whether the caller's key covers the request's
// channels (scope.h), and validates the request (validation.h), in this order.
// It fails with INVALID_REQUEST, CHANNEL_NOT_FOUND, NOT_AUTHORIZED or
// INVALID_CONTENT. After a failure, `request` may be filled in part.
// ReadRequest does not block.
template <typename Request>
absl::Status ReadRequest(const access::Caller& caller,
                         const grpc::ByteBuffer& bytes, Request& request) {
  LINKTOR_TRY(ParseRequest(bytes, request));
  LINKTOR_TRY(CheckScope(caller, request));
  return Validate(request);
}

}  // namespace linktor::rpc
