// These functions turn the options of the command `keys` into messages of the
// contract. Errors are for the person who typed the options. The functions are
// pure, for any thread.

#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "linktor/instagram/v1/api_key.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// Returns the name of every permission in the form that the commands take, such
// as "read-events".
std::vector<std::string> PermissionNames();
// Returns the name of a permission; a permission that this program does not
// know shows as its number.
std::string PermissionName(v1::Permission permission);
// Returns UNSPECIFIED for a name that is none of PermissionNames().
v1::Permission ParsePermission(const std::string& name);

// Takes a duration after `now`, such as 90d or 24h, or a time, such as
// 2027-01-01T00:00:00Z. The result must lie after `now` and before the year
// 10000.
absl::StatusOr<google::protobuf::Timestamp> ParseExpiry(const std::string& text,
                                                        absl::Time now);

// These are the options of one command. An update does not change a field whose
// option is absent.
struct KeyOptions {
  std::string id;
  std::optional<std::string> name;
  std::vector<std::string> permissions;
  std::vector<std::string> channels;
  bool all_channels = false;
  std::optional<std::string> expires;
  bool no_expiry = false;
};

// Builds the key that a request to create a key carries.
absl::StatusOr<v1::ApiKey> BuildKey(const KeyOptions& options, absl::Time now);

// `key` has the new values of one update, and `mask` names the fields that
// change.
struct KeyChange {
  v1::ApiKey key;
  google::protobuf::FieldMask mask;
};
// Returns INVALID_ARGUMENT when the options change nothing.
absl::StatusOr<KeyChange> BuildChange(const KeyOptions& options,
                                      absl::Time now);

// Checks that `id` is the id of a key and not the whole key. The whole key must
// never be an argument, because other users can see arguments. The error does
// not repeat `id`.
absl::Status CheckKeyId(const std::string& id);

}  // namespace linktor::cli
