#include "server/state/event_reader.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/base/cause_log.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"
#include "server/state/conversation_table.h"
#include "server/state/event_encoding.h"
#include "server/state/event_table.h"

namespace linktor::state {
namespace {

#define LINKTOR_EVENT_COLUMNS                                           \
  "seq, type, channel_id, user_id, id, decided, sealed_event, raw_no, " \
  "mid_key, "                                                           \
  "channel_no, receive_ms"

CommittedEvent ReadEvent(const sqlite::Statement& s) {
  return {.seq = s.Int(0),
          .id = s.String(4),
          .type = s.String(1),
          .channel_id = s.String(2),
          .user_id = s.String(3),
          .sealed = s.String(6),
          .encoded = nullptr,
          .decided = s.String(5),
          .channel_no = s.Int(9),
          .receive_ms = s.Int(10),
          .mid_key = s.String(8)};
}

// Returns whether the event `seq` is about the customer; false when the event
// is not kept. It is true when a list of the customer's events is continued,
// because the list continues at such an event.
absl::StatusOr<bool> IsAbout(sqlite::Database& database, std::int64_t seq,
                             const CustomerKey& customer) {
  sqlite::Statement read(database,
                         "SELECT channel_no = ?2 AND user_id = ?3 FROM events "
                         "WHERE seq = ?1");
  read.Bind(1, seq).Bind(2, customer.channel_no).BindText(3, customer.user_id);
  LINKTOR_ASSIGN(const bool found, read.Step());
  return found && read.Int(0) != 0;
}

// Adds to `named` the sequences of the last kMaxChanges events that the table
// event_mids has under the mid and this kind.
absl::Status ReadNaming(sqlite::Database& database, std::string_view mid_key,
                        journal::ItemKind kind,
                        std::vector<std::int64_t>& named) {
  sqlite::Statement read(
      database,
      "SELECT seq FROM event_mids WHERE mid_key = ?1 AND kind = ?2 "
      "ORDER BY seq DESC LIMIT ?3");
  read.BindBlob(1, mid_key)
      .Bind(2, static_cast<std::int64_t>(kind))
      .Bind(3, static_cast<std::int64_t>(EventReader::kMaxChanges));
  for (;;) {
    LINKTOR_ASSIGN(const bool row, read.Step());
    if (!row) return absl::OkStatus();
    named.push_back(read.Int(0));
  }
}

// Adds the received item to `decided` of the event. When the item is larger
// than kMaxRawJson, it adds only the size of the item.
void AddRaw(CommittedEvent& event, std::string raw) {
  v1::Event extra;
  if (raw.size() > kMaxRawJson) {
    extra.set_raw_size(static_cast<std::int64_t>(raw.size()));
  } else {
    extra.set_raw_json(std::move(raw));
  }
  // Both fields are scalars. So appending their bytes has the same effect as
  // merging the messages.
  event.decided.append(extra.SerializeAsString());
}

}  // namespace

// A Collector is used only inside one snapshot of the database.
class EventReader::Collector {
 public:
  Collector(sqlite::Database& database, const Bounds& bounds, Wanted wanted)
      : bounds_(bounds),
        wanted_(wanted),
        raw_(database,
             "SELECT r.sealed_raw, r.item, d.id FROM raw_items r "
             "JOIN deliveries d ON d.no = r.delivery_no WHERE r.no = ?1") {}

  // Looks at the event in the current row of `read`, and takes the event if it
  // is wanted. The first columns of `read` must be LINKTOR_EVENT_COLUMNS.
  absl::Status Look(const sqlite::Statement& read) {
    ++looked_at_;
    if (!wanted_(read.Bytes(1), read.Bytes(2), read.Bytes(3))) {
      return absl::OkStatus();
    }
    Row row{.event = ReadEvent(read),
            .raw_no = read.Int(7),
            .raw_id = {},
            .sealed_raw = {}};
    if (bounds_.include_raw && row.raw_no != 0) {
      const sqlite::StatementReset reset(raw_);
      LINKTOR_ASSIGN(const bool kept, raw_.Bind(1, row.raw_no).Step());
      if (kept) {
        row.sealed_raw = raw_.String(0);
        row.raw_id = RawItemId(raw_.Bytes(2), static_cast<int>(raw_.Int(1)));
      }
    }
    bytes_ += row.event.sealed.size() + row.event.decided.size() +
              row.sealed_raw.size();
    rows_.push_back(std::move(row));
    return absl::OkStatus();
  }

