#include "server/graph/error_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/graph/error_table.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace linktor::graph {
namespace {

using Code = absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

http::HttpResult Error(int code, int subcode,
                       const std::string& message = "text",
                       int http_status = 400, bool transient = false) {
  return {.status_code = http_status,
          .body = absl::StrCat(
              R"({"error":{"message":")", message,
              R"(","type":"OAuthException","code":)", code,
              subcode == 0 ? "" : absl::StrCat(R"(,"error_subcode":)", subcode),
              transient ? R"(,"is_transient":true)" : "",
              R"(,"fbtrace_id":"trace"}})")};
}

// A row of the table, with a word of its remedy, which shows that it sends
// people to the right desk.
struct Row {
  int code;
  int subcode;
  Code canonical;
  const char* reason;
  // The remedy contains this text.
  const char* desk;
  // The delay is 0 when nobody is told to repeat the call.
  int retry_seconds = 0;
};

// These are all errors that Meta has documented or that others have seen,
// except the errors that leave the outcome of a send open. With each error
// here, the send certainly was not processed.
const std::vector<Row>& Rows() {
  constexpr Code kBlocked = Code::kFailedPrecondition;
  constexpr Code kLimited = Code::kResourceExhausted;
  constexpr Code kInvalid = Code::kInvalidArgument;
  static const std::vector<Row> kRows = {
      {3, 0, kBlocked, "APP_NOT_APPROVED", "App Review"},
      {4, 0, kLimited, "RATE_LIMITED", "App Dashboard", 60},
      {4, 1349210, kLimited, "RATE_LIMITED", "App Dashboard", 60},
      {4, 2018354, kLimited, "RATE_LIMITED", "no more marketing"},
      {9, 2018352, kLimited, "RATE_LIMITED", "no more marketing"},
      {17, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {32, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {613, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {613, 2534040, kLimited, "RATE_LIMITED", "this account", 60},
      {613, 2018338, kLimited, "RATE_LIMITED", "without a tag", 3600},
      {80001, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {80002, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {80006, 0, kLimited, "RATE_LIMITED", "this account", 60},
      {1200, 0, Code::kUnavailable, "GRAPH_UNAVAILABLE", "Try again", 60},
      {10, 2534022, kBlocked, "OUTSIDE_MESSAGING_WINDOW", "customer writes"},
      {10, 2018278, kBlocked, "OUTSIDE_MESSAGING_WINDOW", "customer writes"},
      {10, 2018065, kBlocked, "OUTSIDE_MESSAGING_WINDOW", "customer writes"},
      {10, 2018108, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {10, 2018300, kBlocked, "THREAD_CONTROLLED_BY_ANOTHER_APP", "other app"},
      {10, 2018321, kBlocked, "THREAD_CONTROLLED_BY_ANOTHER_APP", "other app"},
      {10, 1893063, kBlocked, "ACCOUNT_RESTRICTED", "Account Quality"},
      {10, 1404170, kBlocked, "ACTION_BLOCKED", "Account Quality"},
      {10, 2022, kBlocked, "ACTION_BLOCKED", "Account Quality"},
      {10, 2534001, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {10, 2534048, kBlocked, "APP_NOT_APPROVED", "Advanced Access"},
      {10, 2534077, kBlocked, "ACCOUNT_NOT_LINKED", "connect Page and"},
      // 10 comes alone, and with subcodes that nobody has listed.
      {10, 0, kBlocked, "PERMISSION_MISSING", "instagram_manage_messages"},
      {10, 999, kBlocked, "PERMISSION_MISSING", "instagram_manage_messages"},
      {10, 2018336, kBlocked, "PERMISSION_MISSING",
       "instagram_manage_messages"},
      {27, 0, kBlocked, "THREAD_CONTROLLED_BY_ANOTHER_APP",
       "conversation routing"},
      {100, 2534037, kBlocked, "THREAD_CONTROLLED_BY_ANOTHER_APP", "other app"},
      {100, 33, Code::kNotFound, "GRAPH_ERROR", "page_id"},
      {100, 2018001, Code::kNotFound, "RECIPIENT_NOT_FOUND", "user_id"},
      {100, 2534014, Code::kNotFound, "RECIPIENT_NOT_FOUND", "user_id"},
      {100, 2534025, kBlocked, "COMMENT_REPLY_UNAVAILABLE", "comment"},
      {100, 2534029, kBlocked, "ACTION_BLOCKED", "App Dashboard"},
      {100, 2018008, kInvalid, "MEDIA_REJECTED", "once more", 60},
      {100, 2018047, kInvalid, "MEDIA_REJECTED", "URL"},
      {100, 2018074, kInvalid, "MEDIA_REJECTED", "URL"},
      {100, 2018109, kInvalid, "MEDIA_REJECTED", "URL"},
      {100, 2018294, kInvalid, "MEDIA_REJECTED", "once more", 60},
      {100, 2534001, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {100, 2534013, kBlocked, "ACCOUNT_NOT_LINKED", "instagram_account_id"},
      {100, 2534015, kInvalid, "INVALID_CONTENT", "content"},
      {100, 0, kInvalid, "INVALID_CONTENT", "content"},
      {100, 999, kInvalid, "INVALID_CONTENT", "content"},
      {100, 1893061, kInvalid, "INVALID_CONTENT", "tag"},
      {324, 0, kInvalid, "MEDIA_REJECTED", "URL"},
      {36000, 0, kInvalid, "MEDIA_REJECTED", "URL"},
      {100, 2207052, kInvalid, "MEDIA_REJECTED", "URL"},
      {102, 0, kBlocked, "ACCESS_TOKEN_EXPIRED", "SetChannelCredentials"},
      {190, 0, kBlocked, "ACCESS_TOKEN_EXPIRED", "SetChannelCredentials"},
      {190, 458, kBlocked, "ACCESS_TOKEN_EXPIRED", "owner log in to the app"},
      {190, 459, kBlocked, "ACCESS_TOKEN_EXPIRED", "www.facebook.com"},
      {190, 460, kBlocked, "ACCESS_TOKEN_EXPIRED", "SetChannelCredentials"},
      {190, 463, kBlocked, "ACCESS_TOKEN_EXPIRED", "SetChannelCredentials"},
      {190, 464, kBlocked, "ACCESS_TOKEN_EXPIRED", "www.facebook.com"},
      {190, 467, kBlocked, "ACCESS_TOKEN_EXPIRED", "SetChannelCredentials"},
      {200, 0, kBlocked, "PERMISSION_MISSING", "instagram_manage_messages"},
      {200, 2018028, kBlocked, "APP_NOT_APPROVED", "role"},
      {200, 2534041, kBlocked, "MESSAGING_DISABLED", "account owner"},
      {200, 2534048, kBlocked, "APP_NOT_APPROVED", "Advanced Access"},
      {200, 1545041, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {230, 0, kBlocked, "USER_CONSENT_REQUIRED", "has written"},
      {551, 0, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {551, 1545041, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {368, 0, kBlocked, "ACTION_BLOCKED", "some hours"},
      {508, 0, kBlocked, "ACTION_BLOCKED", "content"},
      {508, 2534122, kBlocked, "ACTION_BLOCKED", "without the link"},
      {803, 0, Code::kNotFound, "GRAPH_ERROR", "page_id"},
      {2022, 0, kBlocked, "ACTION_BLOCKED", "Account Quality"},
      {2500, 0, kInvalid, "GRAPH_ERROR", "page_id"},
      {9010, 0, Code::kNotFound, "RECIPIENT_NOT_FOUND", "user_id"},
      {10900, 0, kBlocked, "COMMENT_REPLY_UNAVAILABLE", "comment"},
      {10903, 0, kBlocked, "COMMENT_REPLY_UNAVAILABLE", "comment"},
      {36103, 0, kBlocked, "ACCOUNT_RESTRICTED", "professional"},
      {2534001, 0, kBlocked, "RECIPIENT_UNAVAILABLE", "customer writes"},
      {9000001, 0, Code::kNotFound, "MESSAGE_NOT_FOUND", "deleted message"},
  };
  return kRows;
}

std::string RemedyIn(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& detail : rpc.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  const auto found = info.metadata().find("remedy");
  return found == info.metadata().end() ? "" : found->second;
}

TEST(ErrorMapTest, Table) {
  for (const Row& row : Rows()) {
    SCOPED_TRACE(absl::StrCat(row.code, "/", row.subcode));
    // A whole error of Meta's says that nothing was sent, whatever its status
    // and however transient Meta calls it.
    for (const int http_status : {200, 400, 403, 500}) {
      for (const bool transient : {false, true}) {
        const GraphFailure failure = MapGraphError(
            GraphOperation::kSend,
            Error(row.code, row.subcode, "text", http_status, transient));
        EXPECT_THAT(failure.status, StatusIs(row.canonical));
        EXPECT_THAT(failure.status, HasReason(row.reason));
        EXPECT_THAT(RemedyIn(failure.status), HasSubstr(row.desk));
        EXPECT_FALSE(failure.outcome_unknown);
        const bool once_more =
            transient && std::string_view(row.reason) == "MEDIA_REJECTED";
        EXPECT_EQ(RetryDelayOf(failure.status).value_or(absl::ZeroDuration()),
                  absl::Seconds(once_more ? 60 : row.retry_seconds));
        EXPECT_THAT(failure.status,
                    HasMetadata("graph_code", std::to_string(row.code)));
        EXPECT_THAT(failure.status, HasMetadata("fbtrace_id", "trace"));
        EXPECT_THAT(failure.status,
                    HasMetadata("http_status", std::to_string(http_status)));
      }
    }
    // Calls that can be repeated mean the same, but have no recipient.
    const std::string_view reason(row.reason);
    EXPECT_THAT(
        MapGraphError(GraphOperation::kRepeatable, Error(row.code, row.subcode))
            .status,
        HasReason(reason == "RECIPIENT_NOT_FOUND" ? "GRAPH_ERROR"
                                                  : row.reason));
  }
}

// The subcodes of media come with codes that are in no list. They never hide
// what a listed code says, and they do not tell what a failing machine of
// Meta's did.
TEST(ErrorMapTest, SubcodesOfMediaDecideOnlyWhereNothingElseDoes) {
  const auto send = [](int code, int http_status) {
    return MapGraphError(GraphOperation::kSend,
                         Error(code, 2207052, "text", http_status));
  };
  EXPECT_THAT(send(9004, 400).status, HasReason("MEDIA_REJECTED"));
  EXPECT_TRUE(send(9004, 500).outcome_unknown);
  EXPECT_TRUE(send(2, 400).outcome_unknown);
  EXPECT_THAT(send(4, 400).status, HasReason("RATE_LIMITED"));
  EXPECT_THAT(send(190, 400).status, HasReason("ACCESS_TOKEN_EXPIRED"));
}

// A customer who has gone is no fault of the channel's.
TEST(ErrorMapTest, AProfileIsThatOfACustomer) {
  EXPECT_THAT(MapGraphError(GraphOperation::kProfile, Error(9010, 0)).status,
              HasReason("RECIPIENT_NOT_FOUND"));
}

// The fields that are asked for are this server's choice, so that a refusal of
// them is no fault of the caller's.
TEST(ErrorMapTest, ARefusedFieldIsNotTheCallers) {
  for (const GraphOperation operation :
       {GraphOperation::kProfile, GraphOperation::kMessage}) {
    const absl::Status refused = MapGraphError(operation, Error(100, 0)).status;
    EXPECT_THAT(refused, StatusIs(Code::kInternal));
    EXPECT_THAT(refused, HasReason("GRAPH_ERROR"));
    EXPECT_THAT(refused, HasMetadata("graph_code", "100"));
  }
  EXPECT_THAT(MapGraphError(GraphOperation::kSend, Error(100, 0)).status,
              HasReason("INVALID_CONTENT"));
}

// What the path of such a call names is neither the channel's page nor its
// account.
TEST(ErrorMapTest, WhatIsUnknownIsWhatTheCallIsAbout) {
  for (const auto& [code, subcode] : {std::pair(100, 33), std::pair(803, 0)}) {
    const http::HttpResult answer = Error(code, subcode);
    EXPECT_THAT(MapGraphError(GraphOperation::kRepeatable, answer).status,
                HasReason("GRAPH_ERROR"));
    const absl::Status person =
        MapGraphError(GraphOperation::kProfile, answer).status;
    EXPECT_THAT(person, StatusIs(Code::kNotFound));
    EXPECT_THAT(person, HasReason("RECIPIENT_NOT_FOUND"));
    const absl::Status message =
        MapGraphError(GraphOperation::kMessage, answer).status;
    EXPECT_THAT(message, StatusIs(Code::kNotFound));
    EXPECT_THAT(message, HasReason("MESSAGE_NOT_FOUND"));
    EXPECT_THAT(RemedyIn(message), HasSubstr("newest 20"));
    EXPECT_THAT(message, HasMetadata("graph_code", std::to_string(code)));
  }
  EXPECT_THAT(MapGraphError(GraphOperation::kMessage, Error(190, 463)).status,
              HasReason("ACCESS_TOKEN_EXPIRED"));
}

// A row that is added to the table has to be added to the test.
TEST(ErrorMapTest, EveryRowIsTested) {
  std::set<std::pair<int, int>> tested = {{1, 0}, {2, 0}};
  for (const Row& row : Rows()) tested.emplace(row.code, row.subcode);
  for (const GraphMeaning& row : GraphMeanings()) {
    EXPECT_TRUE(tested.contains({row.code, row.subcode}))
        << row.code << "/" << row.subcode;
  }
}

// FindGraphMeaning takes the first row that fits, and a remedy has to fit into
// the metadata of an error.
TEST(ErrorMapTest, RowsAreInOrderAndFit) {
  std::set<int> closed;
  for (const GraphMeaning& row : GraphMeanings()) {
    EXPECT_FALSE(closed.contains(row.code)) << row.code << "/" << row.subcode;
    if (row.subcode == kAnySubcode) closed.insert(row.code);
    if (row.remedy != nullptr) {
      EXPECT_LE(std::string_view(row.remedy).size(), 256U) << row.remedy;
    }
  }
}

struct WordedRow {
  int code;
  const char* message;
  const char* reason;
  const char* desk;
  Code canonical = Code::kFailedPrecondition;
};

// These come without a subcode; only the text tells them from others of their
// code.
TEST(ErrorMapTest, WordsDecideWhereThereIsNoSubcode) {
  const WordedRow rows[] = {
      {10, "(#10) Requires Advanced Access", "APP_NOT_APPROVED",
       "Advanced Access"},
      {100, "API calls from the server require an appsecret_proof argument",
       "APP_SECRET_REFUSED", "app secret"},
      {100, "Invalid appsecret_proof provided in the API argument",
       "APP_SECRET_REFUSED", "app secret"},
      {100, "Unsupported request - method type: post", "GRAPH_ERROR", "page_id",
       Code::kInvalidArgument},
      {190, "Invalid OAuth access token - Cannot parse access token",
       "ACCESS_TOKEN_EXPIRED", "login_type"},
      {200,
       "The account owner has disabled access to Instagram Direct messages",
       "MESSAGING_DISABLED", "account owner"},
      {200, "(#200) The app needs advanced access", "APP_NOT_APPROVED",
       "Advanced Access"},
      {200, "API access blocked.", "ACTION_BLOCKED", "App Dashboard"},
  };
  for (const WordedRow& row : rows) {
    SCOPED_TRACE(row.message);
    const absl::Status known =
        MapGraphError(GraphOperation::kSend, Error(row.code, 0, row.message))
            .status;
    EXPECT_THAT(known, StatusIs(row.canonical));
    EXPECT_THAT(known, HasReason(row.reason));
    EXPECT_THAT(RemedyIn(known), HasSubstr(row.desk));
    EXPECT_FALSE(RetryDelayOf(known).has_value());
    // A subcode says more than any text.
    EXPECT_EQ(
        ErrorInfoOf(MapGraphError(GraphOperation::kSend,
                                  Error(row.code, 999, row.message))
                        .status)
            .reason(),
        ErrorInfoOf(
            MapGraphError(GraphOperation::kSend, Error(row.code, 999)).status)
            .reason());
  }
  EXPECT_THAT(
      MapGraphError(GraphOperation::kSend, Error(10, 0, "disabled access"))
          .status,
      HasReason("PERMISSION_MISSING"));
}

TEST(ErrorMapTest, WhatMetaTellsPeopleIsInTheMetadata) {
  const http::HttpResult result{
      .status_code = 400,
      .body = R"({"error":{"message":"(#508) Not allowed","code":508,)"
              R"("error_subcode":2534122,"is_transient":true,)"
              R"("error_user_title":"Link can not be shared",)"
              R"("error_user_msg":"Try it without"}})"};
  const absl::Status status =
      MapGraphError(GraphOperation::kSend, result).status;
  EXPECT_THAT(status,
              HasMetadata("graph_user_title", "Link can not be shared"));
  EXPECT_THAT(status, HasMetadata("graph_user_message", "Try it without"));
}

// The path of the call names the channel's page or account, not the recipient.
TEST(ErrorMapTest, WrongPageIsNotTheRecipients) {
  http::HttpResult result{.status_code = 400};
  result.body =
      R"({"error":{"code":100,"message":"Unsupported request - method type: )"
      R"(post"}})";
  const absl::Status status =
      MapGraphError(GraphOperation::kSend, result).status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(status, HasReason("GRAPH_ERROR"));
  EXPECT_THAT(RemedyIn(status), HasSubstr("page_id"));
}

// An account whose owner has another language may be answered in that one.
TEST(ErrorMapTest, InstagramLoginsBareErrorMeansDisabledInEveryLanguage) {
  const auto answer = [](const char* type, const char* message) {
    return MapGraphError(GraphOperation::kSend,
                         {.status_code = 403,
                          .body = absl::StrCat(R"({"error":{"message":")",
                                               message, R"(","type":")", type,
                                               R"(","code":200}})")})
        .status;
  };
  EXPECT_THAT(answer("IGApiException", "O propriet\u00e1rio desativou"),
              HasReason("MESSAGING_DISABLED"));
  EXPECT_THAT(answer("IGApiException", "(#200) Permissions error"),
              HasReason("PERMISSION_MISSING"));
  EXPECT_THAT(answer("OAuthException", "O propriet\u00e1rio desativou"),
              HasReason("PERMISSION_MISSING"));
}

// A proxy may have answered in Meta's place.
TEST(ErrorMapTest, AnAnswerThatIsNotMetasSendsPeopleToTheProxyFirst) {
  for (const int http_status : {401, 403, 404, 407}) {
    const absl::Status status =
        MapGraphError(GraphOperation::kSend,
                      {.status_code = http_status, .body = "<html>"})
            .status;
    EXPECT_THAT(RemedyIn(status), HasSubstr("graph_proxy")) << http_status;
  }
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
    const http::HttpResult result = Error(code, subcode);
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
      for (const bool refused : {false, true}) {
        EXPECT_FALSE(SpeaksOfTheCallersKey(
            MeaningOfHttpStatus(http_status, refused, transient).canonical))
            << http_status;
      }
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
        const http::HttpResult answer = Error(code, subcode, text, http_status);
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
      // A whole refusal did nothing, however transient Meta calls it.
      {400, kTransient, Code::kUnavailable, "GRAPH_UNAVAILABLE",
       Code::kUnavailable},
      {503, kTransient, Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {200, kUnlisted, Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {200, R"({"error":{}})", Code::kUnknown, "SEND_OUTCOME_UNKNOWN",
       Code::kUnavailable},
      {204, "", Code::kUnknown, "SEND_OUTCOME_UNKNOWN", Code::kUnavailable},
      {400, kUnlisted, Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      {400, "rubbish", Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      // A redirect did nothing, and half an error that may pass says nothing.
      {302, "", Code::kInternal, "GRAPH_ERROR", Code::kInternal},
      {400, R"({"error":{"is_transient":true}})", Code::kUnknown,
       "SEND_OUTCOME_UNKNOWN", Code::kUnavailable},
      {401, kUnlisted, Code::kFailedPrecondition, "ACCESS_TOKEN_EXPIRED",
       Code::kFailedPrecondition},
      {403, "", Code::kFailedPrecondition, "PERMISSION_MISSING",
       Code::kFailedPrecondition},
      {404, "", Code::kNotFound, "GRAPH_ERROR", Code::kNotFound},
      {429, "", Code::kResourceExhausted, "RATE_LIMITED",
       Code::kResourceExhausted},
  };
  for (const HttpRow& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.http_status, " ", row.body));
    const http::HttpResult result{.status_code = row.http_status,
                                  .body = row.body};
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
    http::HttpResult result = Error(4, 0);
    result.headers = row.headers;
    EXPECT_EQ(RetryDelayOf(MapGraphError(GraphOperation::kSend, result).status),
              row.delay)
        << (row.headers.empty() ? "" : row.headers[0].second);
  }
}

TEST(ErrorMapTest, TransportErrors) {
  http::HttpResult result{.transport =
                              absl::UnavailableError("connection reset")};
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
}  // namespace linktor::graph
