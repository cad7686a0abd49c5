// Says by when links to Instagram's media have ended, where that is known. The
// readers of messages and stories call it. Pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// A story is shown for 24 h, and so is what links to it.
inline constexpr std::int64_t kStoryMs = 24LL * 60 * 60 * 1000;

// Returns the end that a link of Meta's CDN says itself, in ms since the epoch:
// its parameter "oe", which is seconds in hexadecimal. Returns 0 when it says
// none, or is of another host.
std::int64_t LinkExpiry(std::string_view url);

// Returns the end of a link to a story that someone wrote about at `event_ms`:
// a day after that, or before, when the link says so. Returns 0 when there is
// no link, or neither is known.
std::int64_t StoryExpiry(std::string_view url, std::int64_t event_ms);

// Sets Attachment.url_expire_time of the attachments whose end is known; the
// others stay without. `event_ms` is Instagram's time of the message; 0 when it
// gave none.
void SetExpiryTimes(std::int64_t event_ms, v1::Message& message);

}  // namespace linktor::kinds