  // Returns true when the page has as many events or bytes as it may have.
  bool full() const {
    return std::cmp_greater_equal(rows_.size(), bounds_.max_events) ||
           bytes_ >= bounds_.max_bytes;
  }
  // Returns how many events were looked at.
  int looked_at() const { return looked_at_; }
  std::vector<Row> TakeRows() { return std::move(rows_); }

 private:
  const Bounds& bounds_;
  const Wanted wanted_;
  sqlite::Statement raw_;
  std::vector<Row> rows_;
  std::size_t bytes_ = 0;
  int looked_at_ = 0;
};

absl::StatusOr<EventReader::Page> EventReader::Read(const Bounds& bounds,
                                                    Wanted wanted) {
  Page page;
  std::vector<Row> rows;
  LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
    LINKTOR_ASSIGN(page.oldest_seq, OldestSeq(database));
    Collector collector(database, bounds, wanted);
    LINKTOR_ASSIGN(page.through_seq, ReadLog(database, bounds, collector));
    page.looked_at = collector.looked_at();
    rows = collector.TakeRows();
    return absl::OkStatus();
  }));
  LINKTOR_TRY(OpenRows(std::move(rows), page));
  return page;
}

absl::StatusOr<EventReader::Page> EventReader::ReadConversation(
    const CustomerKey& customer, const Bounds& bounds, Wanted wanted) {
  LINKTOR_ASSIGN(const std::int64_t start_seq,
                 FindInChain(customer, bounds.last_seq));
  Page page;
  std::vector<Row> rows;
  LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
    LINKTOR_ASSIGN(page.oldest_seq, OldestSeq(database));
    Collector collector(database, bounds, wanted);
    LINKTOR_ASSIGN(page.through_seq,
                   ReadChain(database, start_seq, bounds, collector));
    page.looked_at = collector.looked_at();
    rows = collector.TakeRows();
    return absl::OkStatus();
  }));
  LINKTOR_TRY(OpenRows(std::move(rows), page));
  return page;
}

// A list that is continued begins at `last_seq`, which is an event of the
// customer. A new list begins at the head of the conversation (its last event)
// and follows the links back to `last_seq`. This may pass many events. So it is
// done in many short snapshots, because a long snapshot would hold up the
// writer.
absl::StatusOr<std::int64_t> EventReader::FindInChain(
    const CustomerKey& customer, std::int64_t last_seq) {
  constexpr int kHopsAtOnce = 500;
  // The memory is read before the snapshot begins. So a head that is not found
  // in memory is in the snapshot.
  const auto recent = recent_.heads.Find(customer.channel_no, customer.user_id);
  std::int64_t seq = recent.has_value() ? recent->last_seq : 0;
  LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
    LINKTOR_ASSIGN(const bool continued, IsAbout(database, last_seq, customer));
    if (continued) {
      seq = last_seq;
    } else if (!recent.has_value()) {
      LINKTOR_ASSIGN(const ConversationRow row,
                     linktor::state::ReadConversation(
                         database, customer.channel_no, customer.user_id));
      seq = row.last_seq;
    }
    return absl::OkStatus();
  }));
  while (seq > last_seq) {
    LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
      sqlite::Statement before(database,
                               "SELECT before_seq FROM events WHERE seq = ?1");
      for (int hops = 0; hops < kHopsAtOnce && seq > last_seq; ++hops) {
        const sqlite::StatementReset reset(before);
        LINKTOR_ASSIGN(const bool found, before.Bind(1, seq).Step());
        seq = found ? before.Int(0) : 0;
      }
      return absl::OkStatus();
    }));
  }
  return seq;
}

absl::StatusOr<std::int64_t> EventReader::ReadLog(sqlite::Database& database,
                                                  const Bounds& bounds,
                                                  Collector& collector) {
  sqlite::Statement read(database,
                         bounds.newest_first
                             ? "SELECT " LINKTOR_EVENT_COLUMNS
                               " FROM events WHERE seq > ?1 AND seq <= ?2 "
                               "ORDER BY seq DESC LIMIT ?3"
                             : "SELECT " LINKTOR_EVENT_COLUMNS
                               " FROM events WHERE seq > ?1 AND seq <= ?2 "
                               "ORDER BY seq LIMIT ?3");
  read.Bind(1, bounds.after_seq)
      .Bind(2, bounds.last_seq)
      .Bind(3, bounds.max_rows);
  std::int64_t through_seq =
      bounds.newest_first ? bounds.last_seq + 1 : bounds.after_seq;
  for (;;) {
    LINKTOR_ASSIGN(const bool found, read.Step());
    if (!found) break;
    through_seq = read.Int(0);
    LINKTOR_TRY(collector.Look(read));
    if (collector.full()) return through_seq;
  }
  // When fewer rows than `max_rows` were found, all events within the bounds
  // were looked at. Kept events have no gap in their sequences. Only events
  // before the oldest kept event can be missing.
  if (collector.looked_at() >= bounds.max_rows) return through_seq;
  return bounds.newest_first ? std::min(bounds.after_seq, bounds.last_seq) + 1
                             : std::max(bounds.after_seq, bounds.last_seq);
}

