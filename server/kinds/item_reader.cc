#include "server/kinds/item_reader.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/kinds/media_expiry.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

// These members stand in items of every kind.
enum Common : std::size_t { kSender, kRecipient, kTimestamp, kIsSelf };
constexpr std::array<std::string_view, 4> kCommon = {"sender", "recipient",
                                                     "timestamp", "is_self"};
// This member is common, too, but nothing reads it.
constexpr std::string_view kPriority = "priority";

// These members name items that have no kind yet. The order is that in which
// they are tried, because an item may have two of them.
constexpr std::array<std::string_view, 2> kOthers = {"delivery",
                                                     "account_linking"};

constexpr std::string_view kTimestampPath = "$.timestamp";

Result ReadParty(const std::optional<dom::element>& member,
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

// Reads who made a change. Only what the account did itself has a
// self_ig_scoped_id, which is the account's id as a person.
Result ReadAuthor(const dom::object& value, ParsedItem& item) {
  constexpr std::string_view kPath = "$.from";
  std::optional<dom::object> from;
  if (Result bad = ReadObject(Member(value, "from"), kPath, from)) return bad;
  if (!from.has_value()) return std::nullopt;
  std::string id;
  std::string self_id;
  Result bad = ReadId(*from, "id", kPath, id);
  if (!bad) bad = ReadId(*from, "self_ig_scoped_id", kPath, self_id);
  if (bad) return bad;
  if (id.size() > kMaxUserId) return Misfit{"is too long", "$.from.id"};
  const bool account = IsAccount(item, id);
  item.by_account = account || !self_id.empty();
  if (!account) item.user_id = std::move(id);
  return std::nullopt;
}

// A message is about as large as its JSON, and its payload may say the same
// again.
Result CheckSize(absl::FunctionRef<std::string()> path, ParsedItem& item) {
  if (item.raw.size() <= kMaxMessageBytes / 4) return std::nullopt;
  if (item.message.ByteSizeLong() + item.payload.ByteSizeLong() <=
      kMaxMessageBytes) {
    return std::nullopt;
  }
  // A message of the same mid and size counts as the same one, whatever else
  // the item says.
  if (!item.message.mid().empty()) {
    item.content_hash = std::string(AsBytes(Sha256(absl::StrCat(
        "too large:", item.raw.size(), ":", ToAbsl(item.message.mid())))));
  }
  return Misfit{"is too large", path()};
}

}  // namespace

// The names of all members that are looked for: the common ones, and one for
// each key in the table.
struct ItemReader::Keys {
  static constexpr std::size_t kMax = kCommon.size() + kTable.size();

  Keys() {
    std::array<std::string_view, kMax> list;
    std::size_t size = kCommon.size();
    std::copy(kCommon.begin(), kCommon.end(), list.begin());
    for (std::size_t i = 0; i < kTable.size(); ++i) {
      const std::string_view key = kTable[i]->key;
      if (kTable[i]->read_within != nullptr) within.push_back(i);
      if (key.empty()) continue;
      const auto used = std::span(list).first(size);
      const auto name = std::find(used.begin(), used.end(), key);
      if (name == used.end()) list[size++] = key;
      at[i] = static_cast<std::size_t>(name - used.begin());
      rows[at[i]] |= std::uint64_t{1} << i;
    }
    names = MemberNames<kMax>(std::span(list).first(size));
    message = names.Find(kMessageKey);
  }

  MemberNames<kMax> names;
  // For each row of the table it has the index in `names` of the row's key; it
  // says nothing for a row without a key.
  std::array<std::size_t, kTable.size()> at{};
  // For each name it has the bits of the rows whose key it is.
  static_assert(kTable.size() <= 64);
  std::array<std::uint64_t, kMax> rows{};
  // The index in `names` of the key that all kinds have which are messages.
  std::size_t message = kMax;
  // The rows that are also looked for within items of other rows.
  std::vector<std::size_t> within;
};

const ItemReader::Keys& ItemReader::AllKeys() {
  static const Keys& keys = *new Keys;
  return keys;
}

class ItemReader::Found {
 public:
  explicit Found(const dom::object& item)
      : keys_(AllKeys()), members_(item, keys_.names) {}

  std::optional<dom::element> operator[](Common name) const {
    return members_[name];
  }
  std::optional<dom::element> message() const {
    return members_[keys_.message];
  }
  // Returns the bits of the table's rows whose member is there.
  std::uint64_t Rows() const {
    std::uint64_t rows = 0;
    for (std::uint64_t left = members_.there(); left != 0; left &= left - 1) {
      rows |= keys_.rows[static_cast<std::size_t>(std::countr_zero(left))];
    }
    return rows;
  }
  // Returns the member that the row `i` is read from; nothing when it is not
  // there.
  std::optional<dom::element> ForRow(std::size_t i) const {
    return members_[keys_.at[i]];
  }

 private:
  const Keys& keys_;
  Members<Keys::kMax> members_;
};

// An item that the account sends goes to the customer, and every other item
// comes from the customer. The sender's id decides, because an echo can come
// without is_echo: an entry can be for the page and its sender be the account.
// The flag `echo` decides only where the sender is neither of the two. The
// customer is the one of sender and recipient who is not the account.
Result ItemReader::ReadParties(const Found& found, bool echo,
                               ParsedItem& item) {
  for (std::string& id : ids_) id.clear();
  Result bad = ReadParty(found[kSender], "$.sender", ids_[0]);
  if (!bad) bad = ReadParty(found[kRecipient], "$.recipient", ids_[1]);
  if (bad) return bad;
  const auto& [sender, recipient] = ids_;
  item.by_account = IsAccount(item, sender);
  item.self = item.by_account && IsAccount(item, recipient);
  const bool outward = item.by_account || echo;
  const std::string& usual = outward ? recipient : sender;
  const std::string& other = outward ? sender : recipient;
  item.user_id = IsAccount(item, usual) ? other : usual;
  if (IsAccount(item, item.user_id)) item.user_id.clear();
  return std::nullopt;
}

