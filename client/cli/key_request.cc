#include "client/cli/key_request.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "client/cli/times.h"

namespace linktor::cli {
namespace {

constexpr char kPermissionPrefix[] = "PERMISSION_";

// This is the length of ApiKey.id, in hex digits.
constexpr std::size_t kIdDigits = 16;
// Every key begins with this text.
constexpr char kKeyPrefix[] = "lig_";

absl::Status KeyProblem(const auto&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// Adds each permission of the options to the key once.
void SetPermissions(const KeyOptions& options, v1::ApiKey& key) {
  for (const std::string& name : options.permissions) {
    const v1::Permission permission = ParsePermission(name);
    const auto& all = key.permissions();
    if (std::find(all.begin(), all.end(), permission) == all.end()) {
      key.add_permissions(permission);
    }
  }
}

}  // namespace

std::vector<std::string> PermissionNames() {
  std::vector<std::string> names;
  const auto* descriptor = v1::Permission_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const int number = descriptor->value(i)->number();
    if (number == v1::PERMISSION_UNSPECIFIED) continue;
    names.push_back(PermissionName(static_cast<v1::Permission>(number)));
  }
  return names;
}

std::string PermissionName(v1::Permission permission) {
  const std::string& name = v1::Permission_Name(permission);
  if (name.empty()) return absl::StrCat(static_cast<int>(permission));
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(absl::StripPrefix(name, kPermissionPrefix)),
      {{"_", "-"}});
}

v1::Permission ParsePermission(const std::string& name) {
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  v1::Permission_Parse(
      absl::StrCat(kPermissionPrefix, absl::AsciiStrToUpper(absl::StrReplaceAll(
                                          name, {{"-", "_"}}))),
      &permission);
  return permission;
}

absl::StatusOr<google::protobuf::Timestamp> ParseExpiry(const std::string& text,
                                                        absl::Time now) {
  absl::Time time;
  absl::Duration age;
  std::string unused;
  if (ParseAge(text, age)) {
    time = now + age;
  } else if (!absl::ParseTime(absl::RFC3339_full, text, &time, &unused)) {
    return KeyProblem(
        "'", text,
        "' is no expiry: give a duration such as 90d or 24h, or a "
        "time such as 2027-01-01T00:00:00Z");
  }
  if (time <= now) {
    return KeyProblem("the expiry '", text,
                      "' has passed already; keys disable stops a key at once");
  }
  static const absl::Time kEnd =
      absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone());
  if (time >= kEnd)
    return KeyProblem("the expiry '", text, "' is too far away");
  // The commands show whole seconds, so a fraction of a second is dropped.
  return ToProto(absl::FromUnixSeconds(absl::ToUnixSeconds(time)));
}

absl::StatusOr<v1::ApiKey> BuildKey(const KeyOptions& options, absl::Time now) {
  v1::ApiKey key;
  key.set_name(options.name.value_or(""));
  SetPermissions(options, key);
  for (const std::string& channel : options.channels) {
    key.add_channel_ids(channel);
  }
  if (options.expires.has_value()) {
    const auto expiry = ParseExpiry(*options.expires, now);
    if (!expiry.ok()) return expiry.status();
    *key.mutable_expire_time() = *expiry;
  }
  return key;
}

absl::StatusOr<KeyChange> BuildChange(const KeyOptions& options,
                                      absl::Time now) {
  absl::StatusOr<v1::ApiKey> key = BuildKey(options, now);
  if (!key.ok()) return key.status();
  key->set_id(options.id);
  KeyChange change{.key = *std::move(key)};
  const auto add = [&change](bool given, const char* path) {
    if (given) change.mask.add_paths(path);
  };
  add(options.name.has_value(), "name");
  add(!options.permissions.empty(), "permissions");
  add(options.all_channels || !options.channels.empty(), "channel_ids");
  add(options.no_expiry || options.expires.has_value(), "expire_time");
  if (change.mask.paths().empty()) {
    return KeyProblem(
        "nothing to change: give one of --name, --permission, --channel, "
        "--all-channels, --expires, --no-expiry");
  }
  return change;
}

absl::Status CheckKeyId(const std::string& id) {
  if (absl::StartsWith(id, kKeyPrefix)) {
    return KeyProblem(
        "that is a whole key, which belongs into no command line: its id is "
        "the part between the underscores. Others may have seen it; replace it "
        "with linktor-ig keys rotate");
  }
  if (id.size() == kIdDigits && std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      })) {
    return absl::OkStatus();
  }
  return KeyProblem(
      "the id of a key has 16 hex digits; linktor-ig keys list shows it");
}

}  // namespace linktor::cli
