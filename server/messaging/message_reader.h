// A MessageReader finds a message by any of its ids, and adds the changes that
// later events made to it. It serves GetMessage of MessagingService, the pages
// of MessageList, the MediaRefresher, and the Settler. It reads the disk, so it
// is called on the executor (base/executor.h). It is thread-safe and keeps
// nothing in memory. Each answer shows the message as it was at some moment
// during the call.

#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/channels/registry.h"
#include "server/seal/sealer.h"
#include "server/state/event_reader.h"
#include "server/state/rows.h"
#include "server/state/state_reader.h"

namespace linktor::messaging {

class MessageReader {
 public:
  // All four arguments must outlive this object. `state` has the sends of this
  // server. `events` has the messages that are stored only as events.
  MessageReader(state::StateReader& state, state::EventReader& events,
                seal::Sealer& sealer, const channels::ChannelRegistry& registry)
      : state_(state), events_(events), sealer_(sealer), registry_(registry) {}

  // Finds the message by the one id that the request has: the request id of its
  // send, Instagram's mid, or this server's message id. The request has been
  // validated. A message that this server did not send is read from the event
  // that brought it. It fails with CHANNEL_NOT_FOUND when the channel does not
  // exist, and with MESSAGE_NOT_FOUND when the channel has no such message. It
  // fails with DATA_LOSS when the content of a send cannot be opened
  // (decrypted).
  absl::StatusOr<v1::Message> Find(const v1::GetMessageRequest& request);

  // Returns the message of a send, with the changes that later events made to
  // it, such as edits and reactions.
  absl::StatusOr<v1::Message> OpenSend(const state::MessageRow& row);
  // Returns the message that `event` brought, with the changes that later
  // events made to it. When the event has lost its content, the result says
  // little more than that there was a message. It returns nullopt when the
  // message is known to be a send of this server: then the event is only the
  // echo of that send. The event must come from an EventReader, and must be one
  // that brings a message.
  absl::StatusOr<std::optional<v1::Message>> OpenBrought(
      const state::CommittedEvent& event);

  // Returns the row of a message that this server has sent or tried to send.
  // Its content is still sealed (encrypted). It fails with MESSAGE_NOT_FOUND
  // for any other message, for a message of another channel, for a message to
  // an erased person, and for a text that is not a message id.
  absl::StatusOr<state::MessageRow> FindSend(
      const channels::ChannelEntry& channel, std::string_view message_id);

 private:
  // Returns what is left of a message that was taken back in Instagram
  // (unsend). Returns nullopt when the message was not taken back.
  absl::StatusOr<std::optional<v1::Message>> FindRetracted(
      std::string_view mid_key);
  // Returns the whole message of an event that brought it, with later changes.
  // Returns nullopt when the event brought no message, or has lost its content.
  absl::StatusOr<std::optional<v1::Message>> WholeWithChanges(
      const v1::Event& event, std::string_view mid_key);
  // Adds the changes that later events made to the message with that mid.
  // `mid_key` is the hash that MidKey (state/identity.h) makes of channel and
  // mid. A message that was taken back is left as it is.
  absl::Status AddChanges(std::string_view mid_key, v1::Message& message);
  // Finds the message with that mid key. It looks first for a send of this
  // server, because a send knows more about its message than an event does.
  // Then it looks for the event of an inbound message, an echo, or a tap on a
  // button (postback). For a message that only an event brought, the message id
  // is made of the mid key. So the message id of such a message leads here,
  // too.
  absl::StatusOr<v1::Message> FindByMidKey(
      const channels::ChannelEntry& channel, std::string_view mid_key);

  state::StateReader& state_;
  state::EventReader& events_;
  seal::Sealer& sealer_;
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::messaging
