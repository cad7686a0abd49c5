// Sends a message for every row of the table of Meta's errors. The emulator
// answers with the error, and what the caller is told and the state that the
// message has must be those of the row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "server/graph/error_table.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::FaultKind;

std::string NameOf(v1::ErrorReason reason) {
  const std::string name = v1::ErrorReason_Name(reason);
  return name.substr(std::string("ERROR_REASON_").size());
}

void ExpectRefused(const graph::GraphMeaning& row, const grpc::Status& status) {
  EXPECT_EQ(static_cast<int>(status.error_code()),
            static_cast<int>(row.canonical));
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), NameOf(row.reason));
  const std::string remedy =
      info.metadata().count("remedy") == 0 ? "" : info.metadata().at("remedy");
  EXPECT_NE(remedy, "");
  if (row.remedy != nullptr) {
    EXPECT_EQ(remedy, row.remedy);
  }
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(),
            row.retry_seconds);
}

TEST(GraphErrorsTest, EveryRowDecidesStatusAndState) {
  Gateway gateway;
  gateway.CreateChannel();
  ASSERT_FALSE(graph::GraphMeanings().empty());
  for (const graph::GraphMeaning& row : graph::GraphMeanings()) {
    const std::string name = absl::StrCat(row.code, "-", row.subcode);
    SCOPED_TRACE(name);
    ASSERT_TRUE(gateway.instagram()
                    .AddFault({.on = "messages",
                               .kind = FaultKind::kGraphError,
                               .error = {.code = row.code,
                                         .subcode = row.subcode,
                                         .message = "told by Meta"}})
                    .ok());
    grpc::Status status;
    gateway.Send("hello", name, status, absl::StrCat(kUser, row.code));
    const v1::Message message = gateway.GetByRequest(name);
    if (row.effect == graph::GraphEffect::kUnclear) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
      EXPECT_EQ(ErrorInfoOf(status).reason(), "SEND_OUTCOME_UNKNOWN");
      EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(status).has_retry_delay());
      EXPECT_EQ(message.state(), v1::MESSAGE_STATE_UNCONFIRMED);
      continue;
    }
    ExpectRefused(row, status);
    EXPECT_EQ(message.state(), v1::MESSAGE_STATE_FAILED);
    EXPECT_EQ(message.error().reason(), NameOf(row.reason));
  }
}

// These have no row of their own: words decide, or the kind of the subcode.
TEST(GraphErrorsTest, WordsAndKindsDecideStatusAndState) {
  const struct {
    emulator::GraphError error;
    v1::ErrorReason reason;
    grpc::StatusCode code = grpc::StatusCode::FAILED_PRECONDITION;
  } rows[] = {
      {{.code = 10, .message = "(#10) Requires Advanced Access"},
       v1::ERROR_REASON_APP_NOT_APPROVED},
      {{.code = 100, .message = "Invalid appsecret_proof provided"},
       v1::ERROR_REASON_APP_SECRET_REFUSED},
      {{.code = 100, .message = "Unsupported request - method type: post"},
       v1::ERROR_REASON_GRAPH_ERROR,
       grpc::StatusCode::INVALID_ARGUMENT},
      {{.status = 401,
        .code = 190,
        .message = "Invalid OAuth access token - Cannot parse access token"},
       v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED},
      {{.status = 403,
        .code = 200,
        .message = "The owner has disabled access to messages"},
       v1::ERROR_REASON_MESSAGING_DISABLED},
      {{.status = 403,
        .code = 200,
        .message = "O acesso foi desativado",
        .type = "IGApiException"},
       v1::ERROR_REASON_MESSAGING_DISABLED},
      {{.code = 200, .message = "API access blocked."},
       v1::ERROR_REASON_ACTION_BLOCKED},
      {{.code = 100, .subcode = 2207052, .message = "media"},
       v1::ERROR_REASON_MEDIA_REJECTED,
       grpc::StatusCode::INVALID_ARGUMENT},
      {{.code = 9004, .subcode = 2207052, .message = "media"},
       v1::ERROR_REASON_MEDIA_REJECTED,
       grpc::StatusCode::INVALID_ARGUMENT},
  };
  Gateway gateway;
  gateway.CreateChannel();
  int number = 0;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.error.message);
    ASSERT_TRUE(gateway.instagram()
                    .AddFault({.on = "messages",
                               .kind = FaultKind::kGraphError,
                               .error = row.error})
                    .ok());
    const std::string name = absl::StrCat("r", ++number);
    grpc::Status status;
    gateway.Send("hello", name, status);
    EXPECT_EQ(status.error_code(), row.code) << status.error_message();
    EXPECT_EQ(ErrorInfoOf(status).reason(), NameOf(row.reason));
    EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(status).has_retry_delay());
    const v1::Message message = gateway.GetByRequest(name);
    EXPECT_EQ(message.state(), v1::MESSAGE_STATE_FAILED);
    EXPECT_EQ(message.error().reason(), NameOf(row.reason));
  }
}

}  // namespace
}  // namespace linktor::testing
