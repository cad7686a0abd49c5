// An Error describes a call that failed. Every function of the client that can
// fail returns a Result or an Error. All types here are plain values, and
// everything here is for any thread.

#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace linktor::instagram {

// This is the domain of the reasons that the server gives, as in
// google.rpc.ErrorInfo. A proxy may give reasons of its own under another
// domain.
inline constexpr char kErrorDomain[] = "instagram.linktor";

// A FieldViolation says that a field of the request is wrong.
struct FieldViolation {
  // `field` is the path of the field, such as "content.text". `description` is
  // a text for people.
  std::string field;
  std::string description;
  bool operator==(const FieldViolation&) const = default;
};

// A program should decide by the reason first, and then by the code. It must
// not decide by the message, which is for people and may change.
struct Error {
  // The kind says where the error came from.
  enum class Kind {
    // A call ended with a status.
    kCall,
    // The client refused the request or its own options; no call was made.
    kRefused,
    // The cursor store failed.
    kStore,
  };

  Kind kind = Kind::kCall;
  // It is UNKNOWN when no call was made.
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  // The reason is one of linktor/instagram/constants.h, or a reason that is
  // newer than this client. It is empty when the server did not make the
  // status, because the connection broke or a proxy answered.
  std::string reason;
  // This is a sentence for people, in English.
  std::string message;
  // It says what to do, in English; it may be empty.
  std::string remedy;
  // It holds more facts about the error, such as "graph_code".
  std::map<std::string, std::string> metadata;
  // It names every wrong field when the reason is INVALID_REQUEST or
  // INVALID_CONTENT. Otherwise it is empty.
  std::vector<FieldViolation> violations;
  // The call can succeed after this time. It is absent when the server did not
  // say a time. It is at most a day.
  std::optional<std::chrono::nanoseconds> retry_delay;
  // This is the request id of the send, even if the client made the id.
  std::string request_id;
  // If true, the call may have been done, or may still be in progress, although
  // it ended with this error. Then repeat a send only with the same request id;
  // GetMessage tells what became of the message. Client::Send sets this field.
  // Client::SetIceBreakers sets it too, but that call may always be made again.
  bool outcome_unknown = false;
};

// Converts a status to an Error; the status must not be OK.
Error ErrorOf(const grpc::Status& status);

// Returns the name of the code in gRPC, such as "NOT_FOUND".
std::string CodeName(grpc::StatusCode code);

// Returns the error as one line for a log. The remedy is about the last attempt
// only. It is left out when an earlier attempt may have been done.
std::string ToString(const Error& error);

// A Result is either a value or an error.
template <typename T>
// Callers must check it: the compiler warns about a Result that is ignored.
class [[nodiscard]] Result {
 public:
  // These constructors convert without a cast, so that a function can return
  // either a value or an error.
  Result(T value) : result_(std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : result_(std::move(error)) {}  // NOLINT(*-explicit-*)

  // Returns whether there is a value.
  bool ok() const { return std::holds_alternative<T>(result_); }
  explicit operator bool() const { return ok(); }

  // There must be a value.
  T& operator*() & { return std::get<T>(result_); }
  const T& operator*() const& { return std::get<T>(result_); }
  T&& operator*() && { return std::get<T>(std::move(result_)); }
  T* operator->() { return &std::get<T>(result_); }
  const T* operator->() const { return &std::get<T>(result_); }

  // There must be no value. The reference is valid as long as the Result.
  const Error& error() const { return std::get<Error>(result_); }

 private:
  std::variant<T, Error> result_;
};

}  // namespace linktor::instagram
