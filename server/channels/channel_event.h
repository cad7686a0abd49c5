// Makes the events that tell what happened to a channel. ChannelAdmin calls
// these on the executor; they may read a key from the disk.

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

// Fills in the event of that kind about the channel, which is `channel` as it
// is afterwards: its revision is `revision`, by which the event has the same id
// however often it is made. `now_ms` is the record's time. Returns the event in
// the clear, for the record's appender. It fails only when the stored keys
// cannot be read.
absl::StatusOr<std::shared_ptr<const std::string>> MakeChannelEvent(
    seal::Sealer& sealer, const kinds::Kind& kind, std::int64_t channel_no,
    std::int64_t revision, const v1::Channel& channel, std::int64_t now_ms,
    seal::NewKeys& new_keys, journal::NewEvent& event);

// Does the same for channel.deleted, of which Apply fills in the rest.
void MakeDeletedEvent(std::int64_t channel_no, std::int64_t revision,
                      const std::string& channel_id, journal::NewEvent& event);

}  // namespace linktor::channels
