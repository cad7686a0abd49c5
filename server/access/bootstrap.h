// Makes the first API key, which creates the others. The App calls it once, at
// start.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/access/api_keys.h"
#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"

namespace linktor::access {

// When no key that is in force manages access over all channels, makes one that
// may do nothing else and writes it to `path`, with mode 0600 and a line break
// behind it. A file that is there is replaced only when it is empty or holds a
// key of this form that is not in force.
//
// Returns OK when a manager exists, or when the key is in the file and in the
// state. Fails with FAILED_PRECONDITION and a sentence when the file cannot be
// written or is something else, or when there are too many keys; it fails with
// the journal's error when the key cannot be stored. A file may then hold a key
// that does not exist; the next start replaces it. It blocks on the disk and
// the journal.
absl::Status WriteBootstrapKey(const std::string& path, const Clock& clock,
                               journal::Journal& journal, seal::Sealer& sealer,
                               ApiKeys& keys);

}  // namespace linktor::access
