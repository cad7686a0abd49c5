// An EventList gives out the stored log in pages, for callers who look things
// up instead of following the stream. It keeps nothing between two pages: a
// page token holds where the list ends and how far it has come. The server has
// one. It is thread-safe. List reads the disk and belongs on an executor.

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
  // One page looks at no more than so many events, so that a filter which hides
  // nearly everything does not hold a thread for long. event_service.proto
  // promises both limits.
  static constexpr std::int64_t kMaxLookedAt = 20'000;
  // A page ends when its events have so many bytes, the items as received
  // included. The last event may exceed it.
  static constexpr std::size_t kMaxPageBytes = 512 * 1024;

  // Both must outlive this.
  EventList(journal::DataFolder& folder, const EventLog& log)
      : reader_(folder.events()),
        state_(folder.state()),
        cursors_(folder.identity()),
        log_(log) {}

  // Returns the page that the request asks for. The request has been validated,
  // and its channels are covered and known. `covered` has the channels that the
  // caller's API key covers, or is empty when that is all of them. It fails
  // with INVALID_REQUEST for a page token of another method or order, and for
  // one that the log of now does not have; with CURSOR_EXPIRED when events that
  // would follow, with the oldest first, were deleted; or when the disk cannot
  // be read.
  absl::StatusOr<v1::ListEventsResponse> List(
      const v1::ListEventsRequest& request, const StringSet& covered);

 private:
  // A Span is what is left of a list: the events above the first sequence, and
  // not above the second.
  struct Span {
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // This was the end of the log when the first page was given out.
    std::int64_t end_seq = 0;
    // It is true when a page came before, which has promised what follows.
    bool continued = false;
  };
  // Returns what the request leaves to give out, from its times and its token.
  absl::StatusOr<Span> FindSpan(const v1::ListEventsRequest& request);
  // Narrows the span to what follows the page that gave the token.
  absl::Status Continue(const v1::ListEventsRequest& request, Span& span) const;
  // Returns whose conversation the list is of; nothing when it may have events
  // of others, too, or has the oldest first, for which there is no chain.
  absl::StatusOr<std::optional<state::CustomerKey>> FindCustomer(
      const v1::ListEventsRequest& request);
  // Adds the events of the span to the page, until the page is full, and
  // narrows the span to what is left.
  absl::Status Fill(const v1::ListEventsRequest& request,
                    const StringSet& covered, Span& span,
                    v1::ListEventsResponse& page);

  state::EventReader& reader_;
  state::StateReader& state_;
  const CursorCodec cursors_;
  const EventLog& log_;
};

}  // namespace linktor::events
