#include "tests/fuzz/envelope_oracle.h"

#include <boost/json.hpp>
#include <string>

#include "tests/fuzz/json_slices.h"

namespace linktor::fuzz {
namespace {

using Items = std::vector<ExpectedItem>;

// Returns the text of a string, and every other value as it is written. The
// result is empty for objects and arrays.
std::string NameOf(std::string_view raw) {
  if (IsObject(raw) || IsArray(raw)) return "";
  const auto value = boost::json::parse(boost::json::string_view(raw));
  if (!value.is_string()) return std::string(raw);
  return std::string(value.get_string());
}

void AddChange(std::string_view raw, Items& items) {
  bool standby = false;
  std::optional<std::string_view> value;
  for (const JsonMember& member : MembersOf(raw)) {
    if (member.key == "field") standby = NameOf(member.value) == "standby";
    if (member.key == "value") value = member.value;
  }
  if (!value.has_value()) {
    items.push_back({kinds::EnvelopeForm::kEntry, raw});
  } else {
    items.push_back({standby ? kinds::EnvelopeForm::kStandby
                             : kinds::EnvelopeForm::kChanges,
                     *value});
  }
}

// Members that hold items; what is no array is one itself.
void AddList(const JsonMember& member, Items& items) {
  if (!IsArray(member.value)) {
    items.push_back({kinds::EnvelopeForm::kEntry, member.value});
    return;
  }
  for (const std::string_view one : ElementsOf(member.value)) {
    if (member.key == "changes") {
      AddChange(one, items);
    } else {
      items.push_back({member.key == "standby"
                           ? kinds::EnvelopeForm::kStandby
                           : kinds::EnvelopeForm::kMessaging,
                       one});
    }
  }
}

void AddEntry(std::string_view entry, Items& items) {
  if (!IsObject(entry)) {
    items.push_back({kinds::EnvelopeForm::kEntry, entry, true});
    return;
  }
  const std::size_t before = items.size();
  // The entry may have one item in the form {"field": …, "value": …}.
  std::string field;
  std::optional<std::string_view> value;
  for (const JsonMember& member : MembersOf(entry)) {
    const std::string& key = member.key;
    if (key == "messaging" || key == "standby" || key == "changes") {
      AddList(member, items);
    } else if (key == "field") {
      field = NameOf(member.value);
    } else if (key == "value") {
      value = member.value;
    } else if (key != "id" && key != "time" && key != "uid" &&
               key != "changed_fields") {
      items.push_back({kinds::EnvelopeForm::kEntry, member.value});
    }
  }
  if (value.has_value() || !field.empty()) {
    items.push_back({field == "standby" ? kinds::EnvelopeForm::kStandby
                                        : kinds::EnvelopeForm::kFlat,
                     value.value_or(entry)});
  }
  if (items.size() == before)
    items.push_back({kinds::EnvelopeForm::kEntry, entry});
}

}  // namespace

std::optional<Items> ExpectedItems(std::string_view body) {
  boost::json::error_code failed;
  boost::json::parse(boost::json::string_view(body.data(), body.size()),
                     failed);
  if (failed) return std::nullopt;
  const Items whole = {{kinds::EnvelopeForm::kBody, TrimJson(body), true}};
  std::string name;
  Items items;
  for (const JsonMember& member : MembersOf(TrimJson(body))) {
    if (member.key == "object") name = NameOf(member.value);
    if (member.key != "entry") continue;
    if (!IsArray(member.value)) return whole;
    for (const std::string_view entry : ElementsOf(member.value)) {
      AddEntry(entry, items);
    }
  }
  const bool ours = name == "instagram";
  return ours && !items.empty() ? items : whole;
}

}  // namespace linktor::fuzz
