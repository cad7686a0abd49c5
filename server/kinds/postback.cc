// instagram.postback: a button, menu entry or ice breaker is tapped.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.postback";
  v1::Postback& out = *item.payload.mutable_postback();
  out.set_direction(source.by_account ? v1::MESSAGE_DIRECTION_OUTBOUND
                                      : v1::MESSAGE_DIRECTION_INBOUND);
  Result bad = ReadString(source.object, "mid", kPath, *out.mutable_mid());
  if (!bad && out.mid().size() > kMaxMid) {
    bad = Misfit{"is too long", "$.postback.mid"};
  }
  if (!bad) {
    bad = ReadString(source.object, "title", kPath, *out.mutable_title());
  }
  if (!bad) {
    bad = ReadString(source.object, "payload", kPath, *out.mutable_payload());
  }
  return bad;
}

// Taps on ice breakers look like those on buttons.
void AddKnown(IsIceBreaker is_ice_breaker, v1::Event& event) {
  v1::Postback& postback = *event.mutable_postback();
  if (is_ice_breaker(postback.title(), postback.payload())) {
    postback.set_from_ice_breaker(true);
  }
}

// What was tapped stands in the conversation as a text.
void Complete(const v1::Event& event, v1::Message& message) {
  const v1::Postback& tap = event.postback();
  message.set_direction(tap.direction());
  if (tap.direction() == v1::MESSAGE_DIRECTION_OUTBOUND) {
    message.set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
    message.set_state(v1::MESSAGE_STATE_SENT);
  } else {
    message.set_state(v1::MESSAGE_STATE_RECEIVED);
  }
  message.set_mid(tap.mid());
  message.set_text(tap.title());
  message.set_postback_payload(tap.payload());
  message.set_from_ice_breaker(tap.from_ice_breaker());
}

}  // namespace

constinit const Kind kPostback = {
    .type = "instagram.postback",
    .payload = v1::Event::kPostback,
    .key = "postback",
    .name = "postback",
    .mids = MidSet::kPostbacks,
    .opens_window = true,
    .read = Read,
    .own_mid = [](const v1::Event& event) -> const std::string& {
      return event.postback().mid();
    },
    .complete = Complete,
    .add_known = AddKnown};

}  // namespace linktor::kinds
