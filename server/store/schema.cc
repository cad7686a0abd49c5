#include "server/store/schema.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"

namespace linktor {
namespace {

// Times are milliseconds since the epoch. What people wrote and credentials
// are in columns named sealed_* (see sealer.h); the rest is readable.
// Never change an entry; append one.
constexpr std::array kMigrations = {
    R"sql(
-- One row: where the log stands.
CREATE TABLE log_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  log_id BLOB NOT NULL,        -- 8 random bytes: which log a cursor is of
  epoch INTEGER NOT NULL,      -- increased by a restore
  last_seq INTEGER NOT NULL,   -- of the last event; never goes back
  oldest_seq INTEGER NOT NULL, -- of the first event still kept
  log_ms INTEGER NOT NULL,     -- log time: never goes back
  last_raw_no INTEGER NOT NULL,-- of the last raw item; never goes back
  raw_bytes INTEGER NOT NULL,  -- of all raw_items
  key_check BLOB NOT NULL      -- opens only under the right master key
);

-- Data keys, wrapped by the master key. user_id is '' for the channel's own.
CREATE TABLE data_keys (
  id INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  UNIQUE (channel_no, user_id)
);

CREATE TABLE channels (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  page_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  body BLOB NOT NULL,          -- a Channel message
  sealed_credentials BLOB,     -- NULL once deleted
  request_id TEXT,             -- of its creation
  request_fingerprint BLOB,
  delete_ms INTEGER            -- NULL while live
);

CREATE TABLE conversations (
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  last_inbound_ms INTEGER,     -- what opens the messaging window
  PRIMARY KEY (channel_no, user_id)
) WITHOUT ROWID;

-- One row per webhook POST.
CREATE TABLE deliveries (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  channel_no INTEGER NOT NULL, -- of the path
  receive_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  events INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  ignored INTEGER NOT NULL,
  issues INTEGER NOT NULL,
  issue TEXT,                  -- the first issue, in English
  quarantined INTEGER NOT NULL -- 1: could not be applied
);

-- The items of deliveries as received, within a size and age limit.
CREATE TABLE raw_items (
  no INTEGER PRIMARY KEY,
  delivery_no INTEGER NOT NULL,
  item INTEGER NOT NULL,       -- position in the delivery
  channel_no INTEGER NOT NULL, -- under whose key it is sealed
  entry_id TEXT NOT NULL,
  form INTEGER NOT NULL,       -- EnvelopeForm of webhook/parser.h
  sealed_raw BLOB NOT NULL
);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  type TEXT NOT NULL,
  channel_no INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  event_ms INTEGER NOT NULL,   -- Instagram's; 0 when unknown
  log_ms INTEGER NOT NULL,
  mid_key BLOB,                -- names its row in event_mids
  raw_no INTEGER,              -- its raw_items row, while kept
  overlay BLOB,                -- Event fields that Apply decided; readable
  sealed_event BLOB            -- the Event; NULL when the overlay is all
);

-- Which events name a message of Instagram, by a hash of channel and mid. For
-- kinds that name a mid it decides what is a duplicate.
CREATE TABLE event_mids (
  mid_key BLOB NOT NULL,
  kind INTEGER NOT NULL,       -- ItemKind of records.h
  seq INTEGER NOT NULL,
  PRIMARY KEY (mid_key, kind, seq)
) WITHOUT ROWID;

-- Dedupe keys of items without a mid: event time (big-endian) ‖ hash, so that
-- inserts go to the end.
CREATE TABLE dedupe (
  key BLOB PRIMARY KEY,
  log_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dedupe_age ON dedupe (log_ms);

-- Sends made through this server.
CREATE TABLE messages (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  channel_no INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  state INTEGER NOT NULL,      -- MessageState
  settled_by INTEGER NOT NULL, -- SettledBy
  attempt INTEGER NOT NULL,
  request_id TEXT,             -- NULL once it has expired
  request_fingerprint BLOB NOT NULL,
  content_match BLOB,          -- keyed hash of the text, to match echoes
  mid TEXT,
  mid_key BLOB,
  create_ms INTEGER NOT NULL,
  claim_ms INTEGER NOT NULL,   -- of the latest attempt
  send_ms INTEGER,
  echo_ms INTEGER,
  sealed_content BLOB NOT NULL,
  sealed_error BLOB
);
CREATE UNIQUE INDEX messages_request ON messages (channel_no, request_id)
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_request_age ON messages (claim_ms)
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_mid ON messages (mid_key) WHERE mid_key IS NOT NULL;
-- Sends that are not settled: few at any time.
CREATE INDEX messages_open ON messages (channel_no, user_id)
  WHERE state IN (2, 4);

-- Text echoes that belong to no send of ours, for ten minutes: a send that
-- becomes UNCONFIRMED later may be one of them.
CREATE TABLE unmatched_echoes (
  seq INTEGER PRIMARY KEY,     -- of the message.echoed event
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  content_match BLOB NOT NULL,
  echo_ms INTEGER NOT NULL,
  log_ms INTEGER NOT NULL,
  mid TEXT NOT NULL,
  mid_key BLOB NOT NULL
);
CREATE INDEX unmatched_echoes_user ON unmatched_echoes (channel_no, user_id);
)sql",
    R"sql(
ALTER TABLE channels ADD COLUMN ice_breakers BLOB; -- see records.h
ALTER TABLE conversations ADD COLUMN opt_out_ms INTEGER; -- NULL: not opted out
ALTER TABLE conversations ADD COLUMN sealed_username BLOB;

-- Calls to Instagram that reach a customer: those of the last hour are counted.
CREATE TABLE send_calls (
  no INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  call_ms INTEGER NOT NULL
);
CREATE INDEX send_calls_user ON send_calls (channel_no, user_id, call_ms);
CREATE INDEX send_calls_age ON send_calls (call_ms);

-- The newest of event_mids, until mid_index.h moves them there.
CREATE TABLE recent_mids (
  seq INTEGER PRIMARY KEY,     -- of the event
  mid_key BLOB NOT NULL,
  kind INTEGER NOT NULL
);
)sql",
    R"sql(
