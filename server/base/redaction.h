// Removes secrets from texts that go to a log, to an error or to the emulator's
// list of calls. It finds a secret by its form. This is the second protection:
// the first is that code does not put a Secret (secret.h) into a text.

#pragma once

#include <string>
#include <string_view>

namespace linktor {

// Returns `text` with "[redacted]" in place of everything that looks like a
// secret. This covers access tokens, API keys of this server, bearer tokens in
// Authorization headers, and the parameters access_token and appsecret_proof.
// The log calls this function for the value of every field.
//
// The function may redact too much, and it does not recognise a secret of any
// other form. Therefore code keeps secrets as Secrets and does not log them at
// all. The function is pure.
std::string Redact(std::string_view text);

}  // namespace linktor
