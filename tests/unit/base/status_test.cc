#include "server/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/proto_matchers.h"
#include "tests/support/status_matchers.h"

namespace linktor {
namespace {

using testing::ElementsAre;

absl::Status Detailed() {
  return MakeError(absl::StatusCode::kResourceExhausted, "slow down",
                   {.reason = v1::ERROR_REASON_RATE_LIMITED,
                    .metadata = {{"graph_code", "4"}},
                    .retry_after = absl::Milliseconds(1500)});
}

template <typename Detail>
Detail DetailOf(const google::rpc::Status& status) {
  Detail detail;
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  ADD_FAILURE() << "no " << Detail::descriptor()->full_name();
  return detail;
}

TEST(StatusTest, DetailsAreReadBack) {
  const absl::Status status = Detailed();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(status, HasReason("RATE_LIMITED"));
  EXPECT_THAT(status, HasMetadata("graph_code", "4"));
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1500));
}

TEST(StatusTest, DetailsReachTheRpcStatus) {
  const google::rpc::Status rpc = ToRpcStatus(Detailed());
  EXPECT_EQ(rpc.code(), 8);
  EXPECT_EQ(rpc.message(), "slow down");
  const auto info = DetailOf<google::rpc::ErrorInfo>(rpc);
  EXPECT_EQ(info.reason(), "RATE_LIMITED");
  EXPECT_EQ(info.domain(), "instagram.linktor");
  EXPECT_EQ(info.metadata().at("graph_code"), "4");
  EXPECT_THAT(DetailOf<google::rpc::RetryInfo>(rpc),
              EqualsProto("retry_delay { seconds: 1 nanos: 500000000 }"));
}

TEST(StatusTest, InvalidFieldsNamesThemAll) {
  const absl::Status status =
      InvalidFields(v1::ERROR_REASON_INVALID_REQUEST,
                    {{"to", "must not be empty"}, {"content", "is missing"}});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(status.message(), "to: must not be empty; content: is missing");
  EXPECT_THAT(
      DetailOf<google::rpc::BadRequest>(ToRpcStatus(status)), EqualsProto(R"pb(
        field_violations { field: "to" description: "must not be empty" }
        field_violations { field: "content" description: "is missing" })pb"));
}

TEST(StatusTest, WithoutReasonItIsAFaultAndKeepsItsTextToItself) {
  const google::rpc::Status rpc =
      ToRpcStatus(absl::NotFoundError("row 7 of table secrets"));
  EXPECT_EQ(rpc.code(), 13);
  EXPECT_EQ(rpc.message().find("secrets"), std::string::npos);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(rpc).reason(), "INTERNAL_FAULT");
}

TEST(StatusTest, OkStaysOk) {
  const google::rpc::Status rpc = ToRpcStatus(absl::OkStatus());
  EXPECT_EQ(rpc.code(), 0);
  EXPECT_EQ(rpc.details_size(), 0);
}

TEST(StatusTest, AddedMetadataJoinsTheRest) {
  absl::Status status = Detailed();
  AddErrorMetadata(status, "attempt", "2");
  EXPECT_THAT(status, HasReason("RATE_LIMITED"));
  EXPECT_THAT(status, HasMetadata("graph_code", "4"));
  EXPECT_THAT(status, HasMetadata("attempt", "2"));
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1500));
}

TEST(StatusTest, RetryDelayIsSetOrReplaced) {
  absl::Status status = Detailed();
  SetRetryDelay(status, absl::Minutes(2));
  EXPECT_EQ(RetryDelayOf(status), absl::Minutes(2));
  EXPECT_THAT(status, HasReason("RATE_LIMITED"));
  EXPECT_THAT(status, HasMetadata("graph_code", "4"));
  status = MakeError(absl::StatusCode::kFailedPrecondition,
                     v1::ERROR_REASON_PERMISSION_MISSING, "no");
  SetRetryDelay(status, absl::Milliseconds(1));
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(1));
  status = absl::OkStatus();
  SetRetryDelay(status, absl::Minutes(2));
  EXPECT_THAT(status, IsOk());
}

