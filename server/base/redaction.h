// Removes secrets from texts that go to a log, to an error or to the emulator's
// list of calls. It recognises a secret by its form. Redaction is the second
// protection. The first protection is that code does not put a Secret
// (secret.h) into such a text.

#pragma once

#include <string>
#include <string_view>

namespace linktor {

// Returns `text` with "[redacted]" in place of everything that looks like a
// secret. This covers access tokens, API keys of this server, bearer tokens in
// Authorization headers, and the parameters access_token and appsecret_proof.
// The log calls this function for the value of every field.
//
// The function may remove too much, and it does not recognise a secret that has
// none of these forms. Therefore code keeps secrets as Secrets and does not log
// them at all. The function is pure.
std::string Redact(std::string_view text);

}  // namespace linktor