Result ItemReader::Read(const dom::object& object, ParsedItem& item) {
  const Found found(object);
  std::optional<dom::object> message;
  if (Result bad = ReadObject(found.message(), "$.message", message)) {
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
  Source source{.item = object,
                .object = {},
                .message = reader.has_value() ? &*reader : nullptr,
                .rows = found.Rows()};
  bool self = false;
  if (!bad_flag) bad_flag = ReadBool(found[kIsSelf], "$.is_self", self);
  const bool echo = reader.has_value() && reader->echo();
  if (Result bad = ReadParties(found, echo, item)) return bad;
  if (Result bad = ReadTime(found[kTimestamp], kTimestampPath, item.event_ms)) {
    return bad;
  }
  if (bad_flag) return bad_flag;
  source.by_account = item.by_account;
  if (self || (reader.has_value() && reader->self())) item.self = true;
  // The rows are tried in the order of the table.
  for (std::uint64_t left = source.rows; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const Kind& row = *kTable[i];
    if (row.fits != nullptr && !row.fits(source)) continue;
    const std::optional<dom::element> value = found.ForRow(i);
    if (value.has_value()) return ReadRow(row, *value, source, item);
  }
  return std::nullopt;
}

Result ItemReader::ReadRow(const Kind& row, const dom::element& value,
                           Source& source, ParsedItem& item) {
  const bool known = row.payload != kUnknown.payload;
  const bool is_message = row.key == kMessageKey;
  item.kind = row.name;
  // Only a customer can open the window.
  const bool opens_window = row.opens_window && !item.by_account && !item.self;
  const auto path = [&row] { return absl::StrCat("$.", ToAbsl(row.key)); };
  // The customer has tapped something, even if the rest cannot be read.
  if (!is_message) item.opens_window = opens_window;
  if (value.get(source.object) != simdjson::SUCCESS) {
    return Wrong(value, "an object", path());
  }
  if (known && row.needs_customer && item.user_id.empty() && !item.self) {
    const bool outward = row.echo || item.by_account;
    return Misfit{"names no customer",
                  outward ? "$.recipient.id" : "$.sender.id"};
  }
  // The customer has written, even if not everything of it can be read.
  item.opens_window = opens_window;
  if (is_message && known) {
    if (Result bad = source.message->Read(item.message)) return bad;
    SetExpiryTimes(item.event_ms, item.message);
  }
  if (row.read != nullptr) {
    if (Result bad = row.read(source, item)) return bad;
  }
  if (known) {
    // Most messages have no member that could be read so.
    const bool others = !is_message || source.message->HasOthers();
    for (const std::size_t i : AllKeys().within) {
      const bool in_item = (source.rows >> i & 1) != 0;
      if (kTable[i] == &row || !(others || in_item)) continue;
      if (Result bad = kTable[i]->read_within(source, item)) return bad;
    }
  }
  if (Result bad = CheckSize(path, item)) return bad;
  item.row = &row;
  return std::nullopt;
}

Result ItemReader::ReadChange(const Kind& row, const dom::object& value,
                              ParsedItem& item) {
  item.kind = row.name;
  if (Result bad = ReadAuthor(value, item)) return bad;
  if (Result bad =
          ReadTime(Member(value, "timestamp"), kTimestampPath, item.event_ms)) {
    return bad;
  }
  const Source source{.item = value,
                      .object = value,
                      .message = nullptr,
                      .by_account = item.by_account};
  if (Result bad = row.read(source, item)) return bad;
  if (Result bad = CheckSize([] { return std::string("$"); }, item)) return bad;
  item.row = &row;
  return std::nullopt;
}

bool ItemReader::MayBeKnown(std::string_view field, const dom::element& root) {
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return false;
  if (FindField(field) != nullptr) return true;
  const MemberNames<Keys::kMax>& names = AllKeys().names;
  bool may = false;
  // The first member of each name counts.
  std::uint64_t seen = 0;
  for (const auto [key, value] : object) {
    const std::size_t at = names.Find(key);
    if (at == Keys::kMax) continue;
    if ((seen >> at & 1) != 0) continue;
    seen |= std::uint64_t{1} << at;
    if (at == kSender || at == kRecipient) {
      if (!value.is_object() && !value.is_null()) return false;
    } else if (key == kMessageKey) {
      if (!MessageReader::MayBeOne(value)) return false;
      may = true;
    } else if (at >= kCommon.size()) {
      may = true;
    }
  }
  return may;
}

std::string_view ItemReader::NameOf(const dom::object& item) {
  const auto has = [&item](std::string_view key) {
    return Member(item, key).has_value();
  };
  // Messages and edits tell least: the rest may say what they are about.
  for (const Kind* row : kTable) {
    if (row->key != kMessageKey && row != &kMessageEdited &&
        row->payload != kUnknown.payload && !row->key.empty() &&
        has(row->key)) {
      return row->key;
    }
  }
  for (const std::string_view key : kOthers) {
    if (has(key)) return key;
  }
  for (const Kind* row : {&kMessageEdited, &kMessageReceived}) {
    if (has(row->key)) return row->key;
  }
  for (const auto [key, value] : item) {
    if (key != kPriority &&
        std::find(kCommon.begin(), kCommon.end(), key) == kCommon.end()) {
      return key;
    }
  }
  return "";
}

}  // namespace linktor::kinds
