// instagram.feedback: a customer judges an answer of the account.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

// Instagram says this under a thumb that points up.
constexpr std::string_view kGood = "Good response";

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.response_feedback";
  v1::ResponseFeedback& out = *item.payload.mutable_feedback();
  Result bad = ReadTargetMid(source.object, kPath, *out.mutable_mid());
  if (!bad) {
    bad = ReadString(source.object, "feedback", kPath, *out.mutable_feedback());
  }
  out.set_positive(out.feedback() == kGood);
  return bad;
}

}  // namespace

constinit const Kind kFeedback = {
    .type = "instagram.feedback",
    .payload = v1::Event::kFeedback,
    .key = "response_feedback",
    .name = "response_feedback",
    .read = Read,
    .target_mid = [](const v1::Event& event) -> const std::string& {
      return event.feedback().mid();
    },
    .set_target =
        [](std::string message_id, v1::Event& event) {
          event.mutable_feedback()->set_message_id(std::move(message_id));
        }};

}  // namespace linktor::kinds
