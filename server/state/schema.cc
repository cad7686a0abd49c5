#include "server/state/schema.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"

namespace linktor::state {
namespace {

// All times are in milliseconds since the epoch. The column born_ms has the
// time at which the age of a row begins (expiry.h). Where a row has another
// time, too, NULL in born_ms means that the age begins at that time. Names,
// credentials and everything that people wrote are encrypted (seal/sealer.h),
// in the columns named sealed or sealed_*. Data keys are encrypted, too. All
// other columns can be read.
//
// SQLite may leave parts of a resized row in its pages, and nothing would erase
// these parts. So a row with sealed content of an event, an item or a message
// is never resized before the content is overwritten. Values that change are in
// other tables than this content. The sealed fields of channels, API keys and
// conversations do change, and parts of old values may stay in the file. For
// example, parts of a customer's old name may stay, but nobody can read them
// after the person's key is destroyed.
//
// Until the first release, the schema may change without a migration. After
// that, never change an entry of kMigrations, and only append new entries.
constexpr std::array kMigrations = {
    R"sql(
-- One row: where the log stands.
CREATE TABLE log_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  log_id BLOB NOT NULL,        -- 8 random bytes: which log a cursor is of
  epoch INTEGER NOT NULL,      -- which life of the log; a restore begins one
  instance BLOB NOT NULL,      -- 8 random bytes: this data folder
  key_check BLOB NOT NULL,     -- opens only under the right master key
  last_seq INTEGER NOT NULL,   -- of the last event; never goes back
  oldest_seq INTEGER NOT NULL, -- of the first event still kept
  latest_ms INTEGER NOT NULL,  -- see time_marks
  earliest_ms INTEGER NOT NULL,
  expiry_ms INTEGER NOT NULL,  -- the expiry time; 0 before the first record
  clock_offset_ms INTEGER NOT NULL, -- see expiry.h
  mids_through INTEGER NOT NULL, -- event_mids is complete up to this event
  heads_through INTEGER NOT NULL, -- as for the heads in conversations
  last_raw_no INTEGER NOT NULL,-- numbers given out last; they never go back
  last_message_no INTEGER NOT NULL,
  last_call_no INTEGER NOT NULL,
  last_content_no INTEGER NOT NULL,
  last_held_no INTEGER NOT NULL,
  last_erasure_no INTEGER NOT NULL,
  last_waiting_no INTEGER NOT NULL,
  waiting_items INTEGER NOT NULL, -- the number of rows of that table
  raw_bytes INTEGER NOT NULL   -- the sum over raw_items
);

-- The lives of the log before this one, each with the last event that it shares
-- with this one.
CREATE TABLE epochs (
  no INTEGER PRIMARY KEY,      -- in the order in which they were lived
  epoch INTEGER NOT NULL UNIQUE,
  last_seq INTEGER NOT NULL
);

-- The latest start of each instance that has appended a record.
CREATE TABLE instances (
  instance BLOB PRIMARY KEY,
  incarnation INTEGER NOT NULL,
  erased_through INTEGER NOT NULL -- its files hold nothing of erasures up to it
) WITHOUT ROWID;

-- Data keys, wrapped by the master key. user_id is '' for the channel's own,
-- channel_no 0 for the installation's. A scope may have several.
CREATE TABLE data_keys (
  id INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  wrapped BLOB NOT NULL
);
CREATE INDEX data_keys_scope ON data_keys (channel_no, user_id);

CREATE TABLE channels (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  page_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  sealed_channel BLOB,         -- a Channel message; these are NULL once deleted
  sealed_credentials BLOB,
  sealed_ice_breakers BLOB,
  request_id TEXT,             -- of its creation
  request_fingerprint BLOB,
  deleted INTEGER NOT NULL,    -- 1: it was
  born_ms INTEGER,             -- of the deletion
  delete_seq INTEGER,          -- the last event when it was deleted
  erased INTEGER NOT NULL DEFAULT 0 -- 1: its people were erased, and all else
);
CREATE INDEX channels_id ON channels (id);

CREATE TABLE conversations (
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  last_inbound_ms INTEGER,     -- what opens the messaging window; newer ones
                               -- are in memory, see conversation_heads.h
  last_seq INTEGER NOT NULL DEFAULT 0, -- the last event about the customer, as
                               -- for last_inbound_ms
  last_message_seq INTEGER NOT NULL DEFAULT 0, -- the last that tells of a message
  opt_out_ms INTEGER,          -- NULL: not opted out
  owner_seq INTEGER NOT NULL DEFAULT 0, -- the event that names the app in control
  owner_ms INTEGER NOT NULL DEFAULT 0,  -- its time
  sealed_username BLOB,
  PRIMARY KEY (channel_no, user_id)
) WITHOUT ROWID;

-- It orders the conversations of a channel by their last messages.
CREATE INDEX conversations_latest
  ON conversations (channel_no, last_message_seq) WHERE last_message_seq > 0;

-- Calls to Instagram that reach a customer: those of the last hour are counted.
CREATE TABLE send_calls (
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  call_ms INTEGER NOT NULL,
  no INTEGER NOT NULL,
  born_ms INTEGER NOT NULL,
  PRIMARY KEY (channel_no, user_id, call_ms, no)
) WITHOUT ROWID;
CREATE INDEX send_calls_age ON send_calls (born_ms, no);

-- One row per webhook POST.
CREATE TABLE deliveries (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  channel_no INTEGER NOT NULL, -- of the path
  receive_ms INTEGER NOT NULL,
  born_ms INTEGER,
  bytes INTEGER NOT NULL,
  events INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  ignored INTEGER NOT NULL,
  issues INTEGER NOT NULL,
  issue TEXT,                  -- the first issue, in English
  quarantined INTEGER NOT NULL, -- 1: could not be applied
  redriven INTEGER NOT NULL DEFAULT 0 -- so many items became events later
);

-- The items of deliveries as received, within a size and age limit.
CREATE TABLE raw_items (
  no INTEGER PRIMARY KEY,
  delivery_no INTEGER NOT NULL,
  item INTEGER NOT NULL,       -- position in the delivery
  channel_no INTEGER NOT NULL, -- under whose key it is sealed
  entry_id TEXT NOT NULL,
  form INTEGER NOT NULL,       -- EnvelopeForm of kinds/parsed_item.h
  field TEXT,                  -- the name beside the value; NULL: none
  items INTEGER,               -- it stands for so many; NULL: 1
  unknown_seq INTEGER,         -- its instagram.unknown event; 0: it has no
                               -- event; NULL: it has one of a type
  secret BLOB,                 -- only of items without a channel: a keyed hash
                               -- of the app secret that has signed them
  mid_key BLOB,                -- only of items without an event, as is user_id
  user_id TEXT,                -- whom the item is about; '' when unknown
  sealed_raw BLOB NOT NULL
);
CREATE INDEX raw_items_mid ON raw_items (mid_key) WHERE mid_key IS NOT NULL;
CREATE INDEX raw_items_user ON raw_items (channel_no, user_id)
  WHERE user_id IS NOT NULL;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  type TEXT NOT NULL,
  channel_no INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  event_ms INTEGER NOT NULL,   -- Instagram's; 0 when unknown
  receive_ms INTEGER NOT NULL, -- the record's
  born_ms INTEGER,
  mid_key BLOB,                -- a hash of channel and mid
  mid_kind INTEGER NOT NULL,   -- ItemKind of record.proto
  before_seq INTEGER,          -- the event before, about the same customer
  advances INTEGER NOT NULL,   -- 1: it is its customer's last activity so far
  raw_no INTEGER,              -- its raw_items row, while kept
  message_no INTEGER,          -- the send that it tells of, whose content it has
  decided BLOB,                -- Event fields that Apply decided; readable
  sealed_event BLOB            -- the Event; NULL when `decided` is all
);
CREATE INDEX events_message ON events (message_no)
  WHERE message_no IS NOT NULL;

-- The latest and the earliest receive_ms of every 1,024 events, to find events
-- by their time, which may go back with the clock. log_state has those of the
-- events after the last mark.
CREATE TABLE time_marks (
  last_seq INTEGER PRIMARY KEY,
  latest_ms INTEGER NOT NULL,
  earliest_ms INTEGER NOT NULL
);

-- Which events name a message of Instagram; see mid_index.h.
CREATE TABLE event_mids (
  mid_key BLOB NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (mid_key, kind, seq)
) WITHOUT ROWID;

-- Dedupe keys of items without a mid: event time (big-endian) ‖ hash, so that
-- inserts go to the end.
CREATE TABLE dedupe (
  key BLOB PRIMARY KEY,
  born_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dedupe_age ON dedupe (born_ms);

-- Sealed content of rows that change: appended, never resized.
CREATE TABLE contents (
  no INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
);

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
  content_match BLOB,          -- keyed hash of the content, to match echoes
  mid TEXT,
  mid_key BLOB,
  create_ms INTEGER NOT NULL,
  claim_ms INTEGER NOT NULL,   -- of the latest attempt
  born_ms INTEGER,             -- of the latest attempt; NULL: claim_ms
  send_ms INTEGER,
  echo_ms INTEGER,
  retract_ms INTEGER,          -- NULL: it was not taken back
  after_seq INTEGER NOT NULL,  -- the last event when it was first claimed
  content_no INTEGER NOT NULL,
  error_no INTEGER,            -- the error's row in contents
  settled_no INTEGER,          -- what an echo's event will hold, in contents
  api_key_id TEXT,             -- of the latest attempt's caller; NULL: none
  instance BLOB NOT NULL,      -- who made the latest attempt
  incarnation INTEGER NOT NULL
);
CREATE UNIQUE INDEX messages_request ON messages (channel_no, request_id)
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_request_age ON messages (coalesce(born_ms, claim_ms))
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_mid ON messages (mid_key) WHERE mid_key IS NOT NULL;
-- It orders the sends of a conversation.
CREATE INDEX messages_user ON messages (channel_no, user_id, no);
-- Sends that are not settled: whether one to a customer is PENDING, and which
-- UNCONFIRMED ones of a content an echo can belong to.
CREATE INDEX messages_open
  ON messages (channel_no, user_id, state, content_match, claim_ms)
  WHERE state IN (2, 4);

-- Echoes that belong to no send of ours, for a while: a send that becomes
-- UNCONFIRMED later may be one of them.
CREATE TABLE unmatched_echoes (
  seq INTEGER PRIMARY KEY,     -- of the message.echoed event
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  content_match BLOB NOT NULL,
  echo_ms INTEGER NOT NULL,
  born_ms INTEGER NOT NULL,
  mid TEXT NOT NULL,
  mid_key BLOB NOT NULL
);
CREATE INDEX unmatched_echoes_content
  ON unmatched_echoes (channel_no, user_id, content_match, echo_ms);
CREATE INDEX unmatched_echoes_mid ON unmatched_echoes (mid_key);
CREATE INDEX unmatched_echoes_age ON unmatched_echoes (born_ms);

-- Echoes whose mid is not known, to people with PENDING sends: whose they are is
-- known when none is PENDING any more. They have no event until then.
CREATE TABLE held_echoes (
  no INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  mid_key BLOB NOT NULL,
  receive_ms INTEGER NOT NULL, -- of the webhook's record
  raw_no INTEGER NOT NULL,     -- 0 for none
  sealed_item BLOB NOT NULL    -- a WebhookItem without its raw bytes
);
CREATE INDEX held_echoes_user ON held_echoes (channel_no, user_id);
CREATE INDEX held_echoes_mid ON held_echoes (mid_key);

-- These items wait for the message of their mid, and become events when it does
-- not come.
CREATE TABLE waiting_items (
  no INTEGER PRIMARY KEY,
  mid_key BLOB NOT NULL UNIQUE,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  receive_ms INTEGER NOT NULL, -- of the webhook's record
  born_ms INTEGER NOT NULL,
  sealed_item BLOB NOT NULL    -- a WebhookItem without its raw bytes
);
CREATE INDEX waiting_items_age ON waiting_items (born_ms);
CREATE INDEX waiting_items_user ON waiting_items (channel_no, user_id);

-- Items as received that were redriven, each with the event that it became.
CREATE TABLE redriven_items (
  raw_no INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  replaces_seq INTEGER         -- its instagram.unknown event; NULL: it had none
);
CREATE INDEX redriven_items_seq ON redriven_items (seq);

-- Keys that are never stored again.
CREATE TABLE destroyed_keys (
  id INTEGER PRIMARY KEY
);

-- People of whom events still tell although they were erased: a few are cleaned
-- with each record. See forgetting_table.h.
CREATE TABLE forgettings (
  no INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,       -- '' for everybody whom the channel knew
  through_seq INTEGER NOT NULL, -- later events are of another conversation
  next_seq INTEGER NOT NULL    -- the event to clean next; of a channel, the
                               -- last one that was looked at
);

-- Callers' keys. What a caller sends is not here, only a keyed hash of it.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  sealed_key BLOB NOT NULL,    -- an ApiKey message without its last use
  hash BLOB NOT NULL,          -- see Sealer::ApiKeyHash
  creator TEXT NOT NULL,       -- the key that created it; '' without one
  request_id TEXT,             -- of its creation
  request_fingerprint BLOB,
  last_use_ms INTEGER          -- NULL: it was never used
) WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_request ON api_keys (creator, request_id)
  WHERE request_id IS NOT NULL;
)sql",
};

// Returns the version of the database. It fails with FAILED_PRECONDITION when
// this program does not know the version.
absl::StatusOr<std::int64_t> VersionOf(sqlite::Database& database) {
  sqlite::Statement statement(database, "PRAGMA user_version");
  LINKTOR_ASSIGN(const bool row, statement.Step());
  const std::int64_t version = row ? statement.Int(0) : 0;
  if (std::cmp_greater(version, kMigrations.size())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder has schema version ", version,
                     "; this program knows up to ", kMigrations.size(),
                     ". Start the newer program."));
  }
  return version;
}

}  // namespace

absl::Status CheckSchemaVersion(sqlite::Database& database) {
  return VersionOf(database).status();
}

absl::Status Migrate(sqlite::Database& database) {
  LINKTOR_ASSIGN(const std::int64_t version, VersionOf(database));
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size();
       ++next) {
    LINKTOR_TRY(database.Execute("BEGIN IMMEDIATE"));
    absl::Status status = database.Execute(kMigrations[next]);
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

}  // namespace linktor::state
