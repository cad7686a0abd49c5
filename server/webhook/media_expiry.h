// By when links to Instagram's media have ended, where that is known. Pure.

#pragma once

#include <cstdint>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor {

// A story is shown for 24 h, and so is what links to it.
inline constexpr std::int64_t kStoryMs = 24LL * 60 * 60 * 1000;

// The end that a link of Meta's CDN says itself, in ms: "oe", seconds in
// hexadecimal. 0 when it says none.
std::int64_t LinkExpiry(std::string_view url);

// The end of a link to a story that someone wrote about at `event_ms`: a day
// after that, or before. 0 when there is no link, or neither is known.
std::int64_t StoryExpiry(std::string_view url, std::int64_t event_ms);

// Sets Attachment.url_expire_time of those whose end is known. `event_ms` is
// Instagram's time of the message; 0 when unknown.
void SetExpiryTimes(std::int64_t event_ms, v1::Message& message);

}  // namespace linktor
