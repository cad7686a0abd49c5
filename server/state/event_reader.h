// An EventReader reads the event log back from the disk. It serves subscribers
// that are behind (events/event_log.h), and it finds messages that are stored
// only as events (messaging/message_reader.h). It is thread-safe. Each call
// reads a snapshot of the database and blocks on the disk. So it is called on
// an executor (base/executor.h), never on a thread of gRPC.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/sqlite/read_pool.h"
#include "server/state/recent_rows.h"
#include "server/state/rows.h"

namespace linktor::state {

class EventReader {
 public:
  // All three arguments must outlive this object.
  EventReader(sqlite::ReadPool& pool, const RecentRows& recent,
              seal::Sealer& sealer)
      : pool_(pool), recent_(recent), sealer_(sealer) {}

  // Bounds say which events one call may read, and when it must stop.
  struct Bounds {
    // The call reads events whose sequence is above `after_seq` and not above
    // `last_seq`.
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // The call stops after it has looked at `max_rows` rows, or has taken
    // `max_events` events or `max_bytes` bytes. The bytes of an event are
    // counted while it is sealed (encrypted). `max_rows` bounds the time of a
    // call whose filter hides nearly everything. The last event may exceed
    // `max_bytes`, so that a large event cannot stop a subscriber.
    int max_rows = 2000;
    int max_events = 1000;
    std::size_t max_bytes = 512 * 1024;
    // When it is true, each event carries its received item, if this item is
    // still stored. The item is the part of a webhook from which the event was
    // made. This costs two more look-ups and one more opening (decryption) for
    // each event.
    bool include_raw = false;
    // When it is true, the newest events come first, and a call that stops
    // early leaves out the older events.
    bool newest_first = false;
  };
  // A Page is what one call has found.
  struct Page {
    // The events are opened (see OpenEvent in event_encoding.h). They are in
    // the order of their sequences. When newest_first is true, they are in the
    // reverse order.
    std::vector<CommittedEvent> events;
    // When newest_first is false, the call has looked at all events from
    // after_seq + 1 up to this sequence, and the next call begins after it.
    // When newest_first is true, the call has looked at all events from
    // last_seq down to this sequence, and the next call begins below it. The
    // event with this sequence is included in both cases. If the bounds contain
    // no sequence, through_seq is last_seq + 1 when newest_first is true, and
    // after_seq when it is false.
    std::int64_t through_seq = 0;
    // The call has looked at this many events.
    int looked_at = 0;
    // This is the oldest sequence that is still kept. When it is above
    // after_seq + 1, the events from after_seq + 1 on and before this sequence
    // are deleted, so the page lacks them.
    std::int64_t oldest_seq = 0;
  };
  // `wanted` decides by type, channel id and user id whether an event is taken.
  // It is called before the event is opened and inside the snapshot, so it must
  // be quick and must not block.
  using Wanted = absl::FunctionRef<bool(std::string_view, std::string_view,
                                        std::string_view)>;
  // Returns the wanted events within the bounds. When an event's key was
  // destroyed or its bytes are damaged, the event comes without its content. If
  // the received item cannot be opened, the event comes without it. It fails
  // when the database or the key of an event cannot be read.
  absl::StatusOr<Page> Read(const Bounds& bounds, Wanted wanted);
  // Returns the wanted events about one customer of a channel, the newest
  // first. Each event about a customer has a link to the previous event about
  // the same customer. So the call follows these links and need not look at
  // other events. `bounds` must have newest_first. When the call stops early,
  // through_seq of the page is the sequence of the next (older) event to look
  // at, plus 1. One call looks at no more than 200 events. It fails when the
  // database or the key of an event cannot be read.
  absl::StatusOr<Page> ReadConversation(const CustomerKey& customer,
                                        const Bounds& bounds, Wanted wanted);

  // Returns the oldest event that the mid index (mid_index.h) has under this
  // mid and this kind. Returns nullopt when there is none. The event has
  // everything except a cursor. It fails when the database or the key of an
  // event cannot be read.
  absl::StatusOr<std::optional<v1::Event>> FindByMid(std::string_view mid_key,
                                                     journal::ItemKind kind);

  // Returns the events that have changed the message with that mid or say
  // something about it, in the order of the log. It returns the last
  // kMaxChanges edits, and the last kMaxChanges events of the other kinds, such
  // as reactions. The events have everything except a cursor. It fails when the
  // database or the key of an event cannot be read.
  static constexpr std::size_t kMaxChanges = 200;
  absl::StatusOr<std::vector<v1::Event>> FindChanges(std::string_view mid_key);

 private:
  // A Row is an event with its received item. It is a copy, so that the
  // snapshot ends before the content is opened.
  struct Row {
    CommittedEvent event;
    std::int64_t raw_no = 0;
    // The item is sealed together with this id, and can be opened only with the
    // same id; see RawItemId (event_encoding.h).
    std::string raw_id;
    std::string sealed_raw;
  };
  // A Collector takes the wanted events of one call, until it has enough.
  class Collector;
  // These two look at the events, give them to the collector, and return
  // through_seq of the page. ReadChain begins at `start_seq`, which FindInChain
  // has returned for last_seq of the bounds.
  static absl::StatusOr<std::int64_t> ReadLog(sqlite::Database& database,
                                              const Bounds& bounds,
                                              Collector& collector);
  static absl::StatusOr<std::int64_t> ReadChain(sqlite::Database& database,
                                                std::int64_t start_seq,
                                                const Bounds& bounds,
                                                Collector& collector);
  // Returns the last event about the customer whose sequence is not above
  // `last_seq`; 0 when there is none.
  absl::StatusOr<std::int64_t> FindInChain(const CustomerKey& customer,
                                           std::int64_t last_seq);
  // Opens the collected rows, and adds them to the page.
  absl::Status OpenRows(std::vector<Row> rows, Page& page);
  // Opens the event, and adds its received item if there is one.
  absl::StatusOr<CommittedEvent> OpenRow(Row row);

  sqlite::ReadPool& pool_;
  const RecentRows& recent_;
  seal::Sealer& sealer_;
};

}  // namespace linktor::state
