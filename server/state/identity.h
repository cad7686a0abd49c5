// How things are named so that the same thing always gets the same name.
// Persisted: do not change.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace linktor {

// A message of Instagram on a channel. The ids of messages that did not begin
// here are made of it.
inline RawId MidKey(std::int64_t channel_no, std::string_view mid) {
  return HashedRawId({"mid", std::to_string(channel_no), mid});
}

}  // namespace linktor
