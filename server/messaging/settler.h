// A Settler settles sends whose end is not known: it records how they ended. At
// the start the App calls SettleAbandoned for sends that a process left behind
// when it died. MessagingService calls Resolve for ResolveMessage, after a
// person has looked in the Instagram app whether the message is there. It calls
// Resolve on the executor (base/executor.h). Both calls read the disk, and
// block until the journal has stored the outcome. The class is thread-safe.

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
    // It names this process. SettleAbandoned settles only sends that earlier
    // starts of the same instance (the same data folder) have left behind.
    journal::Appender appender;
    // It opens (decrypts) the content of a message, because the event of the
    // outcome repeats the content.
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    MessageReader& reader;
  };

  // Everything that `dependencies` refers to must outlive this object.
  explicit Settler(Dependencies dependencies)
      : deps_(std::move(dependencies)) {}

  // Makes the PENDING messages of earlier starts of this instance UNCONFIRMED,
  // because they may have been sent. Other instances do this for their own
  // messages. It is called before the first send. It stops at the first failure
  // of the journal or the disk. Then the server must not start, and the next
  // start continues the work. It is no failure when content cannot be opened:
  // the outcome is stored without content.
  absl::Status SettleAbandoned(const std::vector<state::MessageRow>& pending);

  // Settles an UNCONFIRMED message as the caller says, and returns the message
  // as it is afterwards. `request` has been validated. It fails with
  // - CHANNEL_NOT_FOUND or MESSAGE_NOT_FOUND when there is no such channel or
  //   send;
  // - MESSAGE_NOT_UNCONFIRMED when the message is in another state, also when
  //   something else settles it during the call;
  // - INVALID_REQUEST when the mid belongs to another message;
  // - DATA_LOSS when the content cannot be opened;
  // - an error of the append to the journal (journal/journal.h), when the
  //   outcome was not stored, or when nobody knows whether it was stored.
  absl::StatusOr<v1::Message> Resolve(const v1::ResolveMessageRequest& request);

 private:
  // Appends the outcome and blocks until it is applied. The answer says whether
  // the outcome changed the message, and shows the message as it is now. The
  // record has the state and the attempt of `row`. It changes nothing when the
  // message does not have them any more, because it was settled before.
  absl::StatusOr<state::SendAnswer> Record(const state::MessageRow& row,
                                           const v1::MessageContent& content,
                                           const SendEnd& end);
  // Returns OK when the mid may become the mid of `row`. That is so when the
  // mid is empty or not known. It is also so when the server has the mid only
  // from an echo to the same customer that belongs to no send: this can be the
  // echo of the message itself. For any other mid it returns INVALID_REQUEST
  // with the field `mid`. It returns an error of the read unchanged.
  absl::Status CheckMid(const channels::ChannelEntry& channel,
                        const state::MessageRow& row, const std::string& mid);

  const Dependencies deps_;
};

}  // namespace linktor::messaging
