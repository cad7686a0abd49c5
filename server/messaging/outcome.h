// MakeOutcomeRecord makes the journal record that says how a send ended.
// OutcomeRecorder calls it for the sends of this process. Settler calls it for
// sends whose end is not known. It may read a data key from the disk, so it
// runs on the executor (base/executor.h), or at the start before the server
// serves any call.

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

// A SendEnd says how one attempt to send a message ended.
struct SendEnd {
  // It is SENT, FAILED or UNCONFIRMED. UNCONFIRMED means that nobody can know
  // yet whether Instagram has the message.
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  // It says how the end of the message became known. It is ignored for
  // UNCONFIRMED, because the end is not known then.
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // It is set only for SENT, and only when the mid is known.
  std::string mid;
  // For FAILED and UNCONFIRMED it is the error that the caller gets, and the
  // record stores it. For SENT it is OK.
  absl::Status error;
};

// An OutcomeRecord holds a SendOutcome record and its event in the clear (not
// encrypted). It also holds the new data keys that must be durable before the
// record; see AppendSealed (journal/journal.h).
struct OutcomeRecord {
  journal::Appended appended;
  seal::NewKeys new_keys;
};

// Makes the outcome of `row`, which is the message as it was when it was
// claimed or when it became UNCONFIRMED. The record changes the message only if
// the message still has the state and the attempt of `row`. So the record may
// be appended again. `content` is the content of the message; empty content
// makes an event without content. `now_ms` is the time of the record and of the
// event, in ms since the epoch. The event's id depends only on the message, the
// attempt and the new state, so that a second record about the same end has an
// event with the same id. For UNCONFIRMED, the record also has sealed content
// for a later event. Apply makes this event if an echo shows later that the
// message was sent (SettledEventId in state/message_event.h). MakeOutcomeRecord
// fails only when the stored data keys cannot be read.
absl::StatusOr<OutcomeRecord> MakeOutcomeRecord(
    seal::Sealer& sealer, const state::MessageRow& row,
    const v1::MessageContent& content, const SendEnd& end, std::int64_t now_ms);

}  // namespace linktor::messaging
