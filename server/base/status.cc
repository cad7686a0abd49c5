#include "server/base/status.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/reason_codes.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

constexpr absl::string_view kDomain = "instagram.linktor";
constexpr char kRemedy[] = "remedy";
constexpr absl::string_view kTypePrefix = "type.googleapis.com/";
// A status travels in HTTP/2 trailers. Clients take 8 KiB of them by default,
// base64 and the message again, percent-encoded, included. A status may hold
// what callers send us (ids, names), so everything is cut, in bytes.
constexpr std::size_t kMaxMessage = 700;
constexpr std::size_t kMaxMetadataValue = 256;
constexpr std::size_t kMaxDescription = 250;
constexpr std::size_t kMaxViolations = 2500;

template <typename Detail>
std::string TypeUrl() {
  return absl::StrCat(kTypePrefix, Detail::descriptor()->full_name());
}

// The same detail is the same bytes, although a map has no order of its own:
// clients compare errors, and caches and logs find the same one again.
std::string Serialize(const google::protobuf::Message& detail) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  detail.SerializeToCodedStream(&coded);
  // Without this, bytes that `coded` holds back would reach `bytes` after they
  // are returned.
  coded.Trim();
  return bytes;
}

template <typename Detail>
void SetDetail(absl::Status& status, const Detail& detail) {
  status.SetPayload(TypeUrl<Detail>(), absl::Cord(Serialize(detail)));
}

template <typename Detail>
std::optional<Detail> GetDetail(const absl::Status& status) {
  const auto payload = status.GetPayload(TypeUrl<Detail>());
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return detail;
}

// Returns the place of a detail among those of a status, from the most
// important; unknown ones come last. absl::Status has no order of its own.
std::size_t PlaceOf(absl::string_view type_url) {
  static const auto& order = *new std::array{
      TypeUrl<google::rpc::ErrorInfo>(),
      TypeUrl<google::rpc::BadRequest>(),
      TypeUrl<google::rpc::PreconditionFailure>(),
      TypeUrl<google::rpc::QuotaFailure>(),
      TypeUrl<google::rpc::RetryInfo>(),
      TypeUrl<google::rpc::Help>(),
  };
  return static_cast<std::size_t>(
      std::find(order.begin(), order.end(), type_url) - order.begin());
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view message,
                       const ErrorDetails& details) {
  assert(CodeFits(details.reason, code));
  absl::Status status(code, ToAbsl(CutUtf8(message, kMaxMessage)));
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonName(details.reason));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : details.metadata) {
    (*info.mutable_metadata())[key] = CutUtf8(value, kMaxMetadataValue);
  }
  if (!details.remedy.empty()) {
    (*info.mutable_metadata())[kRemedy] =
        CutUtf8(details.remedy, kMaxMetadataValue);
  }
  SetDetail(status, info);
  if (details.retry_after.has_value()) {
    SetRetryDelay(status, *details.retry_after);
  }
  if (details.quota.has_value()) {
    google::rpc::QuotaFailure failure;
    auto* violation = failure.add_violations();
    violation->set_subject(details.quota->subject);
    violation->set_description(details.quota->description);
    SetDetail(status, failure);
  }
  if (!details.fields.empty()) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : details.fields) {
      if (bad.ByteSizeLong() > kMaxViolations) {
        AddErrorMetadata(status, "omitted_violations",
                         std::to_string(details.fields.size() -
                                        static_cast<std::size_t>(
                                            bad.field_violations_size())));
        break;
      }
      auto* added = bad.add_field_violations();
      added->set_field(std::string(CutUtf8(violation.field, kMaxDescription)));
      added->set_description(
          std::string(CutUtf8(violation.description, kMaxDescription)));
    }
    SetDetail(status, bad);
  }
  return status;
}

absl::Status MakeError(absl::StatusCode code, v1::ErrorReason reason,
                       std::string_view message) {
  return MakeError(code, message, ErrorDetails{.reason = reason});
}

absl::Status InvalidFields(v1::ErrorReason reason,
                           std::vector<FieldViolation> fields) {
  const std::string message = absl::StrJoin(
      fields, "; ", [](std::string* out, const FieldViolation& violation) {
        absl::StrAppend(out, violation.field, ": ", violation.description);
      });
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   ErrorDetails{.reason = reason, .fields = std::move(fields)});
}

void SetRetryDelay(absl::Status& status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  *retry.mutable_retry_delay() =
      google::protobuf::util::TimeUtil::MillisecondsToDuration(
          absl::ToInt64Milliseconds(delay));
  SetDetail(status, retry);
}

std::string ReasonName(v1::ErrorReason reason) {
  return std::string(
      absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_"));
}

google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status) {
  return GetDetail<google::rpc::ErrorInfo>(status).value_or(
      google::rpc::ErrorInfo());
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const auto retry = GetDetail<google::rpc::RetryInfo>(status);
  if (!retry.has_value()) return std::nullopt;
  return absl::Milliseconds(
      google::protobuf::util::TimeUtil::DurationToMilliseconds(
          retry->retry_delay()));
}

void AddErrorMetadata(absl::Status& status, std::string_view key,
                      std::string_view value) {
  google::rpc::ErrorInfo info = ErrorInfoOf(status);
  (*info.mutable_metadata())[std::string(key)] =
      CutUtf8(value, kMaxMetadataValue);
  SetDetail(status, info);
}

google::rpc::ErrorInfo ErrorInfoWithRemedy(const absl::Status& status) {
  google::rpc::ErrorInfo info = ErrorInfoOf(status);
  const auto* value = v1::ErrorReason_descriptor()->FindValueByName(
      absl::StrCat("ERROR_REASON_", info.reason()));
  if (value != nullptr) {
    // This does nothing where there is a remedy already.
    info.mutable_metadata()->insert(
        {kRemedy, value->options().GetExtension(v1::remedy)});
  }
  return info;
}

google::rpc::Status ToRpcStatus(const absl::Status& given) {
  absl::Status status = given;
  if (!status.ok()) {
    if (ErrorInfoOf(status).reason().empty()) {
      status = MakeError(absl::StatusCode::kInternal,
                         v1::ERROR_REASON_INTERNAL_FAULT,
                         "a fault in this server; its log says more");
    }
    SetDetail(status, ErrorInfoWithRemedy(status));
  }
  google::rpc::Status result;
  result.set_code(static_cast<int>(status.code()));
  result.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto* detail = result.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  std::sort(result.mutable_details()->begin(), result.mutable_details()->end(),
            [](const google::protobuf::Any& a, const google::protobuf::Any& b) {
              return std::pair(PlaceOf(a.type_url()), a.type_url()) <
                     std::pair(PlaceOf(b.type_url()), b.type_url());
            });
  return result;
}

}  // namespace linktor
