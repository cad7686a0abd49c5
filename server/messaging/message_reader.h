// A MessageReader finds messages by any of their ids. MessagingService asks it
// for GetMessage, and the Settler for the message that it settles. It reads the
// disk, so it is called on the executor. It is thread-safe and keeps nothing in
// memory; each answer is the message as it was at some moment of the call.

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
  // All four must outlive this. `state` has the sends, and `events` the
  // messages that only an event tells of.
  MessageReader(state::StateReader& state, state::EventReader& events,
                seal::Sealer& sealer, const channels::ChannelRegistry& registry)
      : state_(state), events_(events), sealer_(sealer), registry_(registry) {}

  // Finds the message by the one id that the request has: the request id of its
  // send, Instagram's mid, or this server's message id. The request has been
  // validated. A message that this server did not send is read from the event
  // that brought it. CHANNEL_NOT_FOUND; MESSAGE_NOT_FOUND, also for a message
  // of another channel; DATA_LOSS when its content cannot be opened.
  absl::StatusOr<v1::Message> Find(const v1::GetMessageRequest& request);

  // Returns the message of a send, with what later events have made of it.
  absl::StatusOr<v1::Message> OpenSend(const state::MessageRow& row);
  // Returns the message that an event brought, as Find does; nothing when a
  // send of this server is known to be the message, which its echo tells of.
  // The event was read by an EventReader, and is one of a message.
  absl::StatusOr<std::optional<v1::Message>> OpenBrought(
      const state::CommittedEvent& event);

  // Returns the row of a message that this server has sent or tried to send,
  // with its content still sealed. MESSAGE_NOT_FOUND for other messages, for
  // another channel's, and for what is no message id.
  absl::StatusOr<state::MessageRow> FindSend(
      const channels::ChannelEntry& channel, std::string_view message_id);

 private:
  // Returns what is left of a message that was taken back; nothing when it was
  // not.
  absl::StatusOr<std::optional<v1::Message>> FindRetracted(
      std::string_view mid_key);
  // Returns the whole message of an event that brought it, or nothing when the
  // event brought none, or has lost its content.
  absl::StatusOr<std::optional<v1::Message>> WholeWithChanges(
      const v1::Event& event, std::string_view mid_key);
  // Adds what later events have made of the message of that mid. A message that
  // was taken back is left as it is.
  absl::Status AddChanges(std::string_view mid_key, v1::Message& message);
  // Looks for a send with that key first, because it knows more of the message,
  // and then for the event of an inbound message, a tap or an echo. A message
  // that Instagram brought has its mid key as its id.
  absl::StatusOr<v1::Message> FindByMidKey(
      const channels::ChannelEntry& channel, std::string_view mid_key);

  state::StateReader& state_;
  state::EventReader& events_;
  seal::Sealer& sealer_;
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::messaging
