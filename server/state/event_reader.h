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
#include "server/state/mid_index.h"
#include "server/state/rows.h"

namespace linktor {

class EventReader {
 public:
  // All three must outlive this.
  EventReader(ReadPool& pool, const RecentMids& recent, Sealer& sealer)
      : pool_(pool), recent_(recent), sealer_(sealer) {}

  // Bounds say which events one call may read, and when it must stop.
  struct Bounds {
    // Events are read whose sequence is above the first and not above the
    // second.
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // The call stops after it has looked at so many rows, or taken so many
    // events or so many bytes of them as sealed. The rows bound the time of a
    // call whose filter hides nearly everything. The last event may exceed
    // max_bytes, so that a large one cannot stop a subscriber.
    int max_rows = 2000;
    int max_events = 1000;
    std::size_t max_bytes = 512 * 1024;
    // Adds the item as received to each event that still has one. It costs two
    // more look-ups and one more opening for each.
    bool include_raw = false;
  };
  // A Page is what one call has found.
  struct Page {
    // They are opened (see OpenEvent), in the order of their sequences.
    std::vector<CommittedEvent> events;
    // Everything up to here has been looked at; the next call starts after it.
    std::int64_t through_seq = 0;
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
  absl::StatusOr<Page> ReadAfter(const Bounds& bounds, Wanted wanted);

  // Returns the oldest event of that kind that names the mid, merged and
  // without a cursor; nothing when there is none. It fails as ReadAfter does.
  absl::StatusOr<std::optional<v1::Event>> FindByMid(std::string_view mid_key,
                                                     journal::ItemKind kind);

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
  // Adds the wanted events to `rows`, still sealed, and sets the page's
  // through_seq. On failure both are of no use.
  absl::Status ReadRows(Database& database, const Bounds& bounds, Wanted wanted,
                        Page& page, std::vector<Row>& rows);
  // Opens the event, and merges its item as received where there is one.
  absl::StatusOr<CommittedEvent> OpenRow(Row row);

  ReadPool& pool_;
  const RecentMids& recent_;
  Sealer& sealer_;
};

}  // namespace linktor
