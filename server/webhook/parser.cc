#include "server/webhook/parser.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/http/message.h"
#include "server/webhook/item_parser.h"

namespace linktor {
namespace {

namespace ondemand = simdjson::ondemand;

// Below this a number of seconds, from it on milliseconds (the year 5138 and
// 1973).
constexpr std::int64_t kSecondsLimit = 100'000'000'000;
constexpr std::int64_t kLatestMs = 100'000'000'000'000;

// Longer ids are nobody's; each item would carry a copy.
constexpr std::size_t kMaxEntryId = 128;

// A member of an entry, as text.
struct EntryMember {
  std::string key;
  std::string_view raw;
};

std::string_view Trim(std::string_view text) {
  return ToStd(absl::StripAsciiWhitespace(ToAbsl(text)));
}

// The text of any value, consuming it.
simdjson::error_code RawJson(ondemand::value value, std::string_view& out) {
  ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    return object.raw_json().get(out);
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    return array.raw_json().get(out);
  }
  out = Trim(value.raw_json_token());
  return simdjson::SUCCESS;
}

// Walks the envelope; only its shape is looked at, items are left as text.
class EnvelopeParser {
 public:
  explicit EnvelopeParser(std::string_view body) : body_(body) {}

  std::vector<ParsedItem> Parse() {
    if (const std::optional<std::string> issue = ParseBody()) {
      items_.clear();
      AddIssue(EnvelopeForm::kBody, body_, *issue);
    } else if (items_.empty()) {
      AddIssue(EnvelopeForm::kBody, body_, "the envelope has no entries");
    }
    return std::move(items_);
  }

 private:
  // What is wrong with the body as a whole, if anything.
  std::optional<std::string> ParseBody() {
    std::string object_name;
    std::vector<std::string_view> entries;
    const auto error =
        ReadMembers(body_, [&](std::string_view key, std::string_view raw) {
          if (key == "object") object_name = Unquote(raw);
          if (key == "entry") entries.push_back(raw);
        });
    if (error != simdjson::SUCCESS) return NotJson(error);
    if (object_name != "instagram" && object_name != "page") {
      return "this is not an Instagram webhook: its object is not 'instagram'";
    }
    for (const std::string_view raw : entries) {
      if (const auto bad = ReadElements(
              raw, [&](std::string_view one) { ParseEntry(one); })) {
        return NotJson(bad);
      }
    }
    return std::nullopt;
  }

  static std::string NotJson(simdjson::error_code error) {
    return absl::StrCat("the body is not a JSON envelope: ",
                        simdjson::error_message(error));
  }

  void ParseEntry(std::string_view raw) {
    entry_id_.clear();
    std::vector<EntryMember> members;
    const auto error =
        ReadMembers(raw, [&](std::string_view key, std::string_view value) {
          if (key == "id") {
            if (value.size() <= kMaxEntryId) entry_id_ = Unquote(value);
          } else if (key != "time" && key != "uid" && key != "changed_fields") {
            members.push_back({std::string(key), value});
          }
        });
    if (error != simdjson::SUCCESS) {
      return AddIssue(EnvelopeForm::kEntry, raw,
                      absl::StrCat("an entry is not an object: ",
                                   simdjson::error_message(error)));
    }
    const std::size_t before = items_.size();
    std::string flat_field;
    std::optional<std::string_view> flat_value;
    for (const EntryMember& member : members) {
      if (member.key == "messaging") {
        ParseArray(member, EnvelopeForm::kMessaging);
      } else if (member.key == "standby") {
        ParseArray(member, EnvelopeForm::kStandby);
      } else if (member.key == "changes") {
        ParseChanges(member);
      } else if (member.key == "field") {
        flat_field = Unquote(member.raw);
      } else if (member.key == "value") {
        flat_value = member.raw;
      } else {
        AddItem(EnvelopeForm::kEntry, member.key, member.raw);
      }
    }
    if (flat_value.has_value() || !flat_field.empty()) {
      AddItem(EnvelopeForm::kFlat, flat_field, flat_value.value_or(raw));
    }
    if (items_.size() == before) {
      AddItem(EnvelopeForm::kEntry, "", raw);
      if (items_.back().problem.empty()) {
        items_.back().problem = "the entry has no events";
      }
    }
  }

  void ParseArray(const EntryMember& member, EnvelopeForm form) {
    if (ReadElements(member.raw, [&](std::string_view one) {
          AddItem(form, "", one);
        }) != simdjson::SUCCESS) {
      AddItem(EnvelopeForm::kEntry, member.key, member.raw);
      items_.back().problem = "is not an array";
    }
  }

