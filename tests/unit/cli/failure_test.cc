#include "client/cli/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace linktor::cli {
namespace {

using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// A refusal as the server makes it has the reason, with details beside it.
grpc::Status Refusal(StatusCode code, const std::string& reason,
                     const std::map<std::string, std::string>& metadata = {},
                     const std::vector<google::protobuf::Any>& more = {}) {
  google::rpc::Status rpc;
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("instagram.linktor");
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  rpc.add_details()->PackFrom(info);
  for (const auto& one : more) *rpc.add_details() = one;
  return {code, "no", rpc.SerializeAsString()};
}

google::protobuf::Any Packed(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

ExitCode CodeOf(const grpc::Status& status, CallKind kind) {
  return FailureOf(status, kind).exit_code;
}

// ---- Exit codes ------------------------------------------------------------

TEST(FailureTest, ExitCodesAreWhatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(ExitCode::kOk), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kRefused), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnavailable), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kOutcomeUnknown), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kOutput), 5);
}

TEST(FailureTest, RefusalIsOne) {
  for (const StatusCode code :
       {StatusCode::INVALID_ARGUMENT, StatusCode::NOT_FOUND,
        StatusCode::FAILED_PRECONDITION, StatusCode::RESOURCE_EXHAUSTED,
        StatusCode::UNIMPLEMENTED, StatusCode::INTERNAL}) {
    EXPECT_EQ(CodeOf(Refusal(code, "ANY"), CallKind::kSend), ExitCode::kRefused)
        << instagram::CodeName(code);
  }
}

TEST(FailureTest, ServersOwnUnavailabilityIsThreeEvenForASend) {
  EXPECT_EQ(
      CodeOf(Refusal(StatusCode::UNAVAILABLE, "DRAINING"), CallKind::kSend),
      ExitCode::kUnavailable);
}

TEST(FailureTest, BrokenConnectionIsUnknownUnlessItWasARead) {
  for (const StatusCode code :
       {StatusCode::UNAVAILABLE, StatusCode::DEADLINE_EXCEEDED,
        StatusCode::CANCELLED, StatusCode::UNKNOWN, StatusCode::INTERNAL}) {
    const grpc::Status status(code, "broken");
    EXPECT_EQ(CodeOf(status, CallKind::kSend), ExitCode::kOutcomeUnknown);
    EXPECT_EQ(CodeOf(status, CallKind::kChange), ExitCode::kOutcomeUnknown);
    EXPECT_EQ(CodeOf(status, CallKind::kRead), ExitCode::kUnavailable);
  }
}

// gRPC makes this of an answer that is too large, after the work was done.
TEST(FailureTest, ExhaustionWithoutAReasonIsUnknownUnlessItWasARead) {
  const grpc::Status status(StatusCode::RESOURCE_EXHAUSTED, "too large");
  EXPECT_EQ(CodeOf(status, CallKind::kSend), ExitCode::kOutcomeUnknown);
  EXPECT_EQ(CodeOf(status, CallKind::kRead), ExitCode::kRefused);
}

// A proxy may have tried twice, and tell of the second time only.
TEST(FailureTest, NoCodeWithoutAReasonSaysThatNothingWasDone) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status(static_cast<StatusCode>(code), "no");
    EXPECT_EQ(CodeOf(status, CallKind::kSend), ExitCode::kOutcomeUnknown);
    EXPECT_EQ(CodeOf(status, CallKind::kChange), ExitCode::kOutcomeUnknown);
  }
  for (const StatusCode code :
       {StatusCode::UNAUTHENTICATED, StatusCode::PERMISSION_DENIED,
        StatusCode::UNIMPLEMENTED}) {
    EXPECT_EQ(CodeOf({code, "no"}, CallKind::kRead), ExitCode::kRefused);
  }
}

