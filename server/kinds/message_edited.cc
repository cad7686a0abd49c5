// message.edited: someone edits a message. An edit numbered 0 accompanies every
// message and says nothing, so it is no event unless the message does not come.

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/kinds/changes.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

constexpr std::string_view kPath = "$.message_edit";
constexpr std::string_view kNumberPath = "$.message_edit.num_edit";

// Reads the number of the edit. Instagram sends a number, and Meta's documents
// have a string.
Result ReadNumber(const simdjson::dom::object& edit, std::int32_t& out) {
  const auto value = Member(edit, "num_edit");
  if (!value.has_value()) {
    return Misfit{"is missing", std::string(kNumberPath)};
  }
  std::int64_t number = -1;
  std::string_view text;
  if (value->get(text) == simdjson::SUCCESS) {
    if (!IsNumericId(text) || !absl::SimpleAtoi(ToAbsl(text), &number)) {
      number = -1;
    }
  } else if (value->get(number) != simdjson::SUCCESS) {
    return Wrong(*value, "a whole number", std::string(kNumberPath));
  }
  if (number < 0 || number > std::numeric_limits<std::int32_t>::max()) {
    return Misfit{"is not the number of an edit", std::string(kNumberPath)};
  }
  out = static_cast<std::int32_t>(number);
  return std::nullopt;
}

Result Read(const Source& source, ParsedItem& item) {
  std::int32_t number = 0;
  if (Result bad = ReadNumber(source.object, number)) return bad;
  if (number == 0) item.fate = Fate::kWaits;
  v1::MessageEdit& out = *item.payload.mutable_message_edited();
  out.set_direction(DirectionOf(item));
  out.set_num_edit(number);
  if (Result bad = ReadTargetMid(source.object, kPath, *out.mutable_mid())) {
    return bad;
  }
  return ReadString(source.object, "text", kPath, *out.mutable_text());
}

// A message has one edit of each number. Its text and its parties may be left
// out of one delivery and be there in another.
std::string Identity(const ParsedItem& item) {
  const v1::MessageEdit& edit = item.payload.message_edited();
  return absl::StrCat(edit.mid().size(), ":", edit.mid(), edit.num_edit());
}

const std::string& MidOfEdit(const v1::Event& event) {
  return event.message_edited().mid();
}

// The number tells which edit is the last; a text that Instagram leaves out is
// not known.
void Change(const v1::Event& event, v1::Message& message) {
  const v1::MessageEdit& edit = event.message_edited();
  if (edit.num_edit() <= message.edit_count()) return;
  message.set_edit_count(edit.num_edit());
  *message.mutable_edit_time() = HappenTime(event);
  if (!edit.text().empty()) message.set_text(edit.text());
}

}  // namespace

constinit const Kind kMessageEdited = {
    .type = "message.edited",
    .payload = v1::Event::kMessageEdited,
    .key = "message_edit",
    .name = "message_edit",
    .mids = MidSet::kEdits,
    .repeats_mid = true,
    .needs_customer = false,
    .read = Read,
    .own_mid = MidOfEdit,
    .identity = Identity,
    .target_mid = MidOfEdit,
    .set_target =
        [](std::string message_id, v1::Event& event) {
          event.mutable_message_edited()->set_message_id(std::move(message_id));
        },
    .change = Change};

}  // namespace linktor::kinds
