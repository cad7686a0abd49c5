// A Settler settles sends about which Instagram has not said how they ended:
// sends that a process left behind when it died, and sends for which somebody
// has looked in the Instagram app. The App calls it at the start, and
// MessagingService for ResolveMessage, on the executor: each call reads the
// disk and blocks on the journal. It is thread-safe.

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

namespace linktor::messaging {

class Settler {
 public:
  struct Dependencies {
    const Clock& clock;
    // It names this process. Only sends that earlier starts of its instance
    // have left behind are settled.
    journal::Appender appender;
    // It opens the content of a message, which its outcome's event repeats.
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    MessageReader& reader;
  };

  // All that `dependencies` refers to must outlive this.
  explicit Settler(Dependencies dependencies)
      : deps_(std::move(dependencies)) {}

  // Makes the PENDING messages of earlier starts of this instance UNCONFIRMED,
  // because they may have been sent. Messages of other instances are left to
  // them. It is called before the first send. It stops at the first failure,
  // which is the journal's or the disk's, and the server must not start then;
  // the next start goes on. Content that cannot be opened is no failure: the
  // outcome goes without it.
  absl::Status SettleAbandoned(const std::vector<state::MessageRow>& pending);

  // Settles an UNCONFIRMED message as the caller says, and returns it as it is
  // then. `request` has been validated. CHANNEL_NOT_FOUND, MESSAGE_NOT_FOUND;
  // MESSAGE_NOT_UNCONFIRMED, also when something else settles it first;
  // INVALID_REQUEST when the mid is another message's; DATA_LOSS when the
  // content cannot be opened. It also fails as an append does.
  absl::StatusOr<v1::Message> Resolve(const v1::ResolveMessageRequest& request);

 private:
  // Appends the outcome and blocks until it is applied. The answer says whether
  // it changed the message, and what the message is now. The record expects the
  // state and attempt of `row`, so that a later end is not overwritten.
  absl::StatusOr<state::SendAnswer> Record(const state::MessageRow& row,
                                           const v1::MessageContent& content,
                                           const SendEnd& end);
  // OK when the mid may become that of `row`: it is empty, not known, or that
  // of an echo to the same customer. INVALID_REQUEST, with the field `mid`,
  // otherwise.
  absl::Status CheckMid(const channels::ChannelEntry& channel,
                        const state::MessageRow& row, const std::string& mid);

  const Dependencies deps_;
};

}  // namespace linktor::messaging