// A reason of somebody else is not the server's word either.
TEST(FailureTest, ReasonOfAnotherDomainIsNone) {
  google::rpc::Status rpc;
  google::rpc::ErrorInfo info;
  info.set_reason("UPSTREAM_RESET");
  info.set_domain("proxy.example.com");
  rpc.add_details()->PackFrom(info);
  const grpc::Status status(StatusCode::UNAVAILABLE, "reset",
                            rpc.SerializeAsString());
  const Failure failure = FailureOf(status, CallKind::kSend);
  EXPECT_EQ(failure.exit_code, ExitCode::kOutcomeUnknown);
  EXPECT_THAT(failure.reason, IsEmpty());
}

TEST(FailureTest, UnknownOutcomeIsFour) {
  EXPECT_EQ(CodeOf(Refusal(StatusCode::UNKNOWN, "SEND_OUTCOME_UNKNOWN"),
                   CallKind::kSend),
            ExitCode::kOutcomeUnknown);
  EXPECT_EQ(CodeOf(Refusal(StatusCode::ABORTED, "REQUEST_IN_FLIGHT"),
                   CallKind::kSend),
            ExitCode::kOutcomeUnknown);
}

// ---- Remedies --------------------------------------------------------------

TEST(FailureTest, RemedyIsOursElseTheServersElseOfTheContract) {
  EXPECT_THAT(FailureOf(Refusal(StatusCode::NOT_FOUND, "CHANNEL_NOT_FOUND",
                                {{"remedy", "Use an id of ListChannels."}}),
                        CallKind::kRead)
                  .remedy,
              HasSubstr("linktor-ig channels list"));
  EXPECT_EQ(FailureOf(Refusal(StatusCode::INTERNAL, "NEWER",
                              {{"remedy", "Do this."}}),
                      CallKind::kRead)
                .remedy,
            "Do this.");
  EXPECT_THAT(
      FailureOf(Refusal(StatusCode::UNAVAILABLE, "DRAINING"), CallKind::kRead)
          .remedy,
      HasSubstr("Connect again"));
}

// Nothing says that it was not sent: the request may have arrived.
TEST(FailureTest, LostSendMayBeRepeatedWithTheSameRequestIdOnly) {
  const std::string remedy =
      FailureOf({StatusCode::UNAVAILABLE, "broken"}, CallKind::kSend).remedy;
  EXPECT_THAT(remedy, HasSubstr("Nobody knows whether it was sent"));
  EXPECT_THAT(remedy, HasSubstr("with the same request id"));
  EXPECT_THAT(remedy, Not(HasSubstr("nothing was")));
}

// A later refusal does not speak of an earlier try that got lost.
TEST(FailureTest, LostSendThatWasThenRefusedMayStillHaveBeenSent) {
  instagram::Error error = instagram::ErrorOf(
      Refusal(StatusCode::UNAVAILABLE, "DRAINING",
              {{"remedy", "Connect again: nothing was done."}}));
  error.outcome_unknown = true;
  const Failure failure = FailureOf(error, CallKind::kSend);
  EXPECT_EQ(failure.exit_code, ExitCode::kOutcomeUnknown);
  EXPECT_THAT(failure.remedy, HasSubstr("Nobody knows whether it was sent"));
  EXPECT_THAT(failure.remedy, Not(HasSubstr("nothing was done")));
}

TEST(FailureTest, LostReadAndTheServersOwnWordMayBeRepeated) {
  EXPECT_THAT(
      FailureOf({StatusCode::UNAVAILABLE, "broken"}, CallKind::kRead).remedy,
      HasSubstr("reading changes nothing"));
  EXPECT_THAT(
      FailureOf(Refusal(StatusCode::UNAVAILABLE, "NEWER"), CallKind::kSend)
          .remedy,
      HasSubstr("nothing was done"));
}

// ---- Rendering -------------------------------------------------------------

Failure Full() {
  google::rpc::BadRequest bad;
  for (const char* field : {"a", "b"}) {
    auto* violation = bad.add_field_violations();
    violation->set_field(field);
    violation->set_description("is wrong");
  }
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(90);
  Failure failure =
      FailureOf(Refusal(StatusCode::RESOURCE_EXHAUSTED, "NEWER_LIMIT",
                        {{"remedy", "Wait."}, {"graph_code", "613"}},
                        {Packed(bad), Packed(retry)}),
                CallKind::kSend);
  failure.next.emplace_back("linktor-ig channels list");
  return failure;
}

