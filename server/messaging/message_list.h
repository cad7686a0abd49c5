// A MessageList gives out the messages of a channel, or of one conversation, in
// pages: those that events brought, and the sends of this server, each where it
// stands in the log. It keeps nothing between two pages: a page token holds
// where the list ends and how far it has come. MessagingService asks it. It is
// thread-safe. List reads the disk and belongs on an executor.

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
  // One page looks at no more than so many events, and as many sends.
  // messaging_service.proto promises both limits.
  static constexpr std::int64_t kMaxLookedAt = 20'000;
  // A page ends when its messages have so many bytes. The last one may exceed
  // it.
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // All must outlive this.
  MessageList(journal::DataFolder& folder, const events::EventLog& log,
              MessageReader& reader, const channels::ChannelRegistry& registry)
      : events_(folder.events()),
        state_(folder.state()),
        cursors_(folder.identity()),
        log_(log),
        reader_(reader),
        registry_(registry) {}

  // Returns the page that the request asks for; the request has been validated.
  // It fails with CHANNEL_NOT_FOUND; with INVALID_REQUEST for a page token of
  // another method or order, and for one that the log of now does not have;
  // with CURSOR_EXPIRED as EventList::List does; or when the disk cannot be
  // read. A send that cannot be opened is without its content.
  absl::StatusOr<v1::ListMessagesResponse> List(
      const v1::ListMessagesRequest& request);

  // Calls `take` with the messages of the conversation as they are now, the
  // newest first, until it returns false, or 100 were taken. It fails as List
  // does.
  using Take = absl::FunctionRef<bool(v1::Message)>;
  absl::Status Newest(const channels::ChannelEntry& channel,
                      const std::string& user_id, Take take);

 private:
  // A Span is what is left of one kind of rows: those above the first number,
  // and not above the second.
  struct Span {
    std::int64_t after = 0;
    std::int64_t last = 0;
    bool empty() const { return after >= last; }
  };
  // A Rest is what is left of a list.
  struct Rest {
    Span events;
    Span sends;
    // This was the end of the log when the first page was given out.
    std::int64_t end_seq = 0;
  };
  // These read the rows of one kind, and give them out one by one.
  class Events;
  class Sends;

  // Returns what the request's token and its times leave to give out.
  absl::StatusOr<Rest> FindRest(const v1::ListMessagesRequest& request);
  // Leaves out what the request's times exclude.
  absl::Status NarrowByTime(const v1::ListMessagesRequest& request, Rest& rest);
  // Fills `rest` from the token, which must not be empty.
  absl::Status ReadToken(const v1::ListMessagesRequest& request,
                         Rest& rest) const;
  // Calls `take` with the messages in the request's order until it returns
  // false. `rows` are read at once. With `keep_rest` it narrows `rest` to what
  // is left, for which it may have to look further; else `rest` is of no use
  // afterwards.
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
