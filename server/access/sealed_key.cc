#include "server/access/sealed_key.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

namespace linktor::access {
namespace {

absl::Status CannotOpen(const state::ApiKeyRow& row, const absl::Status& why) {
  return {why.code(), absl::StrCat("API key '", row.id,
                                   "' cannot be opened: ", why.message())};
}

}  // namespace

absl::StatusOr<std::string> SealKey(seal::Sealer& sealer, const v1::ApiKey& key,
                                    seal::NewKeys& new_keys) {
  v1::ApiKey stored = key;
  stored.clear_last_use_time();
  return sealer.Seal({.channel_no = 0, .user_id = ""},
                     seal::SealedPlace::kApiKey, key.id(),
                     stored.SerializeAsString(), new_keys);
}

absl::StatusOr<v1::ApiKey> OpenKey(seal::Sealer& sealer,
                                   const state::ApiKeyRow& row) {
  const auto opened =
      sealer.Open(seal::SealedPlace::kApiKey, row.id, row.sealed_key);
  if (!opened.ok()) return CannotOpen(row, opened.status());
  v1::ApiKey key;
  if (!key.ParseFromString(*opened)) {
    return CannotOpen(row,
                      absl::DataLossError("its content is no ApiKey message"));
  }
  SetLastUse(row, key);
  return key;
}

void SetLastUse(const state::ApiKeyRow& row, v1::ApiKey& key) {
  if (row.last_use_ms == 0) return key.clear_last_use_time();
  *key.mutable_last_use_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          row.last_use_ms);
}

}  // namespace linktor::access
