// Makes the events that tell clients about changes of channels. ChannelAdmin
// calls these functions on the executor, because MakeChannelEvent may read a
// data key from the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "server/journal/record.pb.h"
#include "server/kinds/kind.h"
#include "server/seal/sealer.h"

namespace linktor::channels {

// Fills in `event`: a channel.created or a channel.updated event, as `kind`
// says. `channel` is the channel after the change, and `revision` is its
// revision after the change. The event's id is made from the channel's number
// and the revision. So the event of one change gets the same id each time it is
// made. `now_ms` is the time of the record that makes the change. If sealing
// (encrypting) the event needs a new data key, the key is added to `new_keys`
// (see Sealer::Seal). Returns the event in the clear (not encrypted), which the
// caller appends together with the record (see journal::Appended).
// MakeChannelEvent fails only when the stored data keys cannot be read.
absl::StatusOr<std::shared_ptr<const std::string>> MakeChannelEvent(
    seal::Sealer& sealer, const kinds::Kind& kind, std::int64_t channel_no,
    std::int64_t revision, const v1::Channel& channel, std::int64_t now_ms,
    seal::NewKeys& new_keys, journal::NewEvent& event);

// Fills in the id, the type and the channel of a channel.deleted event. Apply
// (state/applier.h) adds the content when it applies the record that deletes
// the channel.
void MakeDeletedEvent(std::int64_t channel_no, std::int64_t revision,
                      const std::string& channel_id, journal::NewEvent& event);

}  // namespace linktor::channels
