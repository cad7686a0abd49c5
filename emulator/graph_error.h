// Errors as the Graph API answers them. The functions are pure but for the
// trace id.

#pragma once

#include <string>
#include <string_view>

#include "server/http/message.h"

namespace linktor::emulator {

// The defaults are those of Meta's commonest error.
struct GraphError {
  // This is the HTTP status.
  int status = 400;
  // The numbers and texts are those of Meta's documents.
  int code = 100;
  // 0 stands for none.
  int subcode = 0;
  // This is the text in English.
  std::string message;
  // This is the text in the language of the token's owner, which Meta uses
  // unless the call asks for another; it is empty when that is English.
  std::string localized_message;
  // These are the title and text that Meta shows to people; it is empty for
  // none.
  std::string user_title;
  std::string user_message;
  // This is Meta's class of the error.
  std::string type = "OAuthException";
  // Meta says that the same call may succeed later.
  bool is_transient = false;
};

// Returns {"error": {...}} with a fresh fbtrace_id. `locale` is the one that
// the call asks for; only en_US is understood.
http::HttpResponse ErrorResponse(const GraphError& error,
                                 std::string_view locale = "en_US");

// Returns Meta's commonest error: "(#100) <what>".
GraphError InvalidParameter(std::string_view what, int subcode = 0);

// Returns the Send API's error for an id that is no user's.
GraphError NoSuchUser();

}  // namespace linktor::emulator
