// This file validates the requests of AccessService.

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/access/key_text.h"
#include "server/base/strings.h"
#include "server/rpc/checks.h"
#include "server/rpc/validation.h"

namespace linktor::rpc {
namespace {

constexpr std::size_t kMaxKeyName = 200;
constexpr int kMaxKeyChannels = 1000;

// These fields of ApiKey can be changed.
constexpr std::array<std::string_view, 5> kMutableKeyFields = {
    "name", "permissions", "channel_ids", "expire_time", "disabled"};

void CheckKeyId(std::string_view id, std::string_view field, Checks& checks) {
  checks.Require(access::IsKeyId(id), field,
                 "must be the id of an API key: 16 hex digits");
}

void CheckPermissions(const v1::ApiKey& key, Checks& checks) {
  checks.Require(key.permissions_size() > 0, "api_key.permissions",
                 "is required: what the key may do");
  for (int i = 0; i < key.permissions_size(); ++i) {
    const std::string at = absl::StrCat("api_key.permissions[", i, "]");
    const int permission = key.permissions(i);
    checks.Require(permission != v1::PERMISSION_UNSPECIFIED &&
                       v1::Permission_IsValid(permission),
                   at, "is not a known permission");
    checks.Require(
        std::find(key.permissions().begin(), key.permissions().begin() + i,
                  permission) == key.permissions().begin() + i,
        at, "is there twice");
  }
}

void CheckChannels(const v1::ApiKey& key, Checks& checks) {
  checks.Require(key.channel_ids_size() <= kMaxKeyChannels,
                 "api_key.channel_ids",
                 absl::StrCat("has ", key.channel_ids_size(),
                              " entries; at most ", kMaxKeyChannels));
  StringSet seen;
  for (int i = 0; i < std::min(key.channel_ids_size(), kMaxKeyChannels); ++i) {
    const std::string at = absl::StrCat("api_key.channel_ids[", i, "]");
    checks.ChannelId(key.channel_ids(i), at);
    checks.Require(seen.insert(key.channel_ids(i)).second, at,
                   "is there twice");
  }
}

}  // namespace

absl::Status Validate(const v1::CreateApiKeyRequest& request) {
  Checks checks;
  const v1::ApiKey& key = request.api_key();
  checks.Size(key.name(), 0, kMaxKeyName, "api_key.name");
  CheckPermissions(key, checks);
  CheckChannels(key, checks);
  checks.Time(key.expire_time(), "api_key.expire_time");
  if (!request.request_id().empty()) checks.RequestId(request.request_id());
  return checks.Result();
}

absl::Status Validate(const v1::GetApiKeyRequest& request) {
  Checks checks;
  CheckKeyId(request.api_key_id(), "api_key_id", checks);
  return checks.Result();
}

absl::Status Validate(const v1::ListApiKeysRequest& request) {
  Checks checks;
  checks.Page(PagedList::kApiKeys, request);
  return checks.Result();
}

absl::Status Validate(const v1::UpdateApiKeyRequest& request) {
  Checks checks;
  const v1::ApiKey& key = request.api_key();
  CheckKeyId(key.id(), "api_key.id", checks);
  checks.Require(request.update_mask().paths_size() > 0, "update_mask",
                 "is required: the fields to change");
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "name") checks.Size(key.name(), 0, kMaxKeyName, "api_key.name");
    if (path == "permissions") CheckPermissions(key, checks);
    if (path == "channel_ids") CheckChannels(key, checks);
    if (path == "expire_time")
      checks.Time(key.expire_time(), "api_key.expire_time");
    checks.Require(std::find(kMutableKeyFields.begin(), kMutableKeyFields.end(),
                             path) != kMutableKeyFields.end(),
                   "update_mask",
                   absl::StrCat("'", path,
                                "' cannot be changed; name, permissions, "
                                "channel_ids, expire_time and disabled can"));
  }
  return checks.Result();
}

absl::Status Validate(const v1::DeleteApiKeyRequest& request) {
  Checks checks;
  CheckKeyId(request.api_key_id(), "api_key_id", checks);
  return checks.Result();
}

}  // namespace linktor::rpc
