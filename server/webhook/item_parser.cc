#include "server/webhook/item_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "absl/base/casts.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/webhook/json_fields.h"
#include "server/webhook/media_expiry.h"
#include "server/webhook/message_reader.h"
#include "server/webhook/special_items.h"

namespace linktor {
namespace {

namespace dom = simdjson::dom;

// Room for nearly every item, so that buffers are made once.
constexpr std::size_t kUsualItem = 4096;
constexpr std::size_t kMaxUserId = 128;
// Larger items are the same when they are byte for byte.
constexpr std::size_t kMaxCanonical = 256 * 1024;

// The members of a messaging item that are read.
enum Name : std::size_t {
  kMessage,
  kSender,
  kRecipient,
  kTimestamp,
  kMessageEdit,
  kIsSelf,
  kPostback,
  kReaction,
};
constexpr std::array<std::string_view, 8> kNames = {
    "message",      "sender",  "recipient", "timestamp",
    "message_edit", "is_self", "postback",  "reaction"};
using ItemMembers = Members<kNames.size()>;

Result ReadTime(const std::optional<dom::element>& value, std::int64_t& out) {
  if (!value.has_value()) return std::nullopt;
  std::string_view text;
  std::int64_t number = 0;
  if (value->get(number) == simdjson::SUCCESS) {
    out = EventTimeOf(number);
  } else if (value->get(text) == simdjson::SUCCESS) {
    out = ParseEventTime(text);
  }
  if (out == 0) {
    return Misfit{"is not a time", "$.timestamp"};
  }
  return std::nullopt;
}

// As what it is and its value; texts with their length.
void AppendCanonicalScalar(const dom::element& value, std::string& out) {
  out.push_back(static_cast<char>(value.type()));
  switch (value.type()) {
    case dom::element_type::STRING: {
      const std::string_view text = value.get_string().value_unsafe();
      absl::StrAppend(&out, text.size(), ":", ToAbsl(text));
      break;
    }
    case dom::element_type::INT64:
      absl::StrAppend(&out, value.get_int64().value_unsafe());
      break;
    case dom::element_type::UINT64:
      absl::StrAppend(&out, value.get_uint64().value_unsafe());
      break;
    case dom::element_type::DOUBLE:
      absl::StrAppend(&out, absl::bit_cast<std::uint64_t>(
                                value.get_double().value_unsafe()));
      break;
    case dom::element_type::BOOL:
      out.push_back(value.get_bool().value_unsafe() ? '1' : '0');
      break;
    default:
      break;
  }
  out.push_back(',');
}

// Serialises with sorted keys, so that equal content gives equal bytes.
// Persisted as a hash: do not change.
void AppendCanonical(const dom::element& value, std::string& out) {
  dom::object object;
  dom::array array;
  if (value.get(object) == simdjson::SUCCESS) {
    absl::InlinedVector<std::pair<std::string_view, dom::element>, 16> members;
    for (const auto [key, member] : object) members.emplace_back(key, member);
    const auto by_key = [](const auto& a, const auto& b) {
      return a.first < b.first;
    };
    if (!std::is_sorted(members.begin(), members.end(), by_key)) {
      std::stable_sort(members.begin(), members.end(), by_key);
    }
    out.push_back('{');
    for (const auto& [key, member] : members) {
      absl::StrAppend(&out, key.size(), ":", ToAbsl(key));
      AppendCanonical(member, out);
    }
    out.push_back('}');
  } else if (value.get(array) == simdjson::SUCCESS) {
    out.push_back('[');
    for (const dom::element member : array) AppendCanonical(member, out);
    out.push_back(']');
  } else {
    AppendCanonicalScalar(value, out);
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

}  // namespace

struct ItemParser::State {
  dom::parser parser;
  dom::element root;
  // Of the sender and the recipient; kept for their memory.
  std::array<std::string, 2> ids;

  bool Reserve(std::size_t size);
  Result ReadItem(const dom::object& object, ParsedItem& item);
  Result ReadParties(const ItemMembers& members, bool echo, ParsedItem& item);
  Result ReadParty(const std::optional<dom::element>& member,
                   std::string_view path, std::string& id);
  Result ReadEdit(const dom::object& edit, ParsedItem& item);
  Result ReadMessageItem(const MessageReader& message, bool self,
                         ParsedItem& item);
  Result ReadInteraction(const ItemMembers& members, ParsedItem& item);
};

void ClearRead(ParsedItem& item) {
  item.message.Clear();
  if (item.payload.payload_case() != v1::Event::PAYLOAD_NOT_SET) {
    item.payload.Clear();
  }
}

ItemParser::ItemParser() : state_(std::make_unique<State>()) {}
ItemParser::~ItemParser() = default;

bool ItemParser::State::Reserve(std::size_t size) {
  if (parser.capacity() >= std::max(size, kUsualItem)) return true;
  const auto error = parser.allocate(std::max(size, kUsualItem), kMaxItemDepth);
  // Says nothing about the item.
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return error == simdjson::SUCCESS;
}

Result ItemParser::State::ReadParty(const std::optional<dom::element>& member,
                                    std::string_view path, std::string& id) {
  std::optional<dom::object> party;
  if (Result bad = ReadObject(member, path, party)) return bad;
  if (!party.has_value()) return std::nullopt;
  if (Result bad = ReadId(*party, "id", path, id)) return bad;
  if (id.size() > kMaxUserId) {
    return Misfit{"is too long", std::string(path) + ".id"};
  }
  return std::nullopt;
}

Result ItemParser::State::ReadParties(const ItemMembers& members, bool echo,
                                      ParsedItem& item) {
  for (std::string& id : ids) id.clear();
  Result bad = ReadParty(members[kSender], "$.sender", ids[0]);
  if (!bad) bad = ReadParty(members[kRecipient], "$.recipient", ids[1]);
  if (bad) return bad;
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
  const ItemMembers members(object, kNames);
  std::optional<dom::object> message;
  if (Result bad = ReadObject(members[kMessage], "$.message", message)) {
    return bad;
  }
  std::optional<MessageReader> reader;
  Result bad_flag;
  if (message.has_value()) {
    if (message->size() > kMaxMembers) {
      return Misfit{"has too many members", "$.message"};
    }
    bad_flag = reader.emplace(*message).ReadFlags();
  }
  bool self = false;
  if (!bad_flag) bad_flag = ReadBool(members[kIsSelf], "$.is_self", self);
  const bool echo = reader.has_value() && reader->echo();
  if (Result bad = ReadParties(members, echo, item)) return bad;
  if (Result bad = ReadTime(members[kTimestamp], item.event_ms)) return bad;
  if (bad_flag) return bad_flag;
  std::optional<dom::object> edit;
  if (Result bad = ReadObject(members[kMessageEdit], "$.message_edit", edit)) {
    return bad;
  }
  if (reader.has_value()) {
    return ReadMessageItem(*reader, self || reader->self(), item);
  }
  if (edit.has_value()) return ReadEdit(*edit, item);
  if (self) return std::nullopt;
  return ReadInteraction(members, item);
}

Result ItemParser::State::ReadMessageItem(const MessageReader& message,
                                          bool self, ParsedItem& item) {
  const MessageReader::Special special = message.WhatItIs(self);
  item.kind = special.kind;
  if (special.type == ItemType::kUnknown) return std::nullopt;
  if (item.user_id.empty()) {
    return Misfit{"names no customer",
                  message.echo() ? "$.recipient.id" : "$.sender.id"};
  }
  // The customer has written, even if not everything of it can be read.
  item.opens_window = !message.echo();
  if (Result bad = message.Read(item.message)) return bad;
  SetExpiryTimes(item.event_ms, item.message);
  if (Result bad = ReadSpecial(special.type, message.object(), item)) {
    return bad;
  }
  // It is about as large as its JSON, the payload may say the same again.
  if (item.raw.size() > kMaxMessageBytes / 4 &&
      item.message.ByteSizeLong() + item.payload.ByteSizeLong() >
          kMaxMessageBytes) {
    // Whatever it says, that mid's message of that size is this one.
    if (!item.message.mid().empty()) {
      item.content_hash = std::string(AsBytes(Sha256(absl::StrCat(
          "too large:", item.raw.size(), ":", ToAbsl(item.message.mid())))));
    }
    return Misfit{"is too large", "$.message"};
  }
  item.type = special.type;
  return std::nullopt;
}

Result ItemParser::State::ReadInteraction(const ItemMembers& members,
                                          ParsedItem& item) {
  // Whatever it says, the customer has tapped.
  item.opens_window = members[kPostback].has_value();
  std::optional<dom::object> postback;
  if (Result bad = ReadObject(members[kPostback], "$.postback", postback)) {
    return bad;
  }
  std::optional<dom::object> reaction;
  if (Result bad = ReadObject(members[kReaction], "$.reaction", reaction)) {
    return bad;
  }
  if (!postback.has_value() && !reaction.has_value()) return std::nullopt;
  item.kind = postback.has_value() ? "postback" : "reaction";
  if (item.user_id.empty()) {
    return Misfit{"names no customer", "$.sender.id"};
  }
  Result bad = postback.has_value()
                   ? ReadPostback(*postback, *item.payload.mutable_postback())
                   : ReadReaction(*reaction, *item.payload.mutable_reaction());
  if (bad) return bad;
  if (item.payload.ByteSizeLong() > kMaxMessageBytes) {
    return Misfit{"is too large", absl::StrCat("$.", item.kind)};
  }
  item.type = postback.has_value() ? ItemType::kPostback : ItemType::kReaction;
  return std::nullopt;
}

const dom::element* ItemParser::Load(ParsedItem& item) {
  simdjson::error_code error = simdjson::CAPACITY;
  if (state_->Reserve(item.raw.size())) {
    // The body's slack follows the last item, and other items the rest.
    error = state_->parser
                .parse(item.raw.data(), item.raw.size(),
                       /*realloc_if_needed=*/false)
                .get(state_->root);
  }
  if (error == simdjson::SUCCESS) return &state_->root;
  // JSON, but not what simdjson takes: numbers too large, lone surrogates,
  // too deep.
  const bool json = error == simdjson::NUMBER_ERROR ||
                    error == simdjson::STRING_ERROR ||
                    error == simdjson::DEPTH_ERROR;
  item.type = json ? ItemType::kUnknown : ItemType::kIssue;
  item.problem =
      absl::StrCat("cannot be read: ", simdjson::error_message(error));
  item.json_path = "$";
  return nullptr;
}

bool ItemParser::MayBeKnown(const dom::element& root) {
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return false;
  bool may = false;
  // Of each name the first counts.
  std::uint32_t seen = 0;
  for (const auto [key, value] : object) {
    const auto* const name = std::find(kNames.begin(), kNames.end(), key);
    if (name == kNames.end()) continue;
    const auto at = static_cast<std::size_t>(name - kNames.begin());
    if ((seen >> at & 1) != 0) continue;
    seen |= std::uint32_t{1} << at;
    switch (at) {
      case kSender:
      case kRecipient:
        if (!value.is_object() && !value.is_null()) return false;
        break;
      case kMessage:
        if (!MessageReader::MayBeOne(value)) return false;
        may = true;
        break;
      case kMessageEdit:
      case kPostback:
      case kReaction:
        may = true;
        break;
      default:
        break;
    }
  }
  return may;
}

void ItemParser::Read(std::string_view field, const dom::element& root,
                      ParsedItem& item) {
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
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
  if (!messaging) return;
  item.kind.clear();
  const bool wide = object.size() > kMaxMembers;
  Result bad = wide ? Misfit{"has too many members", "$"}
                    : state_->ReadItem(object, item);
  if (bad) {
    item.type = ItemType::kUnknown;
    // Half read; its content is its identity.
    ClearRead(item);
    Describe(*bad, item.problem);
    item.json_path = bad->path;
  }
  // By its own key where it has one, so that an item is of the same kind in
  // every form of the envelope.
  if (item.kind.empty()) {
    const std::string_view kind = wide ? "" : KindOf(object);
    item.kind = CutUtf8(kind.empty() ? field : kind, kMaxKind);
  }
}

void ItemParser::Identify(const dom::element* root, ParsedItem& item) {
  if (item.type == ItemType::kIssue || item.type == ItemType::kIgnored ||
      !MidOf(item).empty() || !item.content_hash.empty()) {
    return;
  }
  std::string canonical;
  std::string_view identity = item.raw;
  if (item.type == ItemType::kReaction) {
    canonical = ReactionIdentity(item.user_id, item.payload.reaction());
    identity = canonical;
  } else if (root != nullptr && item.raw.size() <= kMaxCanonical) {
    AppendCanonical(*root, canonical);
    identity = canonical;
  }
  item.content_hash = std::string(AsBytes(Sha256(identity)));
}

}  // namespace linktor
