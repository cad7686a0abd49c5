#include "server/webhook/item_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/webhook/json_fields.h"
#include "server/webhook/media_expiry.h"
#include "server/webhook/special_items.h"

namespace linktor {
namespace {

namespace dom = simdjson::dom;

// Deeper items than any of Instagram's.
constexpr std::size_t kMaxDepth = 32;
// Room for nearly every item, so that buffers are made once.
constexpr std::size_t kUsualItem = 4096;
constexpr std::size_t kMaxUserId = 128;
constexpr std::size_t kMaxPayloadJson = 64 * 1024;
// A kind is whatever key or field an item has; longer ones are cut, because an
// event must fit into a response.
constexpr std::size_t kMaxKind = 64;
// Text and attachments beyond this are delivered by raw size only: an event
// must fit into a response.
constexpr std::size_t kMaxMessageBytes = 256 * 1024;

Result ReadTime(const dom::object& object, std::int64_t& out) {
  const auto value = Member(object, "timestamp");
  if (!value.has_value()) return std::nullopt;
  std::string_view text;
  std::int64_t number = 0;
  if (value->get(number) == simdjson::SUCCESS) {
    out = ParseEventTime(std::to_string(number));
  } else if (value->get(text) == simdjson::SUCCESS) {
    out = ParseEventTime(text);
  }
  if (out == 0) {
    return Misfit{"is not a time", "$.timestamp"};
  }
  return std::nullopt;
}

// Serialises with sorted keys, so that equal content gives equal bytes.
void AppendCanonical(const dom::element& value, std::string& out) {
  dom::object object;
  dom::array array;
  if (value.get(object) == simdjson::SUCCESS) {
    std::vector<std::pair<std::string_view, dom::element>> members;
    for (const auto [key, member] : object) members.emplace_back(key, member);
    std::stable_sort(
        members.begin(), members.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    out.push_back('{');
    for (const auto& [key, member] : members) {
      out.append(absl::StrCat(key.size(), ":", ToAbsl(key)));
      AppendCanonical(member, out);
    }
    out.push_back('}');
  } else if (value.get(array) == simdjson::SUCCESS) {
    out.push_back('[');
    for (const dom::element member : array) AppendCanonical(member, out);
    out.push_back(']');
  } else {
    out.append(simdjson::minify(value));
    out.push_back(',');
  }
}

// Event keys of a messaging item that are not modelled, most telling first.
constexpr std::array<std::string_view, 16> kOtherKeys = {
    "postback",
    "reaction",
    "read",
    "referral",
    "optin",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "pass_thread_metadata",
    "app_roles",
    "response_feedback",
    "policy-enforcement",
    "delivery",
    "account_linking",
    "message_edit",
    "message"};

// Members of a messaging item that are not its event.
constexpr std::array<std::string_view, 5> kCommonKeys = {
    "sender", "recipient", "timestamp", "is_self", "priority"};

std::string_view KindOf(const dom::object& item) {
  for (const std::string_view key : kOtherKeys) {
    if (Member(item, key).has_value()) return key;
  }
  for (const auto [key, value] : item) {
    if (std::find(kCommonKeys.begin(), kCommonKeys.end(), key) ==
        kCommonKeys.end()) {
      return key;
    }
  }
  return "";
}

void SetPayloadJson(std::string json, v1::Attachment& out) {
  if (json.size() <= kMaxPayloadJson) out.set_payload_json(std::move(json));
}

// Title and link, which Messenger's fallbacks have beside the payload.
void ReadBeside(const dom::object& attachment, v1::Attachment& out) {
  std::string_view text;
  if (out.url().empty() && attachment["url"].get(text) == simdjson::SUCCESS) {
    out.set_url(std::string(text));
  }
  if (out.title().empty() &&
      attachment["title"].get(text) == simdjson::SUCCESS) {
    out.set_title(std::string(text));
  }
}

Result ReadAttachment(const dom::element& value, const std::string& path,
                      v1::Attachment& out) {
  dom::object attachment;
  if (value.get(attachment) != simdjson::SUCCESS) {
    return Wrong(value, "an object", path);
  }
  std::string text;
  if (Result bad = ReadString(attachment, "type", path, text)) return bad;
  out.set_type(text);
  const auto payload_value = Member(attachment, "payload");
  dom::object payload;
  if (!payload_value.has_value() ||
      payload_value->get(payload) != simdjson::SUCCESS) {
    // Some kinds have no payload; Messenger has had text there.
    if (payload_value.has_value()) {
      SetPayloadJson(simdjson::minify(*payload_value), out);
    }
    ReadBeside(attachment, out);
    return std::nullopt;
  }
  const std::string at = path + ".payload";
  bool all_read = true;
  for (const auto [key, member] : payload) {
    std::string_view string;
    const bool is_text = member.get(string) == simdjson::SUCCESS;
    if (is_text && out.url().empty() &&
        (key == "url" || key == "story_media_url")) {
      out.set_url(std::string(string));
    } else if (is_text && out.title().empty() && key == "title") {
      out.set_title(std::string(string));
    } else if (out.media_id().empty() &&
               (key == "ig_post_media_id" || key == "reel_video_id" ||
                key == "story_media_id")) {
      std::string id;
      if (Result bad = ReadId(payload, key, at, id)) return bad;
      out.set_media_id(id);
    } else {
      all_read = false;
    }
  }
  if (!all_read) SetPayloadJson(simdjson::minify(payload), out);
  ReadBeside(attachment, out);
  return std::nullopt;
}

Result ReadMessage(const dom::object& message, v1::Message& out) {
  std::string text;
  if (Result bad = ReadString(message, "mid", "$.message", text)) return bad;
  if (text.size() > kMaxMid) return Misfit{"is too long", "$.message.mid"};
  out.set_mid(text);
  text.clear();
  if (Result bad = ReadString(message, "text", "$.message", text)) return bad;
  out.set_text(text);
  bool flag = false;
  if (Result bad = ReadBool(message, "is_unsupported", "$.message", flag)) {
    return bad;
  }
  out.set_unsupported(flag);
  std::optional<dom::object> reply;
  if (Result bad = ReadObject(message, "reply_to", "$.message", reply)) {
    return bad;
  }
  if (reply.has_value()) {
    text.clear();
    if (Result bad = ReadString(*reply, "mid", "$.message.reply_to", text)) {
      return bad;
    }
    out.set_reply_to_mid(text);
  }
  std::optional<dom::array> attachments;
  if (Result bad =
          ReadArray(message, "attachments", "$.message", attachments)) {
    return bad;
  }
  if (!attachments.has_value()) return std::nullopt;
  int i = 0;
  for (const dom::element one : *attachments) {
    if (Result bad = ReadAttachment(
            one, absl::StrCat("$.message.attachments[", i++, "]"),
            *out.add_attachments())) {
      return bad;
    }
  }
  return std::nullopt;
}

// What decides how a message is read.
struct Flags {
  bool deleted = false;
  bool echo = false;
  bool self = false;
};

Result ReadFlags(const dom::object& item, const dom::object& message,
                 Flags& flags) {
  bool self = false;
  Result bad = ReadBool(message, "is_echo", "$.message", flags.echo);
  if (!bad) bad = ReadBool(message, "is_deleted", "$.message", flags.deleted);
  if (!bad) bad = ReadBool(message, "is_self", "$.message", self);
  if (!bad) bad = ReadBool(item, "is_self", "$", flags.self);
  flags.self = flags.self || self;
  return bad;
}

// Whether something that is not null is there.
template <typename Node>
bool Has(const Node& root, std::string_view pointer) {
  dom::element found;
  return root.at_pointer(pointer).get(found) == simdjson::SUCCESS &&
         !found.is_null();
}

// What a message is besides. Precedence: unsent, echo, self, quick reply, story
// reply, story mention, product share, message.
struct Special {
  ItemType type = ItemType::kMessage;
  // As items without a type of their own are named.
  std::string_view kind = "message";
};

Special SpecialOf(const Flags& flags, const dom::object& message) {
  if (flags.deleted) return {ItemType::kUnknown, "unsend"};
  if (flags.echo) return {ItemType::kEcho, "message"};
  if (flags.self) return {ItemType::kUnknown, "self"};
  if (Member(message, "quick_reply").has_value()) {
    return {ItemType::kQuickReply, "quick_reply"};
  }
  if (Has(message, "/reply_to/story")) {
    return {ItemType::kStoryReply, "story_reply"};
  }
  bool product = Has(message, "/referral/product");
  dom::array attachments;
  if (message.at_key("attachments").get(attachments) == simdjson::SUCCESS) {
    for (const dom::element one : attachments) {
      std::string_view type;
      if (one.at_key("type").get(type) != simdjson::SUCCESS) continue;
      if (type == kStoryMentionType) {
        return {ItemType::kStoryMention, "story_mention"};
      }
      if (type == "template" && Has(one, "/payload/product")) product = true;
    }
  }
  if (product) return {ItemType::kProductShare, "product_share"};
  return {};
}

}  // namespace

struct ItemParser::State {
  dom::parser parser;

