#include "server/store/event_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/store/event_form.h"
#include "server/store/event_table.h"

namespace linktor {
namespace {

void AddRaw(CommittedEvent& event, std::string raw) {
  v1::Event extra;
  if (raw.size() > kMaxRawJson) {
    extra.set_raw_size(static_cast<std::int64_t>(raw.size()));
  } else {
    extra.set_raw_json(std::move(raw));
  }
  // Scalars only: appending the bytes is merging.
  event.overlay.append(extra.SerializeAsString());
}

}  // namespace

std::string RawItemId(std::string_view delivery_id, int position) {
  return absl::StrCat(ToAbsl(delivery_id), "#", position);
}

v1::Event MergeEvent(const CommittedEvent& event) {
  v1::Event merged;
  // Both are bytes this server has serialised.
  (void)merged.ParseFromString(*event.encoded);
  if (!event.overlay.empty()) {
    v1::Event overlay;
    (void)overlay.ParseFromString(event.overlay);
    merged.MergeFrom(overlay);
  }
  return merged;
}

absl::StatusOr<EventReader::Page> EventReader::ReadAfter(const Bounds& bounds,
                                                         Wanted wanted) {
  Page page;
  page.through_seq = bounds.after_seq;
  std::vector<Row> rows;
  LINKTOR_TRY(pool_.Read([&](Database& database) -> absl::Status {
    LINKTOR_ASSIGN(page.oldest_seq, OldestSeq(database));
    Statement read(database,
                   "SELECT e.seq, e.type, e.channel_id, e.user_id, e.id, "
                   "e.overlay, e.sealed_event, e.raw_no FROM events e "
                   "WHERE e.seq > ?1 AND e.seq <= ?2 ORDER BY e.seq LIMIT ?3");
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
      Row row{.event = {.seq = read.Int(0),
                        .type = read.String(1),
                        .channel_id = read.String(2),
                        .user_id = read.String(3),
                        .encoded = nullptr,
                        .overlay = read.String(5)},
              .id = read.String(4),
              .sealed = read.String(6),
              .raw_no = read.IsNull(7) ? 0 : read.Int(7)};
      if (bounds.include_raw && row.raw_no != 0) {
        const StatementReset reset(raw);
        LINKTOR_ASSIGN(const bool kept, raw.Bind(1, row.raw_no).Step());
        if (kept) {
          row.sealed_raw = raw.String(0);
          row.raw_id = RawItemId(raw.Bytes(2), static_cast<int>(raw.Int(1)));
        }
      }
      bytes +=
          row.sealed.size() + row.event.overlay.size() + row.sealed_raw.size();
      rows.push_back(std::move(row));
      if (std::cmp_greater_equal(rows.size(), bounds.max_events) ||
          bytes >= bounds.max_bytes) {
        return absl::OkStatus();
      }
    }
    // Sequences have no holes but those of trimming at the front.
    if (looked_at < bounds.max_rows) {
      page.through_seq = std::max(bounds.after_seq, bounds.last_seq);
    }
    return absl::OkStatus();
  }));
  page.events.reserve(rows.size());
  for (Row& row : rows) {
    LINKTOR_ASSIGN(CommittedEvent event, OpenRow(std::move(row)));
    page.events.push_back(std::move(event));
  }
  return page;
}

absl::StatusOr<CommittedEvent> EventReader::OpenRow(Row row) {
  CommittedEvent event = std::move(row.event);
  if (row.sealed.empty()) {
    event.encoded = std::make_shared<const std::string>();
    return event;
  }
  absl::StatusOr<std::string> opened =
      sealer_.Open(SealedPlace::kEvent, row.id, row.sealed);
  if (absl::IsDataLoss(opened.status())) {
    // Its key was destroyed, or the bytes are damaged: what is readable stays.
    LogCause(LogLevel::kError, "event content cannot be opened", "",
             {{"seq", std::to_string(event.seq)},
              {"error", std::string(opened.status().message())}});
    opened = std::string();
  }
  if (!opened.ok()) return opened.status();
  event.encoded = std::make_shared<const std::string>(
      WholeEvent(row.id, event.type, event.channel_id, event.user_id, *opened));
  if (!row.sealed_raw.empty()) {
    absl::StatusOr<std::string> raw =
        sealer_.Open(SealedPlace::kRawItem, row.raw_id, row.sealed_raw);
    if (raw.ok()) AddRaw(event, *std::move(raw));
  }
  return event;
}

absl::StatusOr<std::optional<v1::Event>> EventReader::FindByMid(
    std::string_view mid_key, ItemKind kind) {
  std::optional<Row> row;
  LINKTOR_TRY(pool_.Read([&](Database& database) -> absl::Status {
    Statement find(database,
                   "SELECT e.seq, e.type, e.channel_id, e.user_id, e.id, "
                   "e.overlay, e.sealed_event FROM events e WHERE e.seq = ("
                   "SELECT seq FROM event_mids WHERE mid_key = ?1 AND "
                   "kind = ?2 UNION ALL SELECT seq FROM recent_mids "
                   "WHERE mid_key = ?1 AND kind = ?2 LIMIT 1)");
    find.BindBlob(1, mid_key).Bind(2, static_cast<std::int64_t>(kind));
    LINKTOR_ASSIGN(const bool found, find.Step());
    if (found) {
      row = Row{.event = {.seq = find.Int(0),
                          .type = find.String(1),
                          .channel_id = find.String(2),
                          .user_id = find.String(3),
                          .encoded = nullptr,
                          .overlay = find.String(5)},
                .id = find.String(4),
                .sealed = find.String(6)};
    }
    return absl::OkStatus();
  }));
  if (!row.has_value()) return std::nullopt;
  LINKTOR_ASSIGN(const CommittedEvent event, OpenRow(*std::move(row)));
  return MergeEvent(event);
}

}  // namespace linktor
