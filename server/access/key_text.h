// Defines the text of an API key, as callers send it:
//   lig_<id>_<secret><checksum>
// The id has 16 hex digits. The secret has 43 letters and digits, which stand
// for 256 random bits. The checksum has 6 letters and digits, and is computed
// from everything before it.
//
// Programs that search for leaked secrets find API keys by this form, and the
// checksum tells them which texts are really keys. When somebody copies only a
// part of a key, the server notices this from the text alone, without a look at
// its stored keys. Callers store their keys, so the form must not change. All
// functions are pure, except NewKeyText, which makes random texts.

#pragma once

#include <string>
#include <string_view>

#include "server/base/secret.h"

namespace linktor::access {

// A KeyText is a new key. It has the id, which is not secret, and the whole
// text that a caller presents.
struct KeyText {
  std::string id;
  Secret text;
};

// Makes a key with a random id and a random secret. The server accepts the key
// only after the journal has stored the record that creates the key.
KeyText NewKeyText();

// Returns `body` with its checksum appended. The checksum finds copying
// mistakes. It does not prove that a key is genuine, because anybody can
// compute it.
std::string WithChecksum(std::string body);

// Returns the id in `text`, borrowed from `text`, when `text` has the right
// form and the right checksum. Otherwise the result is empty.
std::string_view KeyIdOf(std::string_view text);

// Returns whether `id` is 16 lower-case hex digits.
bool IsKeyId(std::string_view id);

}  // namespace linktor::access