  bool Reserve(std::size_t size);
  Result ReadItem(const dom::object& object, ParsedItem& item);
  Result ReadParties(const dom::object& object, bool echo, ParsedItem& item);
  Result ReadEdit(const dom::object& edit, ParsedItem& item);
  Result ReadMessageItem(const dom::object& message, const Flags& flags,
                         ParsedItem& item);
  Result ReadInteraction(const dom::object& object, ParsedItem& item);
};

ItemParser::ItemParser() : state_(std::make_unique<State>()) {}
ItemParser::~ItemParser() = default;

bool ItemParser::State::Reserve(std::size_t size) {
  if (parser.capacity() >= std::max(size, kUsualItem)) return true;
  return parser.allocate(std::max(size, kUsualItem), kMaxDepth) ==
         simdjson::SUCCESS;
}

Result ItemParser::State::ReadParties(const dom::object& object, bool echo,
                                      ParsedItem& item) {
  std::array<std::string, 2> ids;
  constexpr std::array<std::string_view, 2> kParties = {"sender", "recipient"};
  for (std::size_t i = 0; i < 2; ++i) {
    std::optional<dom::object> party;
    if (Result bad = ReadObject(object, kParties[i], "$", party)) return bad;
    if (!party.has_value()) continue;
    const std::string path = absl::StrCat("$.", ToAbsl(kParties[i]));
    if (Result bad = ReadId(*party, "id", path, ids[i])) return bad;
    if (ids[i].size() > kMaxUserId) {
      return Misfit{"is too long", path + ".id"};
    }
  }
  // An echo goes from the account to the customer, everything else the other
  // way; whichever is not the account is the customer.
  const std::string& usual = echo ? ids[1] : ids[0];
  const std::string& other = echo ? ids[0] : ids[1];
  item.user_id = !usual.empty() && usual == item.entry_id ? other : usual;
  if (item.user_id == item.entry_id) item.user_id.clear();
  return std::nullopt;
}

Result ItemParser::State::ReadEdit(const dom::object& edit, ParsedItem& item) {
  const auto value = Member(edit, "num_edit");
  if (!value.has_value()) return std::nullopt;
  // A number from Instagram, a string in Meta's documents.
  std::int64_t number = -1;
  std::string_view text;
  const bool zero = value->get(number) == simdjson::SUCCESS
                        ? number == 0
                        : value->get(text) == simdjson::SUCCESS && text == "0";
  item.kind = "message_edit";
  if (zero) item.type = ItemType::kIgnored;
  return std::nullopt;
}

Result ItemParser::State::ReadItem(const dom::object& object,
                                   ParsedItem& item) {
  std::optional<dom::object> message;
  if (Result bad = ReadObject(object, "message", "$", message)) return bad;
  Flags flags;
  Result bad_flag;
  if (message.has_value()) {
    bad_flag = ReadFlags(object, *message, flags);
  } else {
    bad_flag = ReadBool(object, "is_self", "$", flags.self);
  }
  if (Result bad = ReadParties(object, flags.echo, item)) return bad;
  if (Result bad = ReadTime(object, item.event_ms)) return bad;
  if (bad_flag) return bad_flag;
  std::optional<dom::object> edit;
  if (Result bad = ReadObject(object, "message_edit", "$", edit)) return bad;
  if (edit.has_value() && !message.has_value()) return ReadEdit(*edit, item);
  if (message.has_value()) return ReadMessageItem(*message, flags, item);
  if (flags.self) return std::nullopt;
  return ReadInteraction(object, item);
}

Result ItemParser::State::ReadMessageItem(const dom::object& message,
                                          const Flags& flags,
                                          ParsedItem& item) {
  const Special special = SpecialOf(flags, message);
  item.kind = std::string(special.kind);
  if (special.type == ItemType::kUnknown) return std::nullopt;
  if (item.user_id.empty()) {
    return Misfit{"names no customer",
                  flags.echo ? "$.recipient.id" : "$.sender.id"};
  }
  // The customer has written, even if not everything of it can be read.
  item.opens_window = !flags.echo;
  if (Result bad = ReadMessage(message, item.message)) return bad;
  SetExpiryTimes(item.event_ms, item.message);
  if (Result bad = ReadSpecial(special.type, message, item)) return bad;
  if (item.message.ByteSizeLong() + item.payload.ByteSizeLong() >
      kMaxMessageBytes) {
    return Misfit{"is too large", "$.message"};
  }
  item.type = special.type;
  return std::nullopt;
}

Result ItemParser::State::ReadInteraction(const dom::object& object,
                                          ParsedItem& item) {
  // Whatever it says, the customer has tapped.
  item.opens_window = Member(object, "postback").has_value();
  std::optional<dom::object> postback;
  if (Result bad = ReadObject(object, "postback", "$", postback)) return bad;
  std::optional<dom::object> reaction;
  if (Result bad = ReadObject(object, "reaction", "$", reaction)) return bad;
  if (!postback.has_value() && !reaction.has_value()) return std::nullopt;
  item.kind = postback.has_value() ? "postback" : "reaction";
  if (item.user_id.empty()) {
    return Misfit{"names no customer", "$.sender.id"};
  }
  const Result bad =
      postback.has_value()
          ? ReadPostback(*postback, *item.payload.mutable_postback())
          : ReadReaction(*reaction, *item.payload.mutable_reaction());
  if (bad) return bad;
  if (item.payload.ByteSizeLong() > kMaxMessageBytes) {
    return Misfit{"is too large", absl::StrCat("$.", item.kind)};
  }
  item.type = postback.has_value() ? ItemType::kPostback : ItemType::kReaction;
  return std::nullopt;
}

void ItemParser::Parse(std::string_view field, ParsedItem& item) {
  item.type = ItemType::kUnknown;
  item.kind = std::string(CutUtf8(field, kMaxKind));
  if (!state_->Reserve(item.raw.size())) {
    item.problem = "is too large";
    item.content_hash = std::string(AsBytes(Sha256(item.raw)));
    return;
  }
  dom::element root;
  // The body's slack follows the last item, and other items the rest.
  const auto error = state_->parser
                         .parse(item.raw.data(), item.raw.size(),
                                /*realloc_if_needed=*/false)
                         .get(root);
  if (error != simdjson::SUCCESS) {
    item.content_hash = std::string(AsBytes(Sha256(item.raw)));
    // JSON, but not what simdjson takes: numbers too large, lone surrogates,
    // too deep.
    const bool json = error == simdjson::NUMBER_ERROR ||
                      error == simdjson::STRING_ERROR ||
                      error == simdjson::DEPTH_ERROR;
    if (!json) item.type = ItemType::kIssue;
    item.problem =
        absl::StrCat("cannot be read: ", simdjson::error_message(error));
    item.json_path = "$";
    return;
  }
  const auto hash = [&] {
    std::string canonical;
    if (item.type == ItemType::kReaction) {
      canonical = ReactionIdentity(item.user_id, item.payload.reaction());
    } else {
      AppendCanonical(root, canonical);
    }
    item.content_hash = std::string(AsBytes(Sha256(canonical)));
  };
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    hash();
    item.problem =
        absl::StrCat("is ", ToAbsl(TypeName(root)), ", not an object");
    item.json_path = "$";
    return;
  }
  // In the forms with a field, only fields of conversations hold messaging
  // items; a comment has other members.
  const bool messaging =
      item.form == EnvelopeForm::kMessaging ||
      item.form == EnvelopeForm::kStandby ||
      (item.form != EnvelopeForm::kEntry && field.starts_with("messag"));
  if (messaging) {
    item.kind.clear();
    if (Result bad = state_->ReadItem(object, item)) {
      item.type = ItemType::kUnknown;
      // Half read; its content is its identity.
      item.message.Clear();
      item.payload.Clear();
      item.problem = std::move(bad->problem);
      item.json_path = std::move(bad->path);
    }
    // By its own key where it has one, so that an item is of the same kind in
    // every form of the envelope.
    if (item.kind.empty()) {
      const std::string_view kind = KindOf(object);
      item.kind = std::string(CutUtf8(kind.empty() ? field : kind, kMaxKind));
    }
  }
  if (MidOf(item).empty()) hash();
}

}  // namespace linktor