-- Keys of callers. What a caller sends is not here, only a keyed hash of it.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  body BLOB NOT NULL,          -- an ApiKey message without its last use
  hash BLOB NOT NULL,          -- see Sealer::ApiKeyHash
  creator TEXT NOT NULL,       -- the key that created it; '' without one
  request_id TEXT,             -- of its creation
  request_fingerprint BLOB,
  last_use_ms INTEGER          -- NULL: it was never used
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_request ON api_keys (creator, request_id)
  WHERE request_id IS NOT NULL;

-- The key whose caller made the latest attempt; NULL without keys.
ALTER TABLE messages ADD COLUMN api_key_id TEXT;
-- log_state.last_seq when the channel was deleted: its events are not newer.
ALTER TABLE channels ADD COLUMN delete_seq INTEGER;
)sql",
};

}  // namespace

absl::Status Migrate(Database& database) {
  return MigrateTo(database, static_cast<std::int64_t>(kMigrations.size()));
}

absl::Status MigrateTo(Database& database, std::int64_t target) {
  std::int64_t version = 0;
  {
    Statement statement(database, "PRAGMA user_version");
    LINKTOR_ASSIGN(const bool row, statement.Step());
    version = row ? statement.Int(0) : 0;
  }
  if (std::cmp_greater(version, kMigrations.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder has schema version ", version,
                     "; this program knows up to ", kMigrations.size(),
                     ". Start the newer program."));
  }
  for (std::int64_t next = version; next < target; ++next) {
    LINKTOR_TRY(database.Execute("BEGIN IMMEDIATE"));
    absl::Status status =
        database.Execute(kMigrations[static_cast<std::size_t>(next)]);
    if (status.ok()) {
      status = database.Execute(
          absl::StrCat("PRAGMA user_version=", next + 1).c_str());
    }
    if (status.ok()) status = database.Execute("COMMIT");
    if (!status.ok()) {
      (void)database.Execute("ROLLBACK");
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace linktor
