// How a send ended, as a journal record.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"

namespace linktor {

struct SendEnd {
  // SENT, FAILED or UNCONFIRMED.
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  // An UNCONFIRMED message is settled by nobody, whatever stands here.
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // With SENT, where it is known.
  std::string mid;
  // With the others.
  absl::Status error;
};

// A SendOutcome, its event in the clear, and the keys that must be durable
// before it; see AppendSealed.
struct OutcomeRecord {
  Appended appended;
  NewKeys new_keys;
};

// `row` is the message as it was claimed (or is UNCONFIRMED), `content` what it
// says. The record changes it only if it still is so. Fails only when the
// stored keys cannot be read.
absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    Sealer& sealer, const MessageRow& row, const v1::MessageContent& content,
    const SendEnd& end, std::int64_t now_ms);

}  // namespace linktor