  void ParseChanges(const EntryMember& member) {
    const auto parse_one = [this](std::string_view raw) {
      std::string field;
      std::optional<std::string_view> value;
      const auto error =
          ReadMembers(raw, [&](std::string_view key, std::string_view inner) {
            if (key == "field") field = Unquote(inner);
            if (key == "value") value = inner;
          });
      if (error != simdjson::SUCCESS || !value.has_value()) {
        AddItem(EnvelopeForm::kEntry, "changes", raw);
        items_.back().problem = "has no value";
        return;
      }
      AddItem(EnvelopeForm::kChanges, field, *value);
    };
    if (ReadElements(member.raw, parse_one) != simdjson::SUCCESS) {
      AddItem(EnvelopeForm::kEntry, member.key, member.raw);
      items_.back().problem = "is not an array";
    }
  }

  void AddItem(EnvelopeForm form, std::string_view field,
               std::string_view raw) {
    ParsedItem item;
    // The standby field's values are what entry.standby holds.
    const bool valued =
        form == EnvelopeForm::kChanges || form == EnvelopeForm::kFlat;
    item.form = valued && field == "standby" ? EnvelopeForm::kStandby : form;
    item.raw = raw;
    item.entry_id = entry_id_;
    item_parser_.Parse(field, item);
    items_.push_back(std::move(item));
  }

  void AddIssue(EnvelopeForm form, std::string_view raw, std::string problem) {
    ParsedItem item;
    item.type = ItemType::kIssue;
    item.form = form;
    item.raw = raw;
    item.entry_id = entry_id_;
    item.problem = std::move(problem);
    item.content_hash = std::string(AsBytes(Sha256(raw)));
    items_.push_back(std::move(item));
  }

  // The text within quotes of an id or name; other tokens as they are.
  static std::string Unquote(std::string_view raw) {
    if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') {
      raw = raw.substr(1, raw.size() - 2);
    }
    return std::string(raw);
  }

  // Calls `use` with each member of the object that `text` is.
  template <typename Use>
  simdjson::error_code ReadMembers(std::string_view text, Use use) {
    ondemand::document document;
    if (const auto error = parser_.iterate(Padded(text)).get(document)) {
      return error;
    }
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) return error;
    // Collected first: a fault at the end makes the whole text bad.
    std::vector<std::pair<std::string, std::string_view>> members;
    for (auto found : object) {
      ondemand::field field;
      if (const auto error = std::move(found).get(field)) return error;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      std::string owned_key(key);
      std::string_view raw;
      if (const auto error = RawJson(field.value(), raw)) return error;
      members.emplace_back(std::move(owned_key), raw);
    }
    if (!AtEnd(document)) return simdjson::TRAILING_CONTENT;
    for (const auto& [key, raw] : members) use(key, raw);
    return simdjson::SUCCESS;
  }

  // Calls `use` with each element of the array that `text` is.
  template <typename Use>
  simdjson::error_code ReadElements(std::string_view text, Use use) {
    ondemand::document document;
    if (const auto error = parser_.iterate(Padded(text)).get(document)) {
      return error;
    }
    ondemand::array array;
    if (const auto error = document.get_array().get(array)) return error;
    std::vector<std::string_view> elements;
    for (auto found : array) {
      ondemand::value value;
      if (const auto error = std::move(found).get(value)) return error;
      std::string_view raw;
      if (const auto error = RawJson(value, raw)) return error;
      elements.push_back(raw);
    }
    if (!AtEnd(document)) return simdjson::TRAILING_CONTENT;
    for (const std::string_view raw : elements) use(raw);
    return simdjson::SUCCESS;
  }

  // The body is followed by slack, and what is inside it by the rest of it.
  static simdjson::padded_string_view Padded(std::string_view text) {
    static_assert(kBodySlack >= simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(
        text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  }

  static bool AtEnd(ondemand::document& document) {
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }

  const std::string_view body_;
  std::vector<ParsedItem> items_;
  std::string entry_id_;
  // One at a time: what is found is copied out before it is used.
  ondemand::parser parser_;
  ItemParser item_parser_;
};

}  // namespace

std::int64_t ParseEventTime(std::string_view text) {
  std::int64_t number = 0;
  if (absl::SimpleAtoi(ToAbsl(text), &number)) {
    if (number <= 0) return 0;
    if (number < kSecondsLimit) number *= 1000;
    return number < kLatestMs ? number : 0;
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return 0;
  }
  const std::int64_t ms = absl::ToUnixMillis(time);
  // ParseTime also knows words such as "infinite-future".
  return ms > 0 && ms < kLatestMs ? ms : 0;
}

std::vector<ParsedItem> ParseWebhook(std::string_view body) {
  return EnvelopeParser(body).Parse();
}

}  // namespace linktor
