// These are matchers for absl::Status and absl::StatusOr and for the details
// that they carry.

#pragma once

#include <gmock/gmock.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/status.h"

namespace linktor {

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& status) {
  return status.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return arg.ok();
}

MATCHER_P(StatusIs, code, "has code " + absl::StatusCodeToString(code)) {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// `reason` has the form that clients see, such as "CURSOR_INVALID".
MATCHER_P(HasReason, reason, "has reason " + std::string(reason)) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(StatusOf(arg));
  *result_listener << "reason '" << info.reason() << "', "
                   << StatusOf(arg).ToString();
  return info.reason() == reason && info.domain() == "instagram.linktor";
}

// It matches when the metadata of ErrorInfo has `key`, and the matcher `value`
// matches the value of `key`.
MATCHER_P2(HasMetadata, key, value, "has metadata " + std::string(key)) {
  const auto info = ErrorInfoOf(StatusOf(arg));
  const auto it = info.metadata().find(key);
  if (it == info.metadata().end()) {
    *result_listener << "no such key";
    return false;
  }
  return testing::ExplainMatchResult(value, it->second, result_listener);
}

}  // namespace linktor
