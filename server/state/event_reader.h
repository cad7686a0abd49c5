// Reads the log back from the disk: for subscribers that are behind, and for
// messages that are known only by their event. Thread-safe.

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
  // All must outlive this.
  EventReader(ReadPool& pool, const RecentMids& recent, Sealer& sealer)
      : pool_(pool), recent_(recent), sealer_(sealer) {}

  struct Bounds {
    // Read events with a sequence above this and up to that.
    std::int64_t after_seq = 0;
    std::int64_t last_seq = 0;
    // Stop after this many rows looked at, events taken, or bytes of events
    // taken.
    int max_rows = 2000;
    int max_events = 1000;
    std::size_t max_bytes = 512 * 1024;
    bool include_raw = false;
  };
  struct Page {
    std::vector<CommittedEvent> events;
    // Everything up to here has been looked at.
    std::int64_t through_seq = 0;
    // The oldest sequence still kept: when it is above after_seq + 1, events
    // are missing between.
    std::int64_t oldest_seq = 0;
  };
  // `wanted` is asked by type, channel id and user id before an event is
  // opened. An event that cannot be opened is delivered without its content.
  using Wanted = absl::FunctionRef<bool(std::string_view, std::string_view,
                                        std::string_view)>;
  absl::StatusOr<Page> ReadAfter(const Bounds& bounds, Wanted wanted);

  // The oldest event of that kind that names the mid.
  absl::StatusOr<std::optional<v1::Event>> FindByMid(std::string_view mid_key,
                                                     journal::ItemKind kind);

 private:
  // An event with its item as received; copied out so that the snapshot ends
  // before content is opened.
  struct Row {
    CommittedEvent event;
    std::int64_t raw_no = 0;
    std::string raw_id;
    std::string sealed_raw;
  };
  absl::Status ReadRows(Database& database, const Bounds& bounds, Wanted wanted,
                        Page& page, std::vector<Row>& rows);
  absl::StatusOr<CommittedEvent> OpenRow(Row row);

  ReadPool& pool_;
  const RecentMids& recent_;
  Sealer& sealer_;
};

}  // namespace linktor
