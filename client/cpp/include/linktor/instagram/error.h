// An Error says how a call ended that did not succeed. Everything here is a
// value, for any thread. Every function of the client that can fail returns a
// Result or an Error.

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

// This is the domain of the reasons that the server gives. A proxy may have
// reasons of its own.
inline constexpr char kErrorDomain[] = "instagram.linktor";

// Says that a field of the request is wrong.
struct FieldViolation {
  // This is the path of the field, such as "content.text", and a text for
  // people.
  std::string field;
  std::string description;
  bool operator==(const FieldViolation&) const = default;
};

// Decide by the reason, then by the code: messages are for people and change.
struct Error {
  // The kind says where the error comes from.
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
  // The reason is one of linktor/instagram/constants.h, or one that is newer
  // than this client. It is empty when the server did not make the status: the
  // connection broke, or a proxy answered.
  std::string reason;
  // This is a sentence for people, in English.
  std::string message;
  // It says what to do, in English; it may be empty.
  std::string remedy;
  // It holds more facts that come with the reason, such as "graph_code".
  std::map<std::string, std::string> metadata;
  // It names every wrong field, with INVALID_REQUEST and INVALID_CONTENT; else
  // it is empty.
  std::vector<FieldViolation> violations;
  // The call can succeed after so long; absent when the server did not say. It
  // is at most a day.
  std::optional<std::chrono::nanoseconds> retry_delay;
  // This is the request id of the send, also when the client made it.
  std::string request_id;
  // If true, the call may have been done, or may still be under way, although
  // it ended with this error. A send may then be repeated with the same request
  // id only, and GetMessage tells what became of it. Client::Send sets it, and
  // so does Client::SetIceBreakers, which may be called again in any case.
  bool outcome_unknown = false;
};

// Returns the error that a status stands for; the status must not be OK.
Error ErrorOf(const grpc::Status& status);

// Returns the code as gRPC spells it, such as "NOT_FOUND".
std::string CodeName(grpc::StatusCode code);

// Returns the error as one line for a log. The remedy is left out where it
// speaks of the last of several calls, and an earlier one may have been done.
std::string ToString(const Error& error);

// A result is a value or the error that came instead.
template <typename T>
// Callers must look at it: a result that is ignored is a warning of the
// compiler.
class [[nodiscard]] Result {
 public:
  // Both convert without a cast, so that a function can return either.
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

  // There must be no value. The reference is valid as long as the result.
  const Error& error() const { return std::get<Error>(result_); }

 private:
  std::variant<T, Error> result_;
};

}  // namespace linktor::instagram
