// Every RPC is handled alike: it is admitted, read, checked, counted, and
// answered; and one that changes something leaves an audit line.

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

namespace linktor {

// Code, message and google.rpc details.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The services count their calls here; implemented by the metrics.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnBegin(const access::Method& method) = 0;
  // `reason` is what the caller is told; empty when the call has not failed.
  virtual void OnEnd(const access::Method& method, absl::StatusCode code,
                     std::string_view reason,
                     std::chrono::nanoseconds latency) = 0;
};

// A call, as it is counted and logged.
struct CallRecord {
  const access::Method& method;
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

// A line of the log says this of a call, besides its outcome.
struct CallSubject {
  std::string_view api_key_id;
  std::string_view channel_id;
  std::string_view request_id;
  // The call is about this besides the channel: the id of an API key, message
  // or user. Empty when there is nothing.
  std::string_view target;
  std::string peer;
};

// Shared by all services; outlives them.
class CallContext {
 public:
  CallContext(Executor& executor, CallObserver& observer, Admission& admission)
      : executor_(executor), observer_(observer), admission_(admission) {}

  Executor& executor() { return executor_; }
  Admission& admission() { return admission_; }

  // Counts the beginning of a call, and its end.
  CallRecord Begin(const access::Method& method);
  void CountEnd(const CallRecord& call, const absl::Status& status);

  // Whether a call that ends like this leaves an audit line: it was to change
  // something, and its caller has, or had, a key.
  static bool IsAudited(const access::Method& method,
                        const absl::Status& status);
  // Returns whether LogEnd has anything to say. Callers ask before they make a
  // subject.
  static bool WantsLog(const access::Method& method,
                       const absl::Status& status);
  // Writes the audit line of a call that changes something, a line on what an
  // operator should know of, and at the level debug a line on every call.
  static void LogEnd(const CallRecord& call, const CallSubject& subject,
                     const absl::Status& status);

 private:
  Executor& executor_;
  CallObserver& observer_;
  Admission& admission_;
};

// Reads `bytes` into `request`; else INVALID_REQUEST.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message& request);

// These steps follow on admission, the same for unary calls and streams: the
// request is read and valid, and its caller covers the channels that it names.
template <typename Request>
absl::Status ReadRequest(const access::Caller& caller,
                         const grpc::ByteBuffer& bytes, Request& request) {
  LINKTOR_TRY(ParseRequest(bytes, request));
  LINKTOR_TRY(CheckScope(caller, request));
  return Validate(request);
}

}  // namespace linktor
