// These functions read what Meta's answer says, and whether a send with that
// answer may have happened. They use simdjson, but the server uses Boost.JSON.
// They are pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/http/client.h"

namespace linktor::fuzz {

struct Answer {
  // False: simdjson does not take the body, so nothing below is known.
  bool readable = false;
  bool is_object = false;
  // Whether there is a member `error`, and whether it is an object.
  bool has_error = false;
  bool has_error_object = false;
  // The members of the error: `is_transient`, and its code if that is a whole
  // number.
  bool transient = false;
  bool has_code = false;
  std::optional<std::int64_t> code;
  // The message_id of a 200 without `error`, if it is a text.
  std::optional<std::string> mid;
};

Answer ReadAnswer(const http::HttpResult& result);

enum class Certainty {
  kMayHaveHappened,
  kNothingHappened,
  // Meta's list of errors decides, which is not repeated here.
  kByTheList,
};

Certainty CertaintyOf(const http::HttpResult& result, const Answer& answer);

}  // namespace linktor::fuzz