TEST(FailureTest, DetailsAreRead) {
  const Failure failure = Full();
  EXPECT_EQ(failure.code, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(failure.retry_delay, absl::Seconds(90));
  EXPECT_THAT(failure.violations,
              ElementsAre(instagram::FieldViolation{"a", "is wrong"},
                          instagram::FieldViolation{"b", "is wrong"}));
  EXPECT_THAT(failure.metadata, ElementsAre(Pair("graph_code", "613")));
}

TEST(FailureTest, TextForAPerson) {
  EXPECT_EQ(ToText(Full()),
            "error: no\n"
            "reason: NEWER_LIMIT (RESOURCE_EXHAUSTED)\n"
            "field: a: is wrong\n"
            "field: b: is wrong\n"
            "detail: graph_code = 613\n"
            "what to do: Wait.\n"
            "try again in: 90 s\n"
            "next: linktor-ig channels list\n");
}

TEST(FailureTest, OneFieldThatTheMessageTellsIsNotRepeated) {
  Failure failure{.message = "to: is required", .reason = "INVALID_REQUEST"};
  failure.violations = {{"to", "is required"}};
  EXPECT_THAT(ToText(failure), Not(HasSubstr("field:")));
  EXPECT_THAT(ToJson(failure), HasSubstr("fieldViolations"));
}

TEST(FailureTest, OneFieldThatTheMessageLacksIsTold) {
  Failure failure{.message = "this is required", .reason = "INVALID_REQUEST"};
  failure.violations = {{"to", "is required"}};
  EXPECT_THAT(ToText(failure), HasSubstr("\nfield: to\n"));
  failure.message = "the request is wrong";
  EXPECT_THAT(ToText(failure), HasSubstr("\nfield: to: is required\n"));
}

TEST(FailureTest, TextCannotDriveATerminal) {
  Failure failure{.message = "Meta: \x1b[2J\nreason: FAKE",
                  .reason = "\x07",
                  .remedy = "\x1b",
                  .violations = {{"\x1b", "\x1b"}},
                  .metadata = {{"\x1b", "\x1b"}},
                  .next = {"\x1b"}};
  const std::string text = ToText(failure);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, Not(HasSubstr("\nreason: FAKE")));
}

TEST(FailureTest, JsonForAMachineOnOneLine) {
  const std::string line = ToJson(Full());
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  const auto error = boost::json::parse(line).at("error");
  EXPECT_EQ(error.at("code"), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(error.at("reason"), "NEWER_LIMIT");
  EXPECT_EQ(error.at("message"), "no");
  EXPECT_EQ(error.at("remedy"), "Wait.");
  EXPECT_EQ(error.at("retryDelaySeconds").to_number<double>(), 90);
  EXPECT_EQ(error.at("fieldViolations").as_array().size(), 2U);
  EXPECT_EQ(error.at("metadata").at("graph_code"), "613");
  EXPECT_EQ(error.at("next").at(0), "linktor-ig channels list");
  EXPECT_EQ(error.at("exitCode"), 1);
}

TEST(FailureTest, NotReachedIsThreeAndSaysHowToReachIt) {
  const Failure failure = NotReached("host:1", "refused");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnavailable);
  EXPECT_THAT(ToText(failure),
              HasSubstr("cannot reach the server at host:1: refused"));
  EXPECT_THAT(failure.remedy, HasSubstr("--server"));
}

TEST(FailureTest, UsageIsTwoAndHasNoCode) {
  EXPECT_EQ(UsageFailure("x").exit_code, ExitCode::kUsage);
  EXPECT_EQ(ToText(UsageFailure("x")), "error: x\n");
}

}  // namespace
}  // namespace linktor::cli
