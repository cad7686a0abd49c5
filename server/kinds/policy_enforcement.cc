// instagram.policy_enforcement: Meta limits what the account's app may send, or
// lifts that. Such an item has no sender.

#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

Result Read(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.policy-enforcement";
  v1::PolicyEnforcement& out = *item.payload.mutable_policy_enforcement();
  Result bad =
      ReadString(source.object, "action", kPath, *out.mutable_action());
  if (!bad) {
    bad = ReadString(source.object, "reason", kPath, *out.mutable_reason());
  }
  return bad;
}

}  // namespace

constinit const Kind kPolicyEnforcement = {
    .type = "instagram.policy_enforcement",
    .payload = v1::Event::kPolicyEnforcement,
    .key = "policy-enforcement",
    .name = "policy-enforcement",
    .needs_customer = false,
    .read = Read};

}  // namespace linktor::kinds
