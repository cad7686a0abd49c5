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
  // The text in English.
  std::string message;
  // The text in the language of the token's owner, which Meta uses unless the
  // call asks for another; empty when that is English.
  std::string localized_message;
  // The title and text that Meta shows to people; empty for none.
  std::string user_title;
  std::string user_message;
  std::string type = "OAuthException";
  bool is_transient = false;
};

// {"error": {...}} with a fresh fbtrace_id. `locale` is what the call asks for;
// only en_US is understood.
HttpResponse ErrorResponse(const GraphError& error,
                           std::string_view locale = "en_US");

// The commonest: "(#100) <what>".
GraphError InvalidParameter(std::string_view what, int subcode = 0);

// The Send API's error for an id that is no user's.
GraphError NoSuchUser();

}  // namespace linktor::emulator
