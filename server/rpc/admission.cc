#include "server/rpc/admission.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::rpc {
namespace {

constexpr char kAuthorization[] = "authorization";
constexpr char kApiKey[] = "x-api-key";
constexpr std::string_view kScheme = "Bearer ";

absl::Status KeyMissing() {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_API_KEY_MISSING,
                   "this server asks for an API key, and the call has none");
}

absl::Status TwoKeys() {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_API_KEY_INVALID,
                   "the call has more than one API key; send one");
}

// Returns the key that the call presents, borrowed from the context. It fails
// with API_KEY_MISSING when there is none, API_KEY_INVALID when there are two
// different ones. Authorization of another scheme is left alone: a proxy may
// have put it there.
absl::StatusOr<std::string_view> PresentedKey(
    const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  std::string_view found;
  for (const char* name : {kAuthorization, kApiKey}) {
    const auto [begin, end] = metadata.equal_range(name);
    for (auto it = begin; it != end; ++it) {
      std::string_view value(it->second.data(), it->second.size());
      if (name == kAuthorization) {
        if (!absl::StartsWithIgnoreCase(ToAbsl(value), ToAbsl(kScheme))) {
          continue;
        }
        value.remove_prefix(kScheme.size());
      }
      while (value.starts_with(' ')) value.remove_prefix(1);
      while (value.ends_with(' ')) value.remove_suffix(1);
      if (value.empty()) continue;
      if (!found.empty() && found != value) return TwoKeys();
      found = value;
    }
  }
  if (found.empty()) return KeyMissing();
  return found;
}

}  // namespace

absl::Status DrainingError() {
  return MakeError(
      absl::StatusCode::kUnavailable,
      "the server is shutting down; connect again",
      {.reason = v1::ERROR_REASON_DRAINING, .retry_after = absl::Seconds(1)});
}

absl::Status OverloadedError() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "the server has too much to do; nothing was done",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::StatusOr<access::Caller> Admission::Authenticate(
    const grpc::CallbackServerContext& context) {
  if (keys_ == nullptr) return access::Caller();
  LINKTOR_ASSIGN(const std::string_view key, PresentedKey(context));
  return keys_->Authenticate(key);
}

absl::StatusOr<Admitted> Admission::Admit(
    const grpc::CallbackServerContext& context, v1::Permission permission,
    const Kind& kind) {
  if (gate_.draining()) return DrainingError();
  Admitted admitted;
  std::int64_t before = 0;
  // The Admission outlives every call, so this counter needs no owner.
  admitted.total = Place({std::shared_ptr<void>(), &kind.total}, before);
  if (before >= kind.max_total) return OverloadedError();
  LINKTOR_ASSIGN(admitted.caller, Authenticate(context));
  const access::Caller& caller = admitted.caller;
  if (permission != v1::PERMISSION_UNSPECIFIED && !caller.Has(permission)) {
    return access::LacksPermission(caller, permission);
  }
  if (caller.key() == nullptr) return admitted;
  const std::shared_ptr<access::KeyUse>& use = caller.key()->use;
  admitted.own = Place({use, &((*use).*kind.own)}, before);
  if (before >= kind.max_own) {
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat("the API key has as much under way as one key may: ",
                     kind.own_name, " is ", kind.max_own),
        {.reason = v1::ERROR_REASON_LIMIT_REACHED,
         .metadata = {{"limit", kind.own_name},
                      {"value", absl::StrCat(kind.max_own)},
                      {"api_key_id", std::string(caller.key_id())}},
         .retry_after = absl::Seconds(1)});
  }
  return admitted;
}

absl::StatusOr<Admitted> Admission::AdmitCall(
    const grpc::CallbackServerContext& context, const access::Method& method) {
  return Admit(context, method.permission,
               {.total = calls_,
                .max_total = limits_.max_calls,
                .own = &access::KeyUse::calls,
                .max_own = limits_.max_calls_per_key,
                .own_name = "max_calls_per_key"});
}

absl::StatusOr<Admitted> Admission::AdmitStream(
    const grpc::CallbackServerContext& context, const access::Method& method) {
  return Admit(context, method.permission, Streams());
}

absl::StatusOr<Admitted> Admission::AdmitAnyKey(
    const grpc::CallbackServerContext& context) {
  return Admit(context, v1::PERMISSION_UNSPECIFIED, Streams());
}

Admission::Kind Admission::Streams() {
  return {.total = streams_,
          .max_total = limits_.max_streams,
          .own = &access::KeyUse::streams,
          .max_own = limits_.max_streams_per_key,
          .own_name = "max_streams_per_key"};
}

}  // namespace linktor::rpc
