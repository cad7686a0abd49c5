// Says when links to Instagram's media expire, if that is known. The readers of
// items and messages call these functions, and so does code that fetches new
// links from Instagram. The functions are pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::kinds {

// A story is shown for 24 h, and links to it work for 24 h.
inline constexpr std::int64_t kStoryMs = 24LL * 60 * 60 * 1000;

// Returns the time at which a link to Meta's CDN expires, in ms since the
// epoch. The link has this time in its parameter "oe", in seconds as a
// hexadecimal number. Returns 0 when the link has no such parameter, or leads
// to another host.
std::int64_t LinkExpiry(std::string_view url);

// Returns the time at which a link to a story expires, in ms since the epoch.
// `event_ms` is the time of a message about the story. It is 0 when this time
// is not known. The story was shown at that time, so the link expires at most
// 24 h later. It expires earlier when the link itself says so. Returns 0 when
// `url` is empty, or when neither time is known.
std::int64_t StoryExpiry(std::string_view url, std::int64_t event_ms);

// Sets Attachment.url_expire_time of the attachments whose expiry time is
// known. It leaves the field of all other attachments unset. `event_ms` is
// Instagram's time of the message; it is 0 when Instagram gave none.
void SetExpiryTimes(std::int64_t event_ms, v1::Message& message);

}  // namespace linktor::kinds
