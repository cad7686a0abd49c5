// Takes secrets out of texts that go to a log, an error or the emulator's list
// of calls. It looks for what secrets look like, and is the second line of
// defence: the first is that a Secret is not put into a text.

#pragma once

#include <string>
#include <string_view>

namespace linktor {

// Returns `text` with what looks like an access token, an API key of this
// server, an Authorization header or an access_token or appsecret_proof
// parameter replaced. Every field of the log passes through it. It may redact
// too much, and it does not know a secret of another form: secrets are Secrets
// and are not logged at all. Pure.
std::string Redact(std::string_view text);

}  // namespace linktor
