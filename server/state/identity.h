// MidKey makes the key by which this server knows a message of Instagram (the
// mid key). Webhooks, sends and readers all use this function, so that one
// message has the same key everywhere. The function is pure. The keys are
// stored on the disk, so the function must always return the same key for the
// same message.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace linktor::state {

// Returns the mid key of a message on a channel. `mid` is Instagram's id of the
// message. The key is a hash of 16 bytes, so that all keys have one size. For a
// message that this server did not send, the key is also its message id.
inline RawId MidKey(std::int64_t channel_no, std::string_view mid) {
  return HashedRawId({"mid", std::to_string(channel_no), mid});
}

}  // namespace linktor::state
