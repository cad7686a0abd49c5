// These are errors in the form in which the Graph API answers them. The
// functions are pure, except that each error response gets a random trace id.

#pragma once

#include <string>
#include <string_view>

#include "server/http/message.h"

namespace linktor::emulator {

// The defaults are those of Meta's most common error.
struct GraphError {
  // This is the HTTP status.
  int status = 400;
  // This and the other numbers and texts are those of Meta's documents.
  int code = 100;
  // 0 means no subcode.
  int subcode = 0;
  // This is the error text in English.
  std::string message;
  // This is the error text in the language of the person who owns the token.
  // Meta uses this language unless the call asks for another one. It is empty
  // when the language is English.
  std::string localized_message;
  // These are a title and a text that Meta means for end users; each is empty
  // when there is none.
  std::string user_title;
  std::string user_message;
  // This is Meta's class of the error.
  std::string type = "OAuthException";
  // When it is true, Meta says that the same call may succeed later.
  bool is_transient = false;
};

// Returns {"error": {...}} with a new fbtrace_id. `locale` is the language that
// the call asks for; the emulator knows only en_US.
http::HttpResponse ErrorResponse(const GraphError& error,
                                 std::string_view locale = "en_US");

// Returns Meta's most common error: "(#100) <what>".
GraphError InvalidParameter(std::string_view what, int subcode = 0);

// Returns the error of the Send API for an id that belongs to no user.
GraphError NoSuchUser();

}  // namespace linktor::emulator