// Clients refuse trailers over 8 KiB and report something else instead.
TEST(StatusTest, FitsIntoTrailersWhateverCallersSend) {
  std::string longest;
  for (int i = 0; i < 100'000; ++i) longest += "\u20ac";
  std::vector<FieldViolation> fields(1000, {"types[0]", longest});
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, longest,
                                  {.reason = v1::ERROR_REASON_INVALID_REQUEST,
                                   .metadata = {{"channel_id", longest}},
                                   .fields = fields});
  AddErrorMetadata(status, "more", longest);
  const google::rpc::Status rpc = ToRpcStatus(status);
  EXPECT_LE(rpc.ByteSizeLong() * 4 / 3 + 3 * rpc.message().size(), 8000U);
  EXPECT_GE(DetailOf<google::rpc::BadRequest>(rpc).field_violations_size(), 5);
  EXPECT_THAT(status, HasReason("INVALID_REQUEST"));
}

// absl::Status gives its details in an order that depends on where they lie.
TEST(StatusTest, DetailsHaveAFixedOrder) {
  std::vector<std::unique_ptr<absl::Status>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<absl::Status>(
        MakeError(absl::StatusCode::kResourceExhausted, "all of them",
                  {.reason = v1::ERROR_REASON_RATE_LIMITED,
                   .retry_after = absl::Seconds(1),
                   .fields = {{"to", "is odd"}},
                   .quota = QuotaViolation{"user:1", "200 an hour"}})));
    // These are not made here yet.
    for (const char* type :
         {"google.rpc.Help", "acme.Unknown", "google.rpc.PreconditionFailure",
          "acme.Another"}) {
      all.back()->SetPayload(absl::StrCat("type.googleapis.com/", type),
                             absl::Cord());
    }
  }
  for (const auto& status : all) {
    const google::rpc::Status rpc = ToRpcStatus(*status);
    std::vector<std::string> types;
    for (const auto& detail : rpc.details()) {
      types.push_back(detail.type_url().substr(detail.type_url().find('/')));
    }
    ASSERT_THAT(
        types,
        ElementsAre("/google.rpc.ErrorInfo", "/google.rpc.BadRequest",
                    "/google.rpc.PreconditionFailure",
                    "/google.rpc.QuotaFailure", "/google.rpc.RetryInfo",
                    "/google.rpc.Help", "/acme.Another", "/acme.Unknown"));
  }
}

TEST(StatusTest, TheSameErrorIsTheSameBytes) {
  std::vector<std::pair<std::string, std::string>> metadata;
  metadata.reserve(20);
  for (int i = 0; i < 20; ++i) {
    metadata.emplace_back(absl::StrCat("key_", i), absl::StrCat(i));
  }
  std::set<std::string> bytes;
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    std::rotate(metadata.begin(), metadata.begin() + 1, metadata.end());
    bytes.insert(
        ToRpcStatus(MakeError(absl::StatusCode::kResourceExhausted, "slow down",
                              {.reason = v1::ERROR_REASON_RATE_LIMITED,
                               .metadata = metadata,
                               .retry_after = absl::Seconds(1)}))
            .SerializeAsString());
  }
  EXPECT_EQ(bytes.size(), 1U);
}

TEST(StatusTest, ViolationsComeInTheOrderOfTheFields) {
  std::vector<FieldViolation> fields;
  std::vector<std::string> names;
  for (const char* name : {"to", "channel_id", "content.text", "a", "to"}) {
    fields.push_back({name, "is odd"});
    names.emplace_back(name);
  }
  const auto bad = DetailOf<google::rpc::BadRequest>(
      ToRpcStatus(InvalidFields(v1::ERROR_REASON_INVALID_REQUEST, fields)));
  std::vector<std::string> told;
  for (const auto& violation : bad.field_violations()) {
    told.push_back(violation.field());
  }
  EXPECT_EQ(told, names);
}

TEST(StatusDeathTest, AReasonWithAnothersCodeIsAFault) {
  EXPECT_DEBUG_DEATH((void)MakeError(absl::StatusCode::kAborted,
                                     v1::ERROR_REASON_OVERLOADED, "no"),
                     "CodeFits");
}

TEST(StatusTest, EveryReasonHasAShortName) {
  for (int i = v1::ErrorReason_MIN; i <= v1::ErrorReason_MAX; ++i) {
    if (!v1::ErrorReason_IsValid(i)) continue;
    const std::string name = ReasonName(static_cast<v1::ErrorReason>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_FALSE(name.starts_with("ERROR_REASON_"));
  }
  EXPECT_EQ(ReasonName(v1::ERROR_REASON_CURSOR_EXPIRED), "CURSOR_EXPIRED");
}

}  // namespace
}  // namespace linktor
