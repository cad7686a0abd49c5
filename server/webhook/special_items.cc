#include "server/webhook/special_items.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/strings.h"
#include "server/webhook/media_expiry.h"

namespace linktor {
namespace {

namespace dom = simdjson::dom;

Result ReadQuickReply(const dom::object& message, ParsedItem& item) {
  std::optional<dom::object> tap;
  Result bad = ReadObject(message, "quick_reply", "$.message", tap);
  if (bad || !tap.has_value()) return bad;
  v1::QuickReplyTap& out = *item.payload.mutable_quick_reply();
  out.set_text(item.message.text());
  return ReadString(*tap, "payload", "$.message.quick_reply",
                    *out.mutable_payload());
}

Result ReadStoryReply(const dom::object& message, ParsedItem& item) {
  constexpr std::string_view kPath = "$.message.reply_to.story";
  // Both are there, or this would be no story reply.
  std::optional<dom::object> reply;
  Result bad = ReadObject(message, "reply_to", "$.message", reply);
  std::optional<dom::object> story;
  if (!bad && reply.has_value()) {
    bad = ReadObject(*reply, "story", "$.message.reply_to", story);
  }
  if (bad || !story.has_value()) return bad;
  v1::StoryReply& out = *item.payload.mutable_story_reply();
  out.set_reply_text(item.message.text());
  bad = ReadId(*story, "id", kPath, *out.mutable_story_id());
  if (!bad) bad = ReadString(*story, "url", kPath, *out.mutable_story_url());
  if (bad) return bad;
  if (const std::int64_t end = StoryExpiry(out.story_url(), item.event_ms)) {
    *out.mutable_story_url_expire_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(end);
  }
  return std::nullopt;
}

void ReadStoryMention(ParsedItem& item) {
  v1::StoryMention& out = *item.payload.mutable_story_mention();
  const auto& attachments = item.message.attachments();
  const auto it = std::find_if(
      attachments.begin(), attachments.end(),
      [](const v1::Attachment& a) { return a.type() == kStoryMentionType; });
  if (it == attachments.end()) return;
  out.set_media_url(it->url());
  if (it->has_url_expire_time()) {
    *out.mutable_media_expire_time() = it->url_expire_time();
  }
}

Result ReadProduct(const dom::element& value, const std::string& path,
                   v1::Product& out) {
  dom::object product;
  if (value.get(product) != simdjson::SUCCESS) {
    return Wrong(value, "an object", path);
  }
  Result bad = ReadId(product, "id", path, *out.mutable_id());
  if (!bad) bad = ReadString(product, "title", path, *out.mutable_name());
  if (!bad) {
    bad = ReadId(product, "retailer_id", path, *out.mutable_retailer_id());
  }
  if (!bad) {
    bad = ReadString(product, "image_url", path, *out.mutable_image_url());
  }
  if (!bad) {
    bad = ReadString(product, "subtitle", path, *out.mutable_subtitle());
  }
  return bad;
}

// The products of the attachment at `path`, if it is of any.
Result ReadProductTemplate(const dom::element& attachment,
                           const std::string& path, v1::ProductShare& out) {
  dom::object payload;
  if (attachment.at_key("payload").get(payload) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const std::string at = path + ".payload";
  std::optional<dom::object> product;
  if (Result bad = ReadObject(payload, "product", at, product)) return bad;
  if (!product.has_value()) return std::nullopt;
  std::optional<dom::array> elements;
  if (Result bad = ReadArray(*product, "elements", at + ".product", elements)) {
    return bad;
  }
  if (!elements.has_value()) return std::nullopt;
  int i = 0;
  for (const dom::element one : *elements) {
    if (Result bad =
            ReadProduct(one, absl::StrCat(at, ".product.elements[", i++, "]"),
                        *out.add_products())) {
      return bad;
    }
  }
  return std::nullopt;
}

// Shared ones come as a template, that of the page written from as a referral.
Result ReadProductShare(const dom::object& message, ParsedItem& item) {
  v1::ProductShare& out = *item.payload.mutable_product_share();
  dom::array attachments;
  if (message.at_key("attachments").get(attachments) == simdjson::SUCCESS) {
    int i = 0;
    for (const dom::element one : attachments) {
      if (Result bad = ReadProductTemplate(
              one, absl::StrCat("$.message.attachments[", i++, "]"), out)) {
        return bad;
      }
    }
  }
  std::optional<dom::object> referral;
  if (Result bad = ReadObject(message, "referral", "$.message", referral)) {
    return bad;
  }
  if (referral.has_value()) {
    if (const auto product = Member(*referral, "product")) {
      if (Result bad = ReadProduct(*product, "$.message.referral.product",
                                   *out.add_products())) {
        return bad;
      }
    }
  }
  if (out.products().empty()) return Misfit{"names no product", "$.message"};
  return std::nullopt;
}

}  // namespace

Result ReadSpecial(ItemType type, const dom::object& message,
                   ParsedItem& item) {
  switch (type) {
    case ItemType::kQuickReply:
      return ReadQuickReply(message, item);
    case ItemType::kStoryReply:
      return ReadStoryReply(message, item);
    case ItemType::kStoryMention:
      ReadStoryMention(item);
      return std::nullopt;
    case ItemType::kProductShare:
      return ReadProductShare(message, item);
    default:
      return std::nullopt;
  }
}

Result ReadPostback(const dom::object& postback, v1::Postback& out) {
  constexpr std::string_view kPath = "$.postback";
  Result bad = ReadString(postback, "mid", kPath, *out.mutable_mid());
  if (!bad && out.mid().size() > kMaxMid) {
    bad = Misfit{"is too long", "$.postback.mid"};
  }
  if (!bad) bad = ReadString(postback, "title", kPath, *out.mutable_title());
  if (!bad) {
    bad = ReadString(postback, "payload", kPath, *out.mutable_payload());
  }
  return bad;
}

Result ReadReaction(const dom::object& reaction, v1::Reaction& out) {
  constexpr std::string_view kPath = "$.reaction";
  Result bad = ReadString(reaction, "mid", kPath, *out.mutable_mid());
  if (!bad && out.mid().empty()) {
    bad = Misfit{"names no message", "$.reaction.mid"};
  }
  if (!bad && out.mid().size() > kMaxMid) {
    bad = Misfit{"is too long", "$.reaction.mid"};
  }
  if (!bad) bad = ReadString(reaction, "action", kPath, *out.mutable_action());
  if (!bad && out.action().empty()) {
    bad = Misfit{"is neither react nor unreact", "$.reaction.action"};
  }
  if (!bad) {
    bad = ReadString(reaction, "reaction", kPath, *out.mutable_reaction());
  }
  if (!bad) bad = ReadString(reaction, "emoji", kPath, *out.mutable_emoji());
  return bad;
}

std::string ReactionIdentity(std::string_view user_id,
                             const v1::Reaction& reaction) {
  std::string identity;
  for (const std::string_view part : {user_id, std::string_view(reaction.mid()),
                                      std::string_view(reaction.action()),
                                      std::string_view(reaction.reaction()),
                                      std::string_view(reaction.emoji())}) {
    absl::StrAppend(&identity, part.size(), ":", ToAbsl(part));
  }
  return identity;
}

}  // namespace linktor
