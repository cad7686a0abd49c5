// instagram.mention: somebody mentions the account in a post or in a comment.
// Instagram gives ids only.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  v1::Mention& out = *item.payload.mutable_mention();
  Result bad = ReadId(source.object, "media_id", "$", *out.mutable_media_id());
  if (!bad && out.media_id().empty()) {
    bad = Misfit{"names no post", "$.media_id"};
  }
  if (!bad) {
    bad = ReadId(source.object, "comment_id", "$", *out.mutable_comment_id());
  }
  return bad;
}

}  // namespace

constinit const Kind kMention = {.type = "instagram.mention",
                                 .payload = v1::Event::kMention,
                                 .field = "mentions",
                                 .name = "mentions",
                                 .needs_customer = false,
                                 .read = Read};

}  // namespace linktor::kinds
