// Names a message of Instagram so that the same message always gets the same
// name, whoever computes it: ingest, the sender's outcomes and the readers. It
// is pure. The names are persisted: do not change.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace linktor::state {

// Returns 16 bytes that stand for a message of Instagram on a channel: a hash,
// so that all keys have one size. They are also the id of a message that did
// not begin here.
inline RawId MidKey(std::int64_t channel_no, std::string_view mid) {
  return HashedRawId({"mid", std::to_string(channel_no), mid});
}

}  // namespace linktor::state
