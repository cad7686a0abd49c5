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

void ExpectRefused(const GraphMeaning& row, const grpc::Status& status) {
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
  ASSERT_FALSE(GraphMeanings().empty());
  for (const GraphMeaning& row : GraphMeanings()) {
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
    if (row.effect == GraphEffect::kUnclear) {
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

}  // namespace
}  // namespace linktor::testing
