// An EventList returns the stored events in pages. EventService answers the
// method ListEvents with it. That method is for callers who look things up and
// do not follow the stream. An EventList keeps nothing between two pages: the
// page token says where the list ends and how far it has come. The server has
// one EventList. It is thread-safe. List reads the disk and must be called on
// the executor (base/executor.h).

#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/events/cursor.h"
#include "server/events/event_log.h"
#include "server/journal/data_folder.h"

namespace linktor::events {

class EventList {
 public:
  // One page looks at no more than this many events, so that a filter which
  // hides nearly everything does not occupy a thread for long.
  // event_service.proto promises this limit and the limit of bytes below.
  static constexpr std::int64_t kMaxLookedAt = 20'000;
  // A page ends when its events have this many bytes, including the raw JSON of
  // their items. The last event may exceed the limit.
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // Both objects must outlive the EventList.
  EventList(journal::DataFolder& folder, const EventLog& log)
      : reader_(folder.events()),
        state_(folder.state()),
        cursors_(folder.identity()),
        log_(log) {}

  // Returns the page that the request asks for. The request has been validated:
  // its channels are known, and the caller's API key covers them. `covered` has
  // the channels that the key covers, or is empty when the key covers all
  // channels.
  //
  // List fails with INVALID_REQUEST for a page token of another method or of
  // another order. It also fails with INVALID_REQUEST when the log was restored
  // from a backup and has lost events that it had when the token was made. If
  // the request asks for the oldest events first, List fails with
  // CURSOR_EXPIRED when the next events of the list were deleted meanwhile. It
  // also fails when the disk cannot be read.
  absl::StatusOr<v1::ListEventsResponse> List(
      const v1::ListEventsRequest& request, const StringSet& covered);

 private:
  // A Span is the part of the list that is still to be given out: the events
  // with a sequence above after_seq and not above last_seq.
  struct Span {
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // This was the end of the log when the first page was given out.
    std::int64_t end_seq = 0;
    // It is true when the list has begun already: with an earlier page, or with
    // an earlier read for this page. If the next events are then missing, a
    // list with the oldest events first fails, because the caller would not
    // notice the gap.
    bool continued = false;
  };
  // Returns the span that is still to be given out. The times and the page
  // token of the request decide it.
  absl::StatusOr<Span> FindSpan(const v1::ListEventsRequest& request);
  // Narrows the span to the events that follow the page to which the token
  // belongs.
  absl::Status Continue(const v1::ListEventsRequest& request, Span& span) const;
  // Returns the customer when the request asks for the events of one customer
  // of one channel, the newest first. Then only the events of this customer
  // need to be read (see EventReader::ReadConversation). Returns nullopt when
  // the list may have events of other customers, or when several channels have
  // had the channel's id. It also returns nullopt when the request asks for the
  // oldest events first. The reason is that each event names only the event
  // before it that is about the same customer.
  absl::StatusOr<std::optional<state::CustomerKey>> FindCustomer(
      const v1::ListEventsRequest& request);
  // Adds the events of the span to the page, until the page is full or a limit
  // is reached. It narrows the span to the events that are left.
  absl::Status Fill(const v1::ListEventsRequest& request,
                    const StringSet& covered, Span& span,
                    v1::ListEventsResponse& page);

  state::EventReader& reader_;
  state::StateReader& state_;
  const CursorCodec cursors_;
  const EventLog& log_;
};

}  // namespace linktor::events
