#include "server/state/event_reader.h"

#include <algorithm>
#include <utility>

#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"
#include "server/state/event_encoding.h"
#include "server/state/event_table.h"

namespace linktor {
namespace {

#define LINKTOR_EVENT_COLUMNS \
  "seq, type, channel_id, user_id, id, decided, sealed_event, raw_no"

CommittedEvent ReadEvent(const Statement& s) {
  return {.seq = s.Int(0),
          .id = s.String(4),
          .type = s.String(1),
          .channel_id = s.String(2),
          .user_id = s.String(3),
          .sealed = s.String(6),
          .encoded = nullptr,
          .decided = s.String(5)};
}

void AddRaw(CommittedEvent& event, std::string raw) {
  v1::Event extra;
  if (raw.size() > kMaxRawJson) {
    extra.set_raw_size(static_cast<std::int64_t>(raw.size()));
  } else {
    extra.set_raw_json(std::move(raw));
  }
  // Both fields are scalars, so appended bytes merge them.
  event.decided.append(extra.SerializeAsString());
}

}  // namespace

absl::StatusOr<EventReader::Page> EventReader::ReadAfter(const Bounds& bounds,
                                                         Wanted wanted) {
  Page page;
  page.through_seq = bounds.after_seq;
  std::vector<Row> rows;
  LINKTOR_TRY(pool_.Read([&](Database& database) -> absl::Status {
    LINKTOR_ASSIGN(page.oldest_seq, OldestSeq(database));
    return ReadRows(database, bounds, wanted, page, rows);
  }));
  page.events.reserve(rows.size());
  for (Row& row : rows) {
    LINKTOR_ASSIGN(CommittedEvent event, OpenRow(std::move(row)));
    page.events.push_back(std::move(event));
  }
  return page;
}

absl::Status EventReader::ReadRows(Database& database, const Bounds& bounds,
                                   Wanted wanted, Page& page,
                                   std::vector<Row>& rows) {
  Statement read(database, "SELECT " LINKTOR_EVENT_COLUMNS
                           " FROM events WHERE seq > ?1 AND seq <= ?2 "
                           "ORDER BY seq LIMIT ?3");
  Statement raw(database,
                "SELECT r.sealed_raw, r.item, d.id FROM raw_items r "
                "JOIN deliveries d ON d.no = r.delivery_no WHERE r.no = ?1");
  read.Bind(1, bounds.after_seq)
      .Bind(2, bounds.last_seq)
      .Bind(3, bounds.max_rows);
  std::size_t bytes = 0;
  int looked_at = 0;
  for (;;) {
    LINKTOR_ASSIGN(const bool found, read.Step());
    if (!found) break;
    ++looked_at;
    page.through_seq = read.Int(0);
    if (!wanted(read.Bytes(1), read.Bytes(2), read.Bytes(3))) continue;
    Row row{.event = ReadEvent(read),
            .raw_no = read.Int(7),
            .raw_id = {},
            .sealed_raw = {}};
    if (bounds.include_raw && row.raw_no != 0) {
      const StatementReset reset(raw);
      LINKTOR_ASSIGN(const bool kept, raw.Bind(1, row.raw_no).Step());
      if (kept) {
        row.sealed_raw = raw.String(0);
        row.raw_id = RawItemId(raw.Bytes(2), static_cast<int>(raw.Int(1)));
      }
    }
    bytes += row.event.sealed.size() + row.event.decided.size() +
             row.sealed_raw.size();
    rows.push_back(std::move(row));
    if (std::cmp_greater_equal(rows.size(), bounds.max_events) ||
        bytes >= bounds.max_bytes) {
      return absl::OkStatus();
    }
  }
  // Fewer rows than the limit are all that there are: sequences have no holes
  // but the one at the front that trimming makes.
  if (looked_at < bounds.max_rows) {
    page.through_seq = std::max(bounds.after_seq, bounds.last_seq);
  }
  return absl::OkStatus();
}

absl::StatusOr<CommittedEvent> EventReader::OpenRow(Row row) {
  LINKTOR_TRY(OpenEvent(sealer_, row.event));
  if (row.sealed_raw.empty() || IsErased(row.sealed_raw)) {
    return std::move(row.event);
  }
  absl::StatusOr<std::string> raw =
      sealer_.Open(SealedPlace::kRawItem, row.raw_id, row.sealed_raw);
  if (raw.ok()) {
    AddRaw(row.event, *std::move(raw));
  } else if (absl::IsDataLoss(raw.status())) {
    LogCause(LogLevel::kError, "item as received cannot be opened", "",
             {{"seq", std::to_string(row.event.seq)},
              {"error", std::string(raw.status().message())}});
  } else {
    return raw.status();
  }
  return std::move(row.event);
}

absl::StatusOr<std::optional<v1::Event>> EventReader::FindByMid(
    std::string_view mid_key, journal::ItemKind kind) {
  // Memory is asked first: a mid that is moved from there meanwhile is in the
  // table already.
  const std::vector<std::int64_t> recent = recent_.Find(mid_key, kind);
  std::optional<CommittedEvent> event;
  LINKTOR_TRY(pool_.Read([&](Database& database) -> absl::Status {
    Statement find(database,
                   "SELECT " LINKTOR_EVENT_COLUMNS
                   " FROM events WHERE seq = coalesce((SELECT seq FROM "
                   "event_mids WHERE mid_key = ?1 AND kind = ?2 ORDER BY seq "
                   "LIMIT 1), ?3)");
    find.BindBlob(1, mid_key)
        .Bind(2, static_cast<std::int64_t>(kind))
        .Bind(3, recent.empty() ? 0 : recent.front());
    LINKTOR_ASSIGN(const bool found, find.Step());
    if (found) event = ReadEvent(find);
    return absl::OkStatus();
  }));
  if (!event.has_value()) return std::nullopt;
  LINKTOR_TRY(OpenEvent(sealer_, *event));
  return MergeEvent(*event);
}

}  // namespace linktor
