// MidKey gives a message of Instagram a name. The same message always gets the
// same name, whether ingest, the sender's outcomes or the readers compute it.
// The function is pure. The names are persisted: do not change them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace linktor::state {

// Returns 16 bytes that stand for a message of Instagram on a channel. They are
// a hash, so that all keys have one size. For a message that this server did
// not send, they are also its message id.
inline RawId MidKey(std::int64_t channel_no, std::string_view mid) {
  return HashedRawId({"mid", std::to_string(channel_no), mid});
}

}  // namespace linktor::state
