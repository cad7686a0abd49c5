// instagram.comment: somebody comments on a post or reel; and
// instagram.live_comment: on a live broadcast. Both are read in the same way.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

Result ReadMedia(const dom::object& value, v1::Comment& out) {
  constexpr std::string_view kPath = "$.media";
  std::optional<dom::object> media;
  Result bad = ReadObject(value, "media", "$", media);
  if (bad || !media.has_value()) return bad;
  bad = ReadId(*media, "id", kPath, *out.mutable_media_id());
  if (!bad) {
    bad = ReadString(*media, "media_product_type", kPath,
                     *out.mutable_media_product_type());
  }
  if (!bad) bad = ReadId(*media, "ad_id", kPath, *out.mutable_ad_id());
  if (!bad)
    bad = ReadString(*media, "ad_title", kPath, *out.mutable_ad_title());
  if (!bad) {
    bad = ReadId(*media, "original_media_id", kPath,
                 *out.mutable_original_media_id());
  }
  return bad;
}

Result Read(const Source& source, const ParsedItem& item, v1::Comment& out) {
  const dom::object& value = source.object;
  out.set_direction(DirectionOf(item));
  Result bad = ReadId(value, "id", "$", *out.mutable_id());
  // Meta's samples for Facebook Login call it so.
  if (!bad && out.id().empty()) {
    bad = ReadId(value, "comment_id", "$", *out.mutable_id());
  }
  if (!bad && out.id().empty()) bad = Misfit{"names no comment", "$.id"};
  if (!bad) bad = ReadString(value, "text", "$", *out.mutable_text());
  if (!bad) bad = ReadId(value, "parent_id", "$", *out.mutable_parent_id());
  std::optional<dom::object> from;
  if (!bad) bad = ReadObject(value, "from", "$", from);
  if (!bad && from.has_value()) {
    bad = ReadString(*from, "username", "$.from", *out.mutable_username());
  }
  if (!bad) bad = ReadMedia(value, out);
  return bad;
}

Result ReadComment(const Source& source, ParsedItem& item) {
  return Read(source, item, *item.payload.mutable_comment());
}

Result ReadLiveComment(const Source& source, ParsedItem& item) {
  v1::Comment& out = *item.payload.mutable_live_comment();
  out.set_live(true);
  return Read(source, item, out);
}

}  // namespace

constinit const Kind kComment = {.type = "instagram.comment",
                                 .payload = v1::Event::kComment,
                                 .field = "comments",
                                 .name = "comments",
                                 .needs_customer = false,
                                 .read = ReadComment,
                                 .identity = [](const ParsedItem& item) {
                                   return item.payload.comment().id();
                                 }};

constinit const Kind kLiveComment = {.type = "instagram.live_comment",
                                     .payload = v1::Event::kLiveComment,
                                     .field = "live_comments",
                                     .name = "live_comments",
                                     .needs_customer = false,
                                     .read = ReadLiveComment,
                                     .identity = [](const ParsedItem& item) {
                                       return item.payload.live_comment().id();
                                     }};

}  // namespace linktor::kinds
