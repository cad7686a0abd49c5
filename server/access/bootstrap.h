// Makes the first API key, with which an operator creates the other API keys.
// The App calls WriteBootstrapKey once, at start.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/access/api_keys.h"
#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"

namespace linktor::access {

// Makes an API key that may manage access (PERMISSION_MANAGE_ACCESS) over all
// channels and may do nothing else. The function makes this key only when no
// API key with this permission over all channels is in force (see api_keys.h).
// It writes the key and a line break into the file `path`, with mode 0600. It
// replaces an existing file only in two cases: the file is empty, or the file
// holds an API key in the right form (key_text.h) that is not in force.
//
// Returns OK when no key is needed, or when the new key is in the file and in
// the state. Fails with FAILED_PRECONDITION and a sentence when the file cannot
// be written, when the file holds something else, or when there are too many
// API keys already. Fails with the error of the sealer or of the journal when
// the key cannot be sealed or stored. The file is written before the key is
// stored, so after a failure the file may hold a key that the server does not
// know. The next start replaces this file. The function blocks until the file
// is on the disk and the journal has stored the key.
absl::Status WriteBootstrapKey(const std::string& path, const Clock& clock,
                               journal::Journal& journal, seal::Sealer& sealer,
                               ApiKeys& keys);

}  // namespace linktor::access
