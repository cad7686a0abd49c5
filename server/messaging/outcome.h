// Makes the journal record that says how a send ended. OutcomeRecorder calls it
// for sends of this process, and Settler for sends that nobody knows the end
// of. It may read a key from the disk, so it runs on the executor, or at the
// start before anything is served.

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

namespace linktor::messaging {

// A SendEnd says how an attempt ended.
struct SendEnd {
  // It is SENT, FAILED or UNCONFIRMED, where UNCONFIRMED means that nobody can
  // know yet whether Instagram has the message.
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  // An UNCONFIRMED message is settled by nobody, whatever stands here.
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // It is set with SENT alone, and only where the mid is known.
  std::string mid;
  // It is not OK with FAILED and UNCONFIRMED: the caller is told this, and it
  // is stored. With SENT it is OK.
  absl::Status error;
};

// An OutcomeRecord holds a SendOutcome, its event in the clear, and the keys
// that must be durable before it; see AppendSealed.
struct OutcomeRecord {
  journal::Appended appended;
  seal::NewKeys new_keys;
};

// Makes the outcome of `row`, which is the message as it was claimed or became
// UNCONFIRMED. The record changes the message only if it still has that state
// and attempt, so it may be appended again. `content` is what the message says;
// empty content makes an event without any. `now_ms` is the time of the record
// and of the event, in ms since the epoch. The event's id depends on the
// message, the attempt and the state alone. It fails only when the stored keys
// cannot be read.
absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    seal::Sealer& sealer, const state::MessageRow& row,
    const v1::MessageContent& content, const SendEnd& end, std::int64_t now_ms);

}  // namespace linktor::messaging
