// How a send ended, as a journal record.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/store/records.h"
#include "server/store/sealer.h"

namespace linktor {

struct SendEnd {
  // SENT, FAILED or UNCONFIRMED.
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // With SENT, where it is known.
  std::string mid;
  // With the others.
  absl::Status error;
};

// `row` is the message as it was claimed (or is UNCONFIRMED), `content` what it
// says. The record changes it only if it still is so.
absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    Sealer& sealer, const MessageRow& row, const v1::MessageContent& content,
    const SendEnd& end, std::int64_t now_ms);

}  // namespace linktor
