// Makes the first API key, with which an operator creates the other keys. The
// App calls this once, at start.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/access/api_keys.h"
#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"

namespace linktor::access {

// Makes a key that may manage access over all channels and may do nothing else.
// It makes the key only when no key in force may manage access over all
// channels. It writes the key and a line break into the file `path`, with mode
// 0600. An existing file is replaced only in two cases: it is empty, or it
// holds an API key in the right form (key_text.h) that is not in force.
//
// Returns OK when such a manager exists already, or when the new key is in the
// file and in the state. Fails with FAILED_PRECONDITION and a sentence when the
// file cannot be written, when the file holds something else, or when there are
// too many API keys already. Fails with the journal's error when the key cannot
// be stored. After a failure the file may hold a key that does not exist; the
// next start replaces this file. The function blocks on the disk and on the
// journal.
absl::Status WriteBootstrapKey(const std::string& path, const Clock& clock,
                               journal::Journal& journal, seal::Sealer& sealer,
                               ApiKeys& keys);

}  // namespace linktor::access
