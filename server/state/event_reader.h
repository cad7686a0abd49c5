// An EventReader reads the log back from the disk: for subscribers that are
// behind (events/event_log.h), and for messages that are known only by their
// event (messaging/message_reader.h). It is thread-safe. Each call reads one
// snapshot of the database and blocks on the disk, so it belongs on an
// executor, never on a thread of gRPC.

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
  // All three must outlive this.
  EventReader(sqlite::ReadPool& pool, const RecentRows& recent,
              seal::Sealer& sealer)
      : pool_(pool), recent_(recent), sealer_(sealer) {}

  // Bounds say which events one call may read, and when it must stop.
  struct Bounds {
    // Events are read whose sequence is above the first and not above the
    // second.
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // The call stops after it has looked at so many rows, or taken so many
    // events, or so many bytes of them, counted while they are sealed. The rows
    // bound the time of a call whose filter hides nearly everything. The last
    // event may exceed max_bytes, so that a large one cannot stop a subscriber.
    int max_rows = 2000;
    int max_events = 1000;
    std::size_t max_bytes = 512 * 1024;
    // Adds the item as received to each event that still has one. It costs two
    // more look-ups and one more opening for each.
    bool include_raw = false;
    // The newest events come first, and the call stops among the older ones.
    bool newest_first = false;
  };
  // A Page is what one call has found.
  struct Page {
    // They are opened (see OpenEvent), in the order of their sequences, or in
    // its reverse.
    std::vector<CommittedEvent> events;
    // Everything between the bound at which the call began and this sequence,
    // both included, has been looked at, and the next call goes on from there.
    // For empty bounds it is last_seq + 1 with the newest first, and after_seq
    // otherwise.
    std::int64_t through_seq = 0;
    // So many events were looked at.
    int looked_at = 0;
    // The oldest sequence still kept: when it is above after_seq + 1, events
    // are missing between.
    std::int64_t oldest_seq = 0;
  };
  // `wanted` is asked by type, channel id and user id before an event is
  // opened, inside the snapshot, so it must be quick and must not block.
  using Wanted = absl::FunctionRef<bool(std::string_view, std::string_view,
                                        std::string_view)>;
  // Returns the events that are wanted within the bounds. An event whose key
  // was destroyed or whose bytes are damaged comes without its content; an item
  // as received that cannot be opened is left out. It fails when the database
  // or an event's key cannot be read.
  absl::StatusOr<Page> Read(const Bounds& bounds, Wanted wanted);
  // Does the same with the events about one customer of a channel, the newest
  // first, and looks at no others. Each event about the customer names the
  // one before it. When the call stops early, the page's through_seq is one
  // above the next event to look at. The bounds must have newest_first.
  absl::StatusOr<Page> ReadConversation(const CustomerKey& customer,
                                        const Bounds& bounds, Wanted wanted);

  // Returns the oldest event of that kind that names the mid, merged and
  // without a cursor; nothing when there is none. It fails as Read does.
  absl::StatusOr<std::optional<v1::Event>> FindByMid(std::string_view mid_key,
                                                     journal::ItemKind kind);

  // Returns the events that have changed the message of that mid or say
  // something of it, merged and without a cursor, in the order of the log: the
  // last kMaxChanges edits, and as many of the others, such as reactions. It
  // fails as Read does.
  static constexpr std::size_t kMaxChanges = 200;
  absl::StatusOr<std::vector<v1::Event>> FindChanges(std::string_view mid_key);

 private:
  // A Row is an event with its item as received. It is copied out so that the
  // snapshot ends before content is opened.
  struct Row {
    CommittedEvent event;
    std::int64_t raw_no = 0;
    // The item is sealed under this id; see RawItemId.
    std::string raw_id;
    std::string sealed_raw;
  };
  // A Collector takes the wanted events of one call, until it has enough.
  class Collector;
  // These two look at the events, give them to the collector, and return the
  // page's through_seq. The second begins at `start_seq`, an event about the
  // customer that is within the bounds, or 0 for none.
  static absl::StatusOr<std::int64_t> ReadLog(sqlite::Database& database,
                                              const Bounds& bounds,
                                              Collector& collector);
  static absl::StatusOr<std::int64_t> ReadChain(sqlite::Database& database,
                                                std::int64_t start_seq,
                                                const Bounds& bounds,
                                                Collector& collector);
  // Returns the last event about the customer that is not above `last_seq`; 0
  // when there is none.
  absl::StatusOr<std::int64_t> FindInChain(const CustomerKey& customer,
                                           std::int64_t last_seq);
  // Opens what was collected, and adds it to the page.
  absl::Status OpenRows(std::vector<Row> rows, Page& page);
  // Opens the event, and merges its item as received where there is one.
  absl::StatusOr<CommittedEvent> OpenRow(Row row);

  sqlite::ReadPool& pool_;
  const RecentRows& recent_;
  seal::Sealer& sealer_;
};

}  // namespace linktor::state
