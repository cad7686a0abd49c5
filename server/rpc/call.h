// Every RPC is handled alike: it is admitted, read, checked, counted, and
// answered; and one that changes something leaves an audit line.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

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
  virtual void OnCall(std::string_view method, absl::StatusCode code) = 0;
};

// An audit line says this of a call, besides its outcome.
struct AuditSubject {
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

  // Counts a call's end, and logs it when it is a fault of ours.
  void Report(std::string_view method, const absl::Status& status);
  // Whether a call that ends like this leaves an audit line: it was to change
  // something, and its caller has, or had, a key.
  static bool IsAudited(const access::Method& method,
                        const absl::Status& status);
  // Writes the audit line of a call that changes something.
  void Audit(std::string_view method, const AuditSubject& subject,
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
