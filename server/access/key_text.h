// The form of API keys as callers send them:
//   lig_<id>_<secret><checksum>
// with 16 hex digits of id, 43 letters and digits of secret (256 random bits)
// and 6 letters and digits of checksum over all that precedes them. Scanners
// for leaked secrets find keys by this form and tell them from lookalikes by
// the checksum; a key that was copied in part is recognised without a
// database. Persisted by callers: do not change. Pure but for NewKeyText.

#pragma once

#include <string>
#include <string_view>

#include "server/base/secret.h"

namespace linktor::access {

// This is a new key: its id, which is no secret, and the whole text that a
// caller presents.
struct KeyText {
  std::string id;
  Secret text;
};

// Makes a key with random id and secret. Nobody has it before it is stored.
KeyText NewKeyText();

// Returns `body` with the checksum that belongs behind it. The checksum finds a
// mistake of copying, and is no proof of anything.
std::string WithChecksum(std::string body);

// Returns the id within a key of the right form and checksum, borrowed from
// `text`; empty for anything else.
std::string_view KeyIdOf(std::string_view text);

// Returns whether `id` is 16 lower-case hex digits.
bool IsKeyId(std::string_view id);

}  // namespace linktor::access
