#include "server/graph/error_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/graph/error_table.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace linktor {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

HttpResult Error(int code, int subcode, const std::string& message = "text",
                 int http_status = 400) {
  return {.status_code = http_status,
          .body = absl::StrCat(
              R"({"error":{"message":")", message,
              R"(","type":"OAuthException","code":)", code,
              subcode == 0 ? "" : absl::StrCat(R"(,"error_subcode":)", subcode),
              R"(,"fbtrace_id":"trace"}})")};
}

struct Row {
  int code;
  int subcode;
  Code canonical;
  const char* reason;
};

// Each of these sends certainly was not processed.
TEST(ErrorMapTest, Table) {
  const Row rows[] = {
      {3, 0, Code::kFailedPrecondition, "APP_NOT_APPROVED"},
      {4, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {4, 2018354, Code::kResourceExhausted, "RATE_LIMITED"},
      {9, 2018352, Code::kResourceExhausted, "RATE_LIMITED"},
      {17, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {32, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {613, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {613, 2534040, Code::kResourceExhausted, "RATE_LIMITED"},
      {80001, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {80002, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {80006, 0, Code::kResourceExhausted, "RATE_LIMITED"},
      {1200, 0, Code::kUnavailable, "GRAPH_UNAVAILABLE"},
      {10, 2534022, Code::kFailedPrecondition, "OUTSIDE_MESSAGING_WINDOW"},
      {10, 2018278, Code::kFailedPrecondition, "OUTSIDE_MESSAGING_WINDOW"},
      {10, 2018065, Code::kFailedPrecondition, "OUTSIDE_MESSAGING_WINDOW"},
      {10, 2018108, Code::kFailedPrecondition, "RECIPIENT_UNAVAILABLE"},
      {10, 2018300, Code::kFailedPrecondition,
       "THREAD_CONTROLLED_BY_ANOTHER_APP"},
      {10, 2018321, Code::kFailedPrecondition,
       "THREAD_CONTROLLED_BY_ANOTHER_APP"},
      {10, 1893063, Code::kFailedPrecondition, "ACCOUNT_RESTRICTED"},
      // 10 comes alone, and with subcodes that nobody has listed.
      {10, 0, Code::kFailedPrecondition, "PERMISSION_MISSING"},
      {10, 999, Code::kFailedPrecondition, "PERMISSION_MISSING"},
      {27, 0, Code::kFailedPrecondition, "THREAD_CONTROLLED_BY_ANOTHER_APP"},
      {100, 2534037, Code::kFailedPrecondition,
       "THREAD_CONTROLLED_BY_ANOTHER_APP"},
      {100, 33, Code::kNotFound, "GRAPH_ERROR"},
      {100, 2018001, Code::kNotFound, "RECIPIENT_NOT_FOUND"},
      {100, 2534014, Code::kNotFound, "RECIPIENT_NOT_FOUND"},
      {100, 2534029, Code::kFailedPrecondition, "ACTION_BLOCKED"},
      {100, 2018008, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {100, 2018047, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {100, 2018074, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {100, 2018109, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {100, 2018294, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {100, 0, Code::kInvalidArgument, "INVALID_CONTENT"},
      {100, 1893061, Code::kInvalidArgument, "INVALID_CONTENT"},
      {36000, 0, Code::kInvalidArgument, "MEDIA_REJECTED"},
      {102, 0, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED"},
      {190, 0, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED"},
      {190, 460, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED"},
      {190, 463, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED"},
      {200, 0, Code::kFailedPrecondition, "PERMISSION_MISSING"},
      {200, 2018028, Code::kFailedPrecondition, "APP_NOT_APPROVED"},
      {200, 2534041, Code::kFailedPrecondition, "MESSAGING_DISABLED"},
      {200, 1545041, Code::kFailedPrecondition, "RECIPIENT_UNAVAILABLE"},
      {551, 0, Code::kFailedPrecondition, "RECIPIENT_UNAVAILABLE"},
      {551, 1545041, Code::kFailedPrecondition, "RECIPIENT_UNAVAILABLE"},
      {368, 0, Code::kFailedPrecondition, "ACTION_BLOCKED"},
      {803, 0, Code::kNotFound, "RECIPIENT_NOT_FOUND"},
      {9010, 0, Code::kNotFound, "RECIPIENT_NOT_FOUND"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.code, "/", row.subcode));
    const GraphFailure failure =
        MapGraphError(GraphOperation::kSend, Error(row.code, row.subcode));
    EXPECT_THAT(failure.status, StatusIs(row.canonical));
    EXPECT_THAT(failure.status, HasReason(row.reason));
    EXPECT_FALSE(failure.outcome_unknown);
    EXPECT_THAT(failure.status,
                HasMetadata("graph_code", std::to_string(row.code)));
    EXPECT_THAT(failure.status, HasMetadata("fbtrace_id", "trace"));
    EXPECT_THAT(failure.status, HasMetadata("http_status", "400"));
    // An error says when to try again where that helps.
    EXPECT_EQ(RetryDelayOf(failure.status).has_value(),
              row.canonical == Code::kResourceExhausted ||
                  row.canonical == Code::kUnavailable);
    // Calls that can be repeated mean the same, but have no recipient.
    const std::string_view reason(row.reason);
    EXPECT_THAT(
        MapGraphError(GraphOperation::kRepeatable, Error(row.code, row.subcode))
            .status,
        HasReason(reason == "RECIPIENT_NOT_FOUND" ? "GRAPH_ERROR"
                                                  : row.reason));
  }
}

// The path of the call names the channel's page or account, not the recipient.
TEST(ErrorMapTest, WrongPageIsNotTheRecipients) {
  HttpResult result{.status_code = 400};
  result.body =
      R"({"error":{"code":100,"message":"Unsupported request - method type: )"
      R"(post"}})";
  const absl::Status status =
      MapGraphError(GraphOperation::kSend, result).status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(status, HasReason("GRAPH_ERROR"));
  EXPECT_THAT(status.message(), HasSubstr("page_id"));
}

TEST(ErrorMapTest, SubcodeIsInTheMetadata) {
  const GraphFailure failure =
      MapGraphError(GraphOperation::kSend, Error(10, 2534022));
  EXPECT_THAT(failure.status, HasMetadata("graph_subcode", "2534022"));
  EXPECT_THAT(failure.status.message(), HasSubstr("(Meta: text)"));
}

TEST(ErrorMapTest, UnclearErrorsLeaveASendOpen) {
  for (const auto& [code, subcode] :
       {std::pair(1, 0), std::pair(1, 99), std::pair(1, 1357046),
        std::pair(2, 0), std::pair(2, 1545133)}) {
    const HttpResult result = Error(code, subcode);
    const GraphFailure send = MapGraphError(GraphOperation::kSend, result);
    EXPECT_TRUE(send.outcome_unknown);
    EXPECT_THAT(send.status, StatusIs(Code::kUnknown));
    EXPECT_THAT(send.status, HasReason("SEND_OUTCOME_UNKNOWN"));
    EXPECT_THAT(send.status, HasMetadata("graph_code", std::to_string(code)));
    // Nobody should repeat it by a timer.
    EXPECT_FALSE(RetryDelayOf(send.status).has_value());
    const GraphFailure read =
        MapGraphError(GraphOperation::kRepeatable, result);
    EXPECT_FALSE(read.outcome_unknown);
    EXPECT_THAT(read.status, StatusIs(Code::kUnavailable));
    EXPECT_THAT(read.status, HasReason("GRAPH_UNAVAILABLE"));
    EXPECT_TRUE(RetryDelayOf(read.status).has_value());
  }
}

// Instagram Login gives no subcode.
TEST(ErrorMapTest, MessagingSwitchedOffIsKnownByItsText) {
  const std::string text =
      "The account owner has disabled access to Instagram Direct messages";
  EXPECT_THAT(MapGraphError(GraphOperation::kSend, Error(200, 0, text)).status,
              HasReason("MESSAGING_DISABLED"));
  EXPECT_THAT(MapGraphError(GraphOperation::kSend, Error(10, 0, text)).status,
              HasReason("PERMISSION_MISSING"));
}

bool SpeaksOfTheCallersKey(Code code) {
  return code == Code::kUnauthenticated || code == Code::kPermissionDenied;
}

// Callers change their key to this server when they are told of it; Meta knows
// nothing of that key.
TEST(ErrorMapTest, NoRowSpeaksOfTheCallersKey) {
  ASSERT_FALSE(GraphMeanings().empty());
  for (const GraphMeaning& row : GraphMeanings()) {
    EXPECT_FALSE(SpeaksOfTheCallersKey(row.canonical))
        << row.code << "/" << row.subcode;
  }
  for (int http_status = 100; http_status < 600; ++http_status) {
    for (const bool transient : {false, true}) {
      EXPECT_FALSE(SpeaksOfTheCallersKey(
          MeaningOfHttpStatus(http_status, transient).canonical))
          << http_status;
    }
  }
}

TEST(ErrorMapTest, NoAnswerSpeaksOfTheCallersKey) {
  std::vector<std::pair<int, int>> errors = {{0, 0}, {987654, 0}, {190, 999}};
  for (const GraphMeaning& row : GraphMeanings()) {
    errors.emplace_back(row.code, row.subcode);
  }
  for (const auto& [code, subcode] : errors) {
    for (const char* text :
         {"text", "disabled access", "Unsupported request - method type"}) {
      for (const int http_status :
           {200, 302, 400, 401, 403, 404, 407, 429, 500}) {
        const HttpResult answer = Error(code, subcode, text, http_status);
        for (const GraphOperation operation :
             {GraphOperation::kSend, GraphOperation::kRepeatable}) {
          EXPECT_FALSE(SpeaksOfTheCallersKey(
              MapGraphError(operation, answer).status.code()))
              << code << "/" << subcode << " with " << http_status;
        }
      }
    }
  }
}

struct HttpRow {
  int http_status;
  const char* body;
  Code send;
  const char* send_reason;
  Code read;
};

TEST(ErrorMapTest, WithoutAKnownCodeTheHttpStatusDecides) {
  constexpr char kUnlisted[] = R"({"error":{"message":"m","code":987654}})";
  constexpr char kTransient[] =
      R"({"error":{"message":"m","code":987654,"is_transient":true}})";
  const HttpRow rows[] = {
      {500, "", Code::kUnknown, "SEND_OUTCOME_UNKNOWN", Code::kUnavailable},
      {502, "<html>", Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {503, kUnlisted, Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {400, kTransient, Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {200, kUnlisted, Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {200, R"({"error":{}})", Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {204, "", Code::kUnknown, "SEND_OUTCOME_UNKNOWN", Code::kUnavailable},
      {400, kUnlisted, Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      {400, "rubbish", Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      {302, "", Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      {401, kUnlisted, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED",
       Code::kFailedPrecondition},
      {403, "", Code::kFailedPrecondition, "PERMISSION_MISSING",
       Code::kFailedPrecondition},
      {404, "", Code::kNotFound, "RECIPIENT_NOT_FOUND", Code::kNotFound},
      {429, "", Code::kResourceExhausted, "RATE_LIMITED",
       Code::kResourceExhausted},
  };
  for (const HttpRow& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.http_status, " ", row.body));
    const HttpResult result{.status_code = row.http_status, .body = row.body};
    const GraphFailure send = MapGraphError(GraphOperation::kSend, result);
    EXPECT_THAT(send.status, StatusIs(row.send));
    EXPECT_THAT(send.status, HasReason(row.send_reason));
    EXPECT_EQ(send.outcome_unknown, row.send == Code::kUnknown);
    EXPECT_THAT(MapGraphError(GraphOperation::kRepeatable, result).status,
                StatusIs(row.read));
  }
}

// A listed code says what was done, whatever the status.
TEST(ErrorMapTest, CodeComesBeforeHttpStatus) {
  for (const int http_status : {200, 400, 401, 403, 404, 429, 500, 503}) {
    const GraphFailure failure = MapGraphError(
        GraphOperation::kSend, Error(10, 2534022, "text", http_status));
    EXPECT_THAT(failure.status, HasReason("OUTSIDE_MESSAGING_WINDOW"));
    EXPECT_FALSE(failure.outcome_unknown);
  }
}

struct RetryRow {
  std::vector<std::pair<std::string, std::string>> headers;
  absl::Duration delay;
};

TEST(ErrorMapTest, RetryDelay) {
  const char* usage = "x-business-use-case-usage";
  const RetryRow rows[] = {
      {{}, absl::Seconds(60)},
      {{{"retry-after", "7"}}, absl::Seconds(7)},
      {{{"retry-after", "0"}}, absl::Seconds(60)},
      {{{"retry-after", "-3"}}, absl::Seconds(60)},
      {{{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}, absl::Seconds(60)},
      {{{usage,
         R"({"1":[{"type":"pages","estimated_time_to_regain_access":3},
             {"type":"instagram","estimated_time_to_regain_access":12}],
             "2":[{"estimated_time_to_regain_access":5}]})"}},
       absl::Minutes(12)},
      {{{usage, R"({"1":[{"call_count":100}],"2":7,"3":[7,null]})"}},
       absl::Seconds(60)},
      {{{usage, R"({"1":[{"estimated_time_to_regain_access":"5"}]})"}},
       absl::Seconds(60)},
      {{{usage, "rubbish"}}, absl::Seconds(60)},
      {{{usage, R"({"1":[{"estimated_time_to_regain_access":5}]})"},
        {"retry-after", "9"}},
       absl::Seconds(9)},
  };
  for (const RetryRow& row : rows) {
    HttpResult result = Error(4, 0);
    result.headers = row.headers;
    EXPECT_EQ(RetryDelayOf(MapGraphError(GraphOperation::kSend, result).status),
              row.delay)
        << (row.headers.empty() ? "" : row.headers[0].second);
  }
}

TEST(ErrorMapTest, TransportErrors) {
  HttpResult result{.transport = absl::UnavailableError("connection reset")};
  GraphFailure failure = MapTransportError(GraphOperation::kSend, result);
  EXPECT_TRUE(failure.outcome_unknown);
  EXPECT_THAT(failure.status, HasReason("SEND_OUTCOME_UNKNOWN"));
  failure = MapTransportError(GraphOperation::kRepeatable, result);
  EXPECT_FALSE(failure.outcome_unknown);
  EXPECT_THAT(failure.status, HasReason("GRAPH_UNAVAILABLE"));
  result.nothing_sent = true;
  failure = MapTransportError(GraphOperation::kSend, result);
  EXPECT_FALSE(failure.outcome_unknown);
  EXPECT_THAT(failure.status, StatusIs(Code::kUnavailable));
  EXPECT_THAT(failure.status, HasReason("GRAPH_UNAVAILABLE"));
  EXPECT_TRUE(RetryDelayOf(failure.status).has_value());
}

TEST(ErrorMapTest, TextsAreRedactedAndBounded) {
  const std::string token = "EAA" + std::string(40, 'x');
  GraphFailure failure =
      MapGraphError(GraphOperation::kSend, Error(190, 0, "bad token " + token));
  EXPECT_THAT(failure.status.message(), Not(HasSubstr(token)));
  EXPECT_THAT(failure.status.message(), HasSubstr("bad token"));
  // Trailers hold 8 KiB.
  failure = MapGraphError(GraphOperation::kSend,
                          Error(190, 0, std::string(100'000, 'y')));
  EXPECT_LE(ToRpcStatus(failure.status).ByteSizeLong(), 2000U);
}

// The answers that others have published are read where they are at hand.
TEST(ErrorMapTest, PublishedErrors) {
  const std::map<std::string, std::string> reasons = {
      {"graph-error-02.json", "OUTSIDE_MESSAGING_WINDOW"},
      {"graph-error-03.json", "THREAD_CONTROLLED_BY_ANOTHER_APP"},
      {"graph-error-04.json", "GRAPH_ERROR"},
      {"graph-error-06.json", "RECIPIENT_NOT_FOUND"},
      {"graph-error-08.json", "RECIPIENT_NOT_FOUND"}};
  const std::string folder = SourceDir() + "/../shared/corpus/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "not here";
  for (const auto& [name, reason] : reasons) {
    ASSERT_TRUE(std::filesystem::exists(folder + name)) << name;
    const GraphFailure failure =
        MapGraphError(GraphOperation::kSend,
                      {.status_code = 400, .body = ReadFile(folder + name)});
    EXPECT_THAT(failure.status, HasReason(reason)) << name;
    EXPECT_FALSE(failure.outcome_unknown) << name;
  }
}

}  // namespace
}  // namespace linktor
