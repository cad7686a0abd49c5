#include "server/kinds/message_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/strings.h"
#include "server/kinds/attachment_reader.h"
#include "server/kinds/media_expiry.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

// Messages with more attachments are not searched for twins. People share one
// post at a time.
constexpr int kMaxTwins = 20;

enum Name : std::size_t {
  kMid,
  kText,
  kIsEcho,
  kIsDeleted,
  kIsSelf,
  kIsUnsupported,
  kReplyTo,
  kAttachments,
  kQuickReply,
};
constexpr std::array<std::string_view, 9> kNames = {
    "mid",        "text",        "is_echo",
    "is_deleted", "is_self",     "is_unsupported",
    "reply_to",   "attachments", "quick_reply"};
constexpr MemberNames<kNames.size()> kMembers(kNames);

// Returns whether something that is not null is there.
bool Has(const std::optional<dom::element>& root, std::string_view pointer) {
  dom::element found;
  return root.has_value() &&
         root->at_pointer(pointer).get(found) == simdjson::SUCCESS &&
         !found.is_null();
}

// Returns the id of what a link of Meta's CDN shows; empty for all other links.
// Two links to one thing may differ in their signatures.
std::string_view AssetOf(std::string_view url) {
  constexpr std::string_view kCdn = "https://lookaside.fbsbx.com/";
  constexpr std::string_view kName = "asset_id=";
  if (!url.starts_with(kCdn)) return "";
  const std::size_t at = url.find(kName);
  if (at == std::string_view::npos) return "";
  if (url[at - 1] != '?' && url[at - 1] != '&') return "";
  url.remove_prefix(at + kName.size());
  return url.substr(0, url.find('&'));
}

// Returns Instagram's id of a shared post; empty when nothing says it. The id
// of a link is the same as media_id where both are there.
std::string_view PostOf(const v1::Attachment& one) {
  if (!one.media_id().empty()) return one.media_id();
  return AssetOf(one.url());
}

// Returns whether they are one shared post. Since November 2025 Instagram sends
// it under its old and under its new name.
bool AreTwins(const v1::Attachment& a, const v1::Attachment& b) {
  const bool names = (a.type() == "share" && b.type() == "ig_post") ||
                     (a.type() == "ig_post" && b.type() == "share");
  if (!names) return false;
  const std::string_view post = PostOf(a);
  const std::string_view other = PostOf(b);
  if (!post.empty() && !other.empty()) return post == other;
  if (!a.permalink().empty()) return a.permalink() == b.permalink();
  return !a.url().empty() && a.url() == b.url();
}

// Leaves one of each pair of twins, at the place of the first and under its new
// name.
void FoldTwins(v1::Message& message) {
  auto& all = *message.mutable_attachments();
  // Comparing each with each would cost too much for a message of a thousand.
  if (all.size() > kMaxTwins) return;
  for (int i = 0; i < all.size(); ++i) {
    for (int j = i + 1; j < all.size(); ++j) {
      if (!AreTwins(all[i], all[j])) continue;
      if (all[j].type() == "ig_post") all[i].Swap(&all[j]);
      all.DeleteSubrange(j, 1);
      break;
    }
  }
}

template <typename Predicate>
bool AnyAttachment(const std::optional<dom::element>& attachments,
                   Predicate fits) {
  dom::array all;
  return attachments.has_value() &&
         attachments->get(all) == simdjson::SUCCESS &&
         std::any_of(all.begin(), all.end(), fits);
}

}  // namespace

Result ReadTargetMid(const dom::object& object, std::string_view parent,
                     std::string& out) {
  Result bad = ReadString(object, "mid", parent, out);
  if (bad) return bad;
  const auto path = [parent] { return absl::StrCat(ToAbsl(parent), ".mid"); };
  if (out.empty()) return Misfit{"names no message", path()};
  if (out.size() > kMaxMid) return Misfit{"is too long", path()};
  return std::nullopt;
}

MessageReader::MessageReader(const dom::object& message)
    : object_(message), members_(message, kMembers) {
  static_assert(kNames.size() == kCount);
}

