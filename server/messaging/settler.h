// Settles sends of which Instagram has not said how they ended: those that a
// process left behind when it died, and those that somebody has looked for.
// Reads the disk and blocks on the journal: call on an executor. Thread-safe.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/journal/data_folder.h"
#include "server/journal/journal.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/outcome.h"
#include "server/seal/sealer.h"
#include "server/state/effects.h"
#include "server/state/rows.h"

namespace linktor {

class Settler {
 public:
  struct Dependencies {
    const Clock& clock;
    // The earlier starts of this appender have left something behind.
    Appender appender;
    Sealer& sealer;
    Journal& journal;
    const ChannelRegistry& registry;
    MessageReader& reader;
  };

  // All must outlive this.
  explicit Settler(Dependencies dependencies)
      : deps_(std::move(dependencies)) {}

  // The PENDING messages of earlier starts of this instance become
  // UNCONFIRMED; those of other instances are theirs. Call before the first
  // send.
  absl::Status SettleAbandoned(const std::vector<MessageRow>& pending);

  // `request` has been validated. CHANNEL_NOT_FOUND, MESSAGE_NOT_FOUND,
  // MESSAGE_NOT_UNCONFIRMED; INVALID_REQUEST when the mid is another message's.
  absl::StatusOr<v1::Message> Resolve(const v1::ResolveMessageRequest& request);

 private:
  absl::StatusOr<SendAnswer> Record(const MessageRow& row,
                                    const v1::MessageContent& content,
                                    const SendEnd& end);
  absl::Status CheckMid(const ChannelEntry& channel, const MessageRow& row,
                        const std::string& mid);

  const Dependencies deps_;
};

}  // namespace linktor
