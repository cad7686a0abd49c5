// instagram.optin: a customer agrees to get messages of a kind.

#include <initializer_list>

#include "google/protobuf/util/time_util.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.optin";
  constexpr std::string_view kExpiry = "token_expiry_timestamp";
  v1::OptIn& out = *item.payload.mutable_optin();
  struct Text {
    std::string_view key;
    std::string* value;
  };
  for (const Text& text : std::initializer_list<Text>{
           {"type", out.mutable_type()},
           {"payload", out.mutable_payload()},
           {"title", out.mutable_title()},
           {"notification_messages_token", out.mutable_token()},
           {"notification_messages_frequency", out.mutable_frequency()},
           {"notification_messages_timezone", out.mutable_timezone()},
           {"user_token_status", out.mutable_token_status()},
           {"notification_messages_status", out.mutable_status()}}) {
    if (Result bad = ReadString(source.object, text.key, kPath, *text.value)) {
      return bad;
    }
  }
  std::int64_t expiry_ms = 0;
  if (Result bad = ReadTime(Member(source.object, kExpiry),
                            "$.optin.token_expiry_timestamp", expiry_ms)) {
    return bad;
  }
  if (expiry_ms != 0) {
    *out.mutable_token_expire_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(expiry_ms);
  }
  return std::nullopt;
}

}  // namespace

constinit const Kind kOptin = {.type = "instagram.optin",
                               .payload = v1::Event::kOptin,
                               .key = "optin",
                               .name = "optin",
                               .read = Read};

}  // namespace linktor::kinds
