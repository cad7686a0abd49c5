// Errors as the Graph API answers them.

#pragma once

#include <string>
#include <string_view>

#include "server/http/message.h"

namespace linktor::emulator {

struct GraphError {
  // HTTP status.
  int status = 400;
  int code = 100;
  // 0 for none.
  int subcode = 0;
  std::string message;
  std::string type = "OAuthException";
  bool is_transient = false;
};

// {"error": {...}} with a fresh fbtrace_id.
HttpResponse ErrorResponse(const GraphError& error);

// The commonest: "(#100) <what>".
GraphError InvalidParameter(std::string_view what, int subcode = 0);

// The Send API's error for an id that is no user's.
GraphError NoSuchUser();

}  // namespace linktor::emulator
