// Conversations tells what is known about a conversation: the customer's name,
// the messaging window, whether the customer wants no messages, and the last
// messages. It records that wish, too, lists the conversations of a channel,
// and erases a customer. MessagingService calls it, on the executor: it reads
// the disk and blocks on the journal. It is thread-safe, and keeps nothing in
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
  // A page of the list ends when so many conversations or messages were looked
  // at, or its conversations have so many bytes; the last one may exceed them.
  // messaging_service.proto promises all three.
  static constexpr std::size_t kMaxLookedAt = 1000;
  static constexpr int kMaxMessages = 5000;
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // All of these must outlive this. The registry is asked for the channel's
  // number under which the state keeps its conversations.
  struct Dependencies {
    const Clock& clock;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const channels::ChannelRegistry& registry;
    MessageList& messages;
    // They make the cursors of the list.
    journal::DataFolder& folder;
    const events::EventLog& log;
    // It reads the event that names the app in control.
    state::EventReader& events;
  };
  explicit Conversations(const Dependencies& dependencies)
      : deps_(dependencies), cursors_(dependencies.folder.identity()) {}

  // Requests have been validated; see rpc/validation.h.
  //
  // Returns the conversation. CHANNEL_NOT_FOUND; CONVERSATION_NOT_FOUND when
  // nothing is known of the customer; another error means that the state could
  // not be read.
  absl::StatusOr<v1::Conversation> Get(
      const v1::GetConversationRequest& request);
  // Returns the page that the request asks for. CHANNEL_NOT_FOUND;
  // INVALID_REQUEST for a page token that is none, or is of before a restore;
  // else it fails as Get does.
  absl::StatusOr<v1::ListConversationsResponse> List(
      const v1::ListConversationsRequest& request);
  // Records whether the customer has opted out, and returns the conversation as
  // the record left it, without its messages. The time of an opt-out is that of
  // the call; a repeated one keeps the first time. CHANNEL_NOT_FOUND, also for
  // a channel that is deleted meanwhile; else it fails as an append does:
  // OVERLOADED, DISK_FULL, DRAINING, STORE_FAILED. After STORE_FAILED the wish
  // may be recorded, and the call may be repeated.
  absl::StatusOr<v1::Conversation> Update(
      const v1::UpdateConversationRequest& request);

  // Erases all that is stored of a customer, and tells whether anything was.
  // When it returns nothing of it can be read any more; ErasureWorker
  // overwrites the bytes. CHANNEL_NOT_FOUND when nothing is stored of a channel
  // with this id, live or deleted; REQUEST_IN_FLIGHT while a send to the
  // customer is under way; else it fails as Update does. It may be repeated.
  absl::StatusOr<v1::EraseUserResponse> Erase(
      const v1::EraseUserRequest& request);

 private:
  // Returns the row as the API shows it, without messages and without the app
  // in control. A name that cannot
  // be opened is left out, like one that is not known.
  v1::Conversation Describe(const channels::ChannelEntry& channel,
                            const state::ConversationRow& row);
  // Adds the app in control, when the event that names it is still kept. It
  // fails as EventReader::Read does.
  absl::Status AddOwner(const state::ConversationRow& row,
                        v1::Conversation& conversation);
  // Adds the last messages and what follows from them, and adds to `messages`
  // how many it has looked at. It fails as MessageList::Newest does.
  absl::Status AddMessages(const channels::ChannelEntry& channel,
                           v1::Conversation& conversation, int& messages);

  const Dependencies deps_;
  const events::CursorCodec cursors_;
};

}  // namespace linktor::messaging
