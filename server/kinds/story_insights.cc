// instagram.story_insights: how a story of the account did.

#include <initializer_list>

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  v1::StoryInsights& out = *item.payload.mutable_story_insights();
  Result bad = ReadId(source.object, "media_id", "$", *out.mutable_media_id());
  if (!bad && out.media_id().empty()) {
    bad = Misfit{"names no story", "$.media_id"};
  }
  struct Count {
    std::string_view key;
    void (v1::StoryInsights::*set)(std::int64_t);
  };
  for (const Count& count : std::initializer_list<Count>{
           {"impressions", &v1::StoryInsights::set_impressions},
           {"reach", &v1::StoryInsights::set_reach},
           {"taps_forward", &v1::StoryInsights::set_taps_forward},
           {"taps_back", &v1::StoryInsights::set_taps_back},
           {"exits", &v1::StoryInsights::set_exits},
           {"replies", &v1::StoryInsights::set_replies}}) {
    if (bad) return bad;
    std::int64_t number = 0;
    bad = ReadInteger(source.object, count.key, "$", number);
    (out.*count.set)(number);
  }
  return bad;
}

}  // namespace

constinit const Kind kStoryInsights = {.type = "instagram.story_insights",
                                       .payload = v1::Event::kStoryInsights,
                                       .field = "story_insights",
                                       .name = "story_insights",
                                       .needs_customer = false,
                                       .read = Read};

}  // namespace linktor::kinds
