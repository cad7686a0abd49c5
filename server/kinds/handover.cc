// instagram.handover: an app is given control of a conversation, takes it, asks
// for it, or says something to another app. Each of these has a key, and so a
// row, of its own.

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kPass = "pass_thread_control";
constexpr std::string_view kTake = "take_thread_control";
constexpr std::string_view kRequest = "request_thread_control";
constexpr std::string_view kMetadata = "pass_thread_metadata";
constexpr std::string_view kRoles = "app_roles";

// Reads what the first four have. Which of them are there depends on the
// action, and a member that is not there stays empty.
Result Fill(const dom::object& object, std::string_view key,
            v1::Handover& out) {
  const std::string path = absl::StrCat("$.", ToAbsl(key));
  Result bad = ReadId(object, "previous_owner_app_id", path,
                      *out.mutable_previous_owner_app_id());
  if (!bad) {
    bad = ReadId(object, "new_owner_app_id", path,
                 *out.mutable_new_owner_app_id());
  }
  if (!bad) {
    bad = ReadId(object, "requested_owner_app_id", path,
                 *out.mutable_requested_owner_app_id());
  }
  if (!bad) {
    bad = ReadId(object, "caller_app_id", path, *out.mutable_caller_app_id());
  }
  if (!bad) {
    bad = ReadString(object, "metadata", path, *out.mutable_metadata());
  }
  return bad;
}

Result ReadPass(const Source& source, ParsedItem& item) {
  v1::Handover& out = *item.payload.mutable_handover();
  out.set_action(v1::HANDOVER_ACTION_PASS);
  return Fill(source.object, kPass, out);
}

Result ReadTake(const Source& source, ParsedItem& item) {
  v1::Handover& out = *item.payload.mutable_handover();
  out.set_action(v1::HANDOVER_ACTION_TAKE);
  return Fill(source.object, kTake, out);
}

Result ReadRequest(const Source& source, ParsedItem& item) {
  v1::Handover& out = *item.payload.mutable_handover();
  out.set_action(v1::HANDOVER_ACTION_REQUEST);
  return Fill(source.object, kRequest, out);
}

Result ReadMetadata(const Source& source, ParsedItem& item) {
  v1::Handover& out = *item.payload.mutable_handover();
  out.set_action(v1::HANDOVER_ACTION_METADATA);
  return Fill(source.object, kMetadata, out);
}

Result ReadRole(const dom::element& value, const std::string& path,
                v1::AppRole& out) {
  dom::array roles;
  if (value.get(roles) != simdjson::SUCCESS) {
    return Wrong(value, "an array", path);
  }
  if (roles.size() > kMaxMembers) return Misfit{"has too many elements", path};
  int i = 0;
  for (const dom::element role : roles) {
    std::string_view name;
    if (role.get(name) != simdjson::SUCCESS) {
      return Wrong(role, "a string", absl::StrCat(path, "[", i, "]"));
    }
    out.add_roles(std::string(name));
    ++i;
  }
  return std::nullopt;
}

// The members are named by the apps' ids.
Result ReadRoles(const Source& source, ParsedItem& item) {
  constexpr std::string_view kPath = "$.app_roles";
  v1::Handover& out = *item.payload.mutable_handover();
  out.set_action(v1::HANDOVER_ACTION_APP_ROLES);
  if (source.object.size() > kMaxMembers) {
    return Misfit{"has too many members", std::string(kPath)};
  }
  for (const auto [app_id, roles] : source.object) {
    if (app_id.size() > kMaxUserId) {
      return Misfit{"has a member whose name is too long", std::string(kPath)};
    }
    v1::AppRole& role = *out.add_roles();
    role.set_app_id(std::string(app_id));
    if (roles.is_null()) continue;
    if (Result bad = ReadRole(
            roles, absl::StrCat(ToAbsl(kPath), ".", ToAbsl(app_id)), role)) {
      return bad;
    }
  }
  return std::nullopt;
}

// All that the rows have in common is what they become. Their keys are their
// names, too.
constexpr Kind Row(std::string_view key,
                   Result (*read)(const Source&, ParsedItem&)) {
  return {.type = "instagram.handover",
          .payload = v1::Event::kHandover,
          .key = key,
          .name = key,
          .needs_customer = key != kRoles,
          .names_owner = key == kPass || key == kTake,
          .read = read};
}

}  // namespace

constinit const Kind kPassThreadControl = Row(kPass, ReadPass);
constinit const Kind kTakeThreadControl = Row(kTake, ReadTake);
constinit const Kind kRequestThreadControl = Row(kRequest, ReadRequest);
constinit const Kind kPassThreadMetadata = Row(kMetadata, ReadMetadata);
constinit const Kind kAppRoles = Row(kRoles, ReadRoles);

}  // namespace linktor::kinds
