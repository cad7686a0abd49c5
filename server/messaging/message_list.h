// A MessageList returns the messages of a channel, or of one conversation, in
// pages. The list has two sources. The first source is messages that events
// brought: messages of customers, and messages that the account has sent from
// elsewhere, for example in the Instagram app. The second source is the sends
// of this server. The list follows the order of the event log. A message that
// an event brought has the position of that event. A send comes after the event
// that was the last event of the log when the server first claimed the send
// (see sender.h). The class keeps nothing between two pages, because a page
// token says where the list ends and where its next page begins.
// MessagingService and Conversations call it. It is thread-safe. Its methods
// read the disk, so they are called on the executor (base/executor.h).

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/channels/registry.h"
#include "server/events/cursor.h"
#include "server/events/event_log.h"
#include "server/journal/data_folder.h"
#include "server/messaging/message_reader.h"

namespace linktor::messaging {

class MessageList {
 public:
  // One page looks at no more than this many events, and at no more than this
  // many sends. messaging_service.proto promises both limits.
  static constexpr std::int64_t kMaxLookedAt = 20'000;
  // A page ends when its messages have this many bytes. The last message may
  // exceed the limit.
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // All four arguments must outlive this object.
  MessageList(journal::DataFolder& folder, const events::EventLog& log,
              MessageReader& reader, const channels::ChannelRegistry& registry)
      : events_(folder.events()),
        state_(folder.state()),
        cursors_(folder.identity()),
        log_(log),
        reader_(reader),
        registry_(registry) {}

  // Returns the page that the request asks for. The request has been validated.
  // A send whose content cannot be opened (decrypted) is in the page without
  // its content. It fails with
  // - CHANNEL_NOT_FOUND when the channel does not exist;
  // - INVALID_REQUEST when the page token is from another method or from a list
  //   in the other order;
  // - INVALID_REQUEST when the page token refers to events that the present log
  //   does not have;
  // - CURSOR_EXPIRED when the request asks for the oldest messages first, and
  //   events that belong to the next page were deleted after the page token was
  //   made;
  // - another error when the disk cannot be read.
  absl::StatusOr<v1::ListMessagesResponse> List(
      const v1::ListMessagesRequest& request);

  // Calls `take` with the messages of the conversation as they are now, the
  // newest first. It ends when `take` returns false, after 100 messages, or at
  // the limit kMaxLookedAt. It fails when the disk cannot be read.
  using Take = absl::FunctionRef<bool(v1::Message)>;
  absl::Status Newest(const channels::ChannelEntry& channel,
                      const std::string& user_id, Take take);

 private:
  // A Span is the part of one source that is still to be returned: the rows
  // whose number is above `after` and not above `last`.
  struct Span {
    std::int64_t after = 0;
    std::int64_t last = 0;
    bool empty() const { return after >= last; }
  };
  // A Rest is the part of the whole list that is still to be returned.
  struct Rest {
    Span events;
    Span sends;
    // This was the sequence of the last event when the first page was made.
    std::int64_t end_seq = 0;
  };
  // Each of these two classes reads the rows of one source, and returns them
  // one by one.
  class Events;
  class Sends;

  // Returns the part of the list that is still to be returned: the part that
  // follows the page token, narrowed by NarrowByTime.
  absl::StatusOr<Rest> FindRest(const v1::ListMessagesRequest& request);
  // Removes from `rest` rows that cannot lie within the times of the request.
  // Some rows outside these times may stay, so Walk checks each message again.
  absl::Status NarrowByTime(const v1::ListMessagesRequest& request, Rest& rest);
  // Fills `rest` from the page token, which must not be empty.
  absl::Status ReadToken(const v1::ListMessagesRequest& request,
                         Rest& rest) const;
  // Calls `take` with the messages in the order of the request, until `take`
  // returns false. It reads `rows` rows at a time. When `keep_rest` is true, it
  // leaves in `rest` the part that is still to be returned, from which the page
  // token is made. To find out whether anything is left, it may have to look at
  // further rows. When `keep_rest` is false, `rest` is of no use afterwards.
  absl::Status Walk(const v1::ListMessagesRequest& request,
                    const channels::ChannelEntry& channel, int rows,
                    bool keep_rest, Rest& rest, Take take);
  std::string TokenOf(const v1::ListMessagesRequest& request,
                      const Rest& rest) const;

  state::EventReader& events_;
  state::StateReader& state_;
  const events::CursorCodec cursors_;
  const events::EventLog& log_;
  MessageReader& reader_;
  const channels::ChannelRegistry& registry_;
};

}  // namespace linktor::messaging
