// A conversation is one customer of one channel. Conversations reports what the
// server knows of it: the customer's name, the messaging window, whether the
// customer has opted out of messages, and the last messages. It also records an
// opt-out, lists the conversations of a channel, and erases a customer.
// MessagingService calls it on the executor (base/executor.h), because it reads
// the disk and waits for the journal. It is thread-safe and keeps nothing in
// memory.

#pragma once

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/conversation.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/events/cursor.h"
#include "server/events/event_log.h"
#include "server/journal/data_folder.h"
#include "server/journal/journal.h"
#include "server/messaging/message_list.h"
#include "server/seal/sealer.h"
#include "server/state/event_reader.h"
#include "server/state/rows.h"
#include "server/state/state_reader.h"

namespace linktor::messaging {

class Conversations {
 public:
  // A page of List ends at the first of these three limits that it reaches.
  // kMaxLookedAt and kMaxMessages limit how many conversations and how many
  // messages the server looks at for the page. kMaxPageBytes limits the bytes
  // of the conversations in the page. The last conversation may exceed the
  // limits of messages and bytes. messaging_service.proto promises all three
  // limits.
  static constexpr std::size_t kMaxLookedAt = 1000;
  static constexpr int kMaxMessages = 5000;
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // All of these objects must outlive the Conversations object. The registry
  // translates the id of a channel into its number. The state (the database
  // tables, see state/) keeps the channel's conversations under this number.
  struct Dependencies {
    const Clock& clock;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    MessageList& messages;
    // List makes its cursors and page tokens from these two. The DataFolder has
    // the identity of the event log, and the EventLog has the sequence of the
    // last event.
    journal::DataFolder& folder;
    const events::EventLog& log;
    // It reads the event that says which app controls a conversation.
    state::EventReader& events;
  };
  explicit Conversations(const Dependencies& dependencies)
      : deps_(dependencies), cursors_(dependencies.folder.identity()) {}

  // The requests of all four methods have been validated (rpc/validation.h).
  //
  // Returns the conversation with its last messages. It fails with
  // CHANNEL_NOT_FOUND when the channel does not exist, and with
  // CONVERSATION_NOT_FOUND when nothing is known of the customer. Any other
  // error means that the state could not be read.
  absl::StatusOr<v1::Conversation> Get(
      const v1::GetConversationRequest& request);
  // Returns the page that the request asks for. It fails with CHANNEL_NOT_FOUND
  // when the channel does not exist. It fails with INVALID_REQUEST when this
  // method did not make the page token. It may fail with INVALID_REQUEST also
  // when a backup was restored after the token was made, because the restored
  // log may have other events. Any other error means that the state could not
  // be read.
  absl::StatusOr<v1::ListConversationsResponse> List(
      const v1::ListConversationsRequest& request);
  // Records whether the customer has opted out. Returns the conversation as it
  // is after the change, without its messages. The time of an opt-out is the
  // time of the call; a repeated opt-out keeps the first time. It fails with
  // CHANNEL_NOT_FOUND when the channel does not exist, or is deleted while the
  // call runs. It fails with OVERLOADED, DISK_FULL, DRAINING or STORE_FAILED
  // when the append to the journal fails (journal/journal.h). After
  // STORE_FAILED the opt-out may be recorded nevertheless, and the call may be
  // repeated. Any other error means that the state could not be read.
  absl::StatusOr<v1::Conversation> Update(
      const v1::UpdateConversationRequest& request);

  // Erases everything that is stored of a customer, and says whether anything
  // was stored. When the call returns, nobody can read what was stored of the
  // customer, because the customer's data keys are destroyed. ErasureWorker
  // (journal/erasure_worker.h) overwrites the bytes in the files later. It
  // fails with CHANNEL_NOT_FOUND when the server stores no channel, live or
  // deleted, with this id. It fails with REQUEST_IN_FLIGHT while a send to the
  // customer is under way. Like Update, it also fails when the append to the
  // journal fails, or when the state could not be read. The call may be
  // repeated.
  absl::StatusOr<v1::EraseUserResponse> Erase(
      const v1::EraseUserRequest& request);

 private:
  // Returns the row as the API shows it, without messages and without the app
  // that controls the conversation. The user name is left out when it is not
  // known, or when it cannot be opened (decrypted).
  v1::Conversation Describe(const channels::ChannelEntry& channel,
                            const state::ConversationRow& row);
  // Adds the app that controls the conversation, if the event that names this
  // app is still stored. Every error comes from EventReader::Read.
  absl::Status AddOwner(const state::ConversationRow& row,
                        v1::Conversation& conversation);
  // Adds the last inbound and the last outbound message, and the number of the
  // customer's messages that have no answer yet. It increases `messages` by the
  // number of messages that it has looked at. Every error comes from
  // MessageList::Newest.
  absl::Status AddMessages(const channels::ChannelEntry& channel,
                           v1::Conversation& conversation, int& messages);

  const Dependencies deps_;
  const events::CursorCodec cursors_;
};

}  // namespace linktor::messaging