bool MessageReader::MayBeOne(const dom::element& value) {
  dom::object message;
  if (value.get(message) != simdjson::SUCCESS) return value.is_null();
  const auto fits = [](const dom::key_value_pair& member) {
    const bool text = member.key == kNames[kMid] || member.key == kNames[kText];
    return !text || member.value.is_string() || member.value.is_null();
  };
  return std::all_of(message.begin(), message.end(), fits);
}

Result MessageReader::ReadFlags() {
  Result bad = ReadBool(members_[kIsEcho], "$.message.is_echo", echo_);
  if (!bad) {
    bad = ReadBool(members_[kIsDeleted], "$.message.is_deleted", deleted_);
  }
  if (!bad) bad = ReadBool(members_[kIsSelf], "$.message.is_self", self_);
  return bad;
}

bool MessageReader::HasQuickReply() const {
  return members_[kQuickReply].has_value();
}

bool MessageReader::HasStory() const {
  return Has(members_[kReplyTo], "/story");
}

bool MessageReader::HasAttachment(std::string_view type) const {
  return AnyAttachment(members_[kAttachments], [type](const dom::element& one) {
    std::string_view its;
    return one.at_key("type").get(its) == simdjson::SUCCESS && its == type;
  });
}

bool MessageReader::HasProduct() const {
  return AnyAttachment(members_[kAttachments], [](const dom::element& one) {
    std::string_view its;
    return one.at_key("type").get(its) == simdjson::SUCCESS &&
           its == "template" && Has(one, "/payload/product");
  });
}

Result MessageReader::Read(v1::Message& out) const {
  std::string& mid = *out.mutable_mid();
  if (Result bad = ReadString(members_[kMid], "$.message.mid", mid)) return bad;
  if (mid.size() > kMaxMid) return Misfit{"is too long", "$.message.mid"};
  std::string& text = *out.mutable_text();
  if (Result bad = ReadString(members_[kText], "$.message.text", text)) {
    return bad;
  }
  bool flag = false;
  if (Result bad = ReadBool(members_[kIsUnsupported],
                            "$.message.is_unsupported", flag)) {
    return bad;
  }
  out.set_unsupported(flag);
  std::optional<dom::object> reply;
  if (Result bad =
          ReadObject(members_[kReplyTo], "$.message.reply_to", reply)) {
    return bad;
  }
  if (reply.has_value()) {
    if (Result bad = ReadString(*reply, "mid", "$.message.reply_to",
                                *out.mutable_reply_to_mid())) {
      return bad;
    }
  }
  return ReadAttachments(out);
}

Result MessageReader::ReadStory(std::int64_t event_ms, v1::Story& out) const {
  constexpr std::string_view kReply = "$.message.reply_to";
  constexpr std::string_view kPath = "$.message.reply_to.story";
  std::optional<dom::object> reply;
  Result bad = ReadObject(members_[kReplyTo], kReply, reply);
  std::optional<dom::object> story;
  if (!bad && reply.has_value()) {
    bad = ReadObject(*reply, "story", kReply, story);
  }
  if (bad || !story.has_value()) return bad;
  bad = ReadId(*story, "id", kPath, *out.mutable_id());
  if (!bad) bad = ReadString(*story, "url", kPath, *out.mutable_url());
  if (bad) return bad;
  if (const std::int64_t end = StoryExpiry(out.url(), event_ms)) {
    *out.mutable_url_expire_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(end);
  }
  return std::nullopt;
}

Result MessageReader::ReadAttachments(v1::Message& out) const {
  constexpr std::string_view kPath = "$.message.attachments";
  std::optional<dom::array> attachments;
  if (Result bad = ReadArray(members_[kAttachments], kPath, attachments)) {
    return bad;
  }
  if (!attachments.has_value()) return std::nullopt;
  if (attachments->size() > kMaxAttachments) {
    return Misfit{"has too many elements", std::string(kPath)};
  }
  int i = 0;
  for (const dom::element one : *attachments) {
    if (Result bad =
            ReadAttachment(one, absl::StrCat(ToAbsl(kPath), "[", i++, "]"),
                           *out.add_attachments())) {
      return bad;
    }
  }
  FoldTwins(out);
  return std::nullopt;
}

}  // namespace linktor::kinds
