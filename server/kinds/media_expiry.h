// Says when links to Instagram's media expire, if that is known. The readers of
// messages and stories call these functions, which are pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// A story is shown for 24 h, and links to it work for 24 h.
inline constexpr std::int64_t kStoryMs = 24LL * 60 * 60 * 1000;

// Returns the time at which a link of Meta's CDN expires, in ms since the
// epoch. The link says it in its parameter "oe", which is seconds in
// hexadecimal. Returns 0 when the link does not say it, or is of another host.
std::int64_t LinkExpiry(std::string_view url);

// Returns the time at which a link to a story expires. Someone wrote about the
// story at `event_ms`, so the link expires at most a day after that. It expires
// earlier when the link itself says so. Returns 0 when there is no link, or
// when neither time is known.
std::int64_t StoryExpiry(std::string_view url, std::int64_t event_ms);

// Sets Attachment.url_expire_time of the attachments whose expiry time is
// known. It leaves the field unset in all others. `event_ms` is Instagram's
// time of the message; it is 0 when Instagram gave none.
void SetExpiryTimes(std::int64_t event_ms, v1::Message& message);

}  // namespace linktor::kinds
