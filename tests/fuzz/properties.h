// What holds for all bytes from outside: the properties that libFuzzer tries to
// break ("make fuzz") and fuzz_corpus_tests checks on the seeds. Each takes one
// input and says what is wrong with what the code made of it. Not thread-safe:
// some keep a data folder for the life of the process.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace linktor::fuzz {

// A sentence; nothing when the property holds.
using Violation = std::optional<std::string>;

// The input is the body of a webhook POST. Every item of the body must come out
// once, in order, and point into the body. It must become an event that can be
// sent to subscribers, or an issue. The bytes that are kept must be the bytes
// that were received.
Violation CheckWebhook(std::string_view input);

// The input is a signature header, a line break and a body. The server must
// accept only "sha256=" with the hexadecimal HMAC of the body under the app
// secret.
Violation CheckSignature(std::string_view input);

// A cursor; its first bytes are also taken for a position in a log. Decode
// takes what Encode has made, and nothing else.
Violation CheckCursor(std::string_view input);

// Meta's answer: a line with the HTTP status, or "sent" or "unsent" and why
// there is no answer; headers; an empty line; the body. A send ends with a mid
// or with a reason, and with UNKNOWN when it may have happened.
Violation CheckGraph(std::string_view input);

// The input has arguments, one on each line, then an empty line, and then the
// configuration file. The server must get a configuration with which it may
// start, or it must say why not.
Violation CheckConfiguration(std::string_view input);

struct Property {
  // The folder with its seeds has this name, too.
  const char* name;
  Violation (*check)(std::string_view input);
};

std::span<const Property> Properties();

}  // namespace linktor::fuzz