// The chain ends at the first event that is deleted, because all older events
// are deleted, too.
absl::StatusOr<std::int64_t> EventReader::ReadChain(sqlite::Database& database,
                                                    std::int64_t start_seq,
                                                    const Bounds& bounds,
                                                    Collector& collector) {
  sqlite::Statement read(database, "SELECT " LINKTOR_EVENT_COLUMNS
                                   ", before_seq FROM events WHERE seq = ?1");
  // The events of one customer are far apart in the table, so each of them may
  // be on a page of its own.
  constexpr int kEventsAtOnce = 200;
  const int max_rows = std::min(bounds.max_rows, kEventsAtOnce);
  std::int64_t seq = start_seq;
  while (seq > bounds.after_seq) {
    if (collector.full() || collector.looked_at() >= max_rows) return seq + 1;
    const sqlite::StatementReset reset(read);
    LINKTOR_ASSIGN(const bool found, read.Bind(1, seq).Step());
    if (!found) break;
    LINKTOR_TRY(collector.Look(read));
    seq = read.Int(11);
  }
  return std::min(bounds.after_seq, bounds.last_seq) + 1;
}

absl::Status EventReader::OpenRows(std::vector<Row> rows, Page& page) {
  page.events.reserve(rows.size());
  for (Row& row : rows) {
    LINKTOR_ASSIGN(CommittedEvent event, OpenRow(std::move(row)));
    page.events.push_back(std::move(event));
  }
  return absl::OkStatus();
}

absl::StatusOr<CommittedEvent> EventReader::OpenRow(Row row) {
  LINKTOR_TRY(OpenEvent(sealer_, row.event));
  if (row.sealed_raw.empty() || seal::IsErased(row.sealed_raw)) {
    return std::move(row.event);
  }
  absl::StatusOr<std::string> raw =
      sealer_.Open(seal::SealedPlace::kRawItem, row.raw_id, row.sealed_raw);
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
  // The memory is read before the snapshot begins. So an entry that is not
  // found in memory is in the snapshot.
  const std::vector<std::int64_t> recent = recent_.mids.Find(mid_key, kind);
  std::optional<CommittedEvent> event;
  LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
    sqlite::Statement find(
        database, "SELECT " LINKTOR_EVENT_COLUMNS
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
  v1::Event merged = MergeEvent(*event);
  // An event without content has lost its receive time, too, but its row has
  // it.
  if (!merged.has_receive_time()) {
    *merged.mutable_receive_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
            event->receive_ms);
  }
  return merged;
}

absl::StatusOr<std::vector<v1::Event>> EventReader::FindChanges(
    std::string_view mid_key) {
  std::vector<std::int64_t> seqs;
  for (const journal::ItemKind kind :
       {journal::ITEM_KIND_EDIT, journal::ITEM_KIND_ABOUT}) {
    // The memory is read before the snapshot begins, as in FindByMid.
    std::vector<std::int64_t> named = recent_.mids.Find(mid_key, kind);
    LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
      return ReadNaming(database, mid_key, kind, named);
    }));
    // While a run is being moved (mid_index.h), an entry may be in memory and
    // in the table.
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    const std::size_t skipped =
        named.size() - std::min(named.size(), kMaxChanges);
    seqs.insert(seqs.end(),
                named.begin() + static_cast<std::ptrdiff_t>(skipped),
                named.end());
  }
  std::sort(seqs.begin(), seqs.end());
  std::vector<CommittedEvent> events;
  LINKTOR_TRY(pool_.Read([&](sqlite::Database& database) -> absl::Status {
    sqlite::Statement read(database, "SELECT " LINKTOR_EVENT_COLUMNS
                                     " FROM events WHERE seq = ?1");
    for (const std::int64_t seq : seqs) {
      const sqlite::StatementReset reset(read);
      LINKTOR_ASSIGN(const bool found, read.Bind(1, seq).Step());
      if (found) events.push_back(ReadEvent(read));
    }
    return absl::OkStatus();
  }));
  std::vector<v1::Event> changes;
  changes.reserve(events.size());
  for (CommittedEvent& event : events) {
    LINKTOR_TRY(OpenEvent(sealer_, event));
    changes.push_back(MergeEvent(event));
  }
  return changes;
}

}  // namespace linktor::state
