#include "server/kinds/media_expiry.h"

#include <algorithm>
#include <boost/url.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/strings.h"

namespace linktor::kinds {
namespace {

using google::protobuf::util::TimeUtil;

bool IsStory(const v1::Attachment& attachment) {
  return attachment.type() == "story_mention" ||
         attachment.type() == "ig_story" || attachment.type() == "story";
}

}  // namespace

std::int64_t LinkExpiry(std::string_view url) {
  // Most links say nothing of it: cheaper to find out than to parse.
  if (url.find("oe=") == std::string_view::npos) return 0;
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed.has_value()) return 0;
  const auto host = parsed->host();
  if (!host.ends_with(".fbcdn.net") && !host.ends_with(".cdninstagram.com")) {
    return 0;
  }
  for (const auto& parameter : parsed->params()) {
    if (parameter.key != "oe") continue;
    std::uint32_t seconds = 0;
    if (!absl::SimpleHexAtoi(ToAbsl(parameter.value), &seconds)) return 0;
    return static_cast<std::int64_t>(seconds) * 1000;
  }
  return 0;
}

std::int64_t StoryExpiry(std::string_view url, std::int64_t event_ms) {
  if (url.empty()) return 0;
  const std::int64_t own = LinkExpiry(url);
  if (event_ms == 0) return own;
  const std::int64_t end = event_ms + kStoryMs;
  return own == 0 ? end : std::min(own, end);
}

void SetExpiryTimes(std::int64_t event_ms, v1::Message& message) {
  for (v1::Attachment& attachment : *message.mutable_attachments()) {
    const std::int64_t end = IsStory(attachment)
                                 ? StoryExpiry(attachment.url(), event_ms)
                                 : LinkExpiry(attachment.url());
    if (end != 0) {
      *attachment.mutable_url_expire_time() =
          TimeUtil::MillisecondsToTimestamp(end);
    }
  }
}

}  // namespace linktor::kinds
