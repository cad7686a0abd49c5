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
-- This table has one row. It says where the event log stands.
CREATE TABLE log_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  -- Cursors carry these 8 random bytes, so that they fit this log alone.
  log_id BLOB NOT NULL,
  -- The epoch names the present life of the log. Each restore begins a new one.
  epoch INTEGER NOT NULL,
  -- These 8 random bytes name this data folder.
  instance BLOB NOT NULL,
  -- This value can be opened only with the right master key.
  key_check BLOB NOT NULL,
  -- The last event has the sequence last_seq, which never goes back. The first
  -- event that is still kept has the sequence oldest_seq.
  last_seq INTEGER NOT NULL,
  oldest_seq INTEGER NOT NULL,
  -- See the table time_marks for these two.
  latest_ms INTEGER NOT NULL,
  earliest_ms INTEGER NOT NULL,
  -- See expiry.h for these two. The expiry time is 0 before the first record.
  expiry_ms INTEGER NOT NULL,
  clock_offset_ms INTEGER NOT NULL,
  -- event_mids is complete up to the first of these events, and the last events
  -- in conversations are complete up to the second.
  mids_through INTEGER NOT NULL,
  heads_through INTEGER NOT NULL,
  -- These are the numbers that were given out last. They never go back.
  last_raw_no INTEGER NOT NULL,
  last_message_no INTEGER NOT NULL,
  last_call_no INTEGER NOT NULL,
  last_content_no INTEGER NOT NULL,
  last_held_no INTEGER NOT NULL,
  last_erasure_no INTEGER NOT NULL,
  last_waiting_no INTEGER NOT NULL,
  -- The table waiting_items has this number of rows.
  waiting_items INTEGER NOT NULL,
  -- The sealed bytes of all raw_items have this size together.
  raw_bytes INTEGER NOT NULL
);

-- A log begins a new life with each restore. This table has the lives before
-- the present one, in their order. Each row has the last event that the life
-- shares with the present life.
CREATE TABLE epochs (
  no INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL UNIQUE,
  last_seq INTEGER NOT NULL
);

-- This table has the latest start of each instance that has appended a record.
CREATE TABLE instances (
  instance BLOB PRIMARY KEY,
  incarnation INTEGER NOT NULL,
  -- The files of the instance hold nothing of the erasures up to this number.
  erased_through INTEGER NOT NULL
) WITHOUT ROWID;

-- The data keys are wrapped (encrypted) by the master key. user_id is '' for a
-- key of the channel itself, and channel_no is 0 for a key of the installation.
-- One person, or one channel, may have several keys.
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
  -- These three are NULL once the channel was deleted. The first is a Channel
  -- message.
  sealed_channel BLOB,
  sealed_credentials BLOB,
  sealed_ice_breakers BLOB,
  -- The call that created the channel had this request id.
  request_id TEXT,
  request_fingerprint BLOB,
  -- `deleted` is 1 when the channel was deleted. born_ms is the time of the
  -- deletion, and delete_seq is the last event before it.
  deleted INTEGER NOT NULL,
  born_ms INTEGER,
  delete_seq INTEGER,
  -- It is 1 when the channel was erased with all its people.
  erased INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX channels_id ON channels (id);

CREATE TABLE conversations (
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  -- The newest values of these three may be in memory only; see
  -- conversation_heads.h. last_inbound_ms opens the messaging window. last_seq
  -- is the last event about the customer, and last_message_seq is the last
  -- event that tells of a message.
  last_inbound_ms INTEGER,
  last_seq INTEGER NOT NULL DEFAULT 0,
  last_message_seq INTEGER NOT NULL DEFAULT 0,
  -- It is NULL when the customer has not opted out.
  opt_out_ms INTEGER,
  -- This event names the app that controls the conversation; owner_ms is the
  -- time of the event.
  owner_seq INTEGER NOT NULL DEFAULT 0,
  owner_ms INTEGER NOT NULL DEFAULT 0,
  sealed_username BLOB,
  PRIMARY KEY (channel_no, user_id)
) WITHOUT ROWID;

-- This index orders the conversations of a channel by their last messages.
CREATE INDEX conversations_latest
  ON conversations (channel_no, last_message_seq) WHERE last_message_seq > 0;

-- Each row is a call to Instagram that reaches a customer. The calls of the
-- last hour are counted.
CREATE TABLE send_calls (
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  call_ms INTEGER NOT NULL,
  no INTEGER NOT NULL,
  born_ms INTEGER NOT NULL,
  PRIMARY KEY (channel_no, user_id, call_ms, no)
) WITHOUT ROWID;
CREATE INDEX send_calls_age ON send_calls (born_ms, no);

-- Each webhook POST has one row.
CREATE TABLE deliveries (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  -- The path of the POST names this channel.
  channel_no INTEGER NOT NULL,
  receive_ms INTEGER NOT NULL,
  born_ms INTEGER,
  bytes INTEGER NOT NULL,
  events INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  ignored INTEGER NOT NULL,
  issues INTEGER NOT NULL,
  -- This is the first issue, in English.
  issue TEXT,
  -- It is 1 when the webhook could not be applied.
  quarantined INTEGER NOT NULL,
  -- This number of items became events later, by a redrive (apply_redrive.cc).
  redriven INTEGER NOT NULL DEFAULT 0
);

-- This table has the items of deliveries as Instagram sent them. The age of the
-- rows and the size of the table are limited.
CREATE TABLE raw_items (
  no INTEGER PRIMARY KEY,
  delivery_no INTEGER NOT NULL,
  -- This is the position of the item in its delivery.
  item INTEGER NOT NULL,
  -- The item is sealed with a key of this channel.
  channel_no INTEGER NOT NULL,
  entry_id TEXT NOT NULL,
  -- It is an EnvelopeForm of kinds/parsed_item.h.
  form INTEGER NOT NULL,
  -- This is the name beside the item's value; it is NULL when there is none.
  field TEXT,
  -- The row stands for this number of items; NULL means 1.
  items INTEGER,
  -- This is the sequence of the item's instagram.unknown event. It is 0 when
  -- the item has no event, and NULL when it has an event of a known type.
  unknown_seq INTEGER,
  -- Only an item without a channel has this keyed hash. It is of the app secret
  -- that has signed the item.
  secret BLOB,
  -- Only an item without an event has these two. user_id is '' when it is not
  -- known whom the item is about.
  mid_key BLOB,
  user_id TEXT,
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
  -- This is Instagram's time; it is 0 when Instagram gives none.
  event_ms INTEGER NOT NULL,
  -- This is the time of the record.
  receive_ms INTEGER NOT NULL,
  born_ms INTEGER,
  -- This is a hash of the channel and the mid.
  mid_key BLOB,
  -- It is an ItemKind of record.proto.
  mid_kind INTEGER NOT NULL,
  -- This is the event before it that is about the same customer.
  before_seq INTEGER,
  -- It is 1 when the event was the customer's last activity at that time.
  advances INTEGER NOT NULL,
  -- This is the event's row of raw_items, while that row is kept.
  raw_no INTEGER,
  -- The event tells of this send, and its content is the content of the send.
  message_no INTEGER,
  -- Apply decided these fields of the Event. They are not encrypted.
  decided BLOB,
  -- This is the Event. It is NULL when `decided` has the whole Event.
  sealed_event BLOB
);
CREATE INDEX events_message ON events (message_no)
  WHERE message_no IS NOT NULL;

-- Each row has the latest and the earliest receive_ms of 1,024 events. The rows
-- are there to find events by their time, because this time may go back with
-- the clock. log_state has the two times of the events after the last row.
CREATE TABLE time_marks (
  last_seq INTEGER PRIMARY KEY,
  latest_ms INTEGER NOT NULL,
  earliest_ms INTEGER NOT NULL
);

-- This table says which events name a message of Instagram; see mid_index.h.
CREATE TABLE event_mids (
  mid_key BLOB NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (mid_key, kind, seq)
) WITHOUT ROWID;

-- These are the dedupe keys of items without a mid. A key has the event time
-- (big-endian), and then a hash. So new keys go to the end of the table.
CREATE TABLE dedupe (
  key BLOB PRIMARY KEY,
  born_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dedupe_age ON dedupe (born_ms);

-- This table has the sealed content of rows that change. Its own rows are only
-- appended and never resized.
CREATE TABLE contents (
  no INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL
);

-- These are the sends that were made through this server.
CREATE TABLE messages (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  channel_no INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  -- These two are values of MessageState and SettledBy.
  state INTEGER NOT NULL,
  settled_by INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  -- It is NULL once the request id has expired.
  request_id TEXT,
  request_fingerprint BLOB NOT NULL,
  -- This keyed hash of the content is compared with the hashes of echoes.
  content_match BLOB,
  mid TEXT,
  mid_key BLOB,
  create_ms INTEGER NOT NULL,
  -- These two are of the latest attempt. When born_ms is NULL, claim_ms stands
  -- for it.
  claim_ms INTEGER NOT NULL,
  born_ms INTEGER,
  send_ms INTEGER,
  echo_ms INTEGER,
  -- It is NULL when the message was not taken back.
  retract_ms INTEGER,
  -- This was the last event when the send was first claimed.
  after_seq INTEGER NOT NULL,
  -- These three are rows of `contents`. The second is the error. The third is
  -- what the event of a later echo will hold.
  content_no INTEGER NOT NULL,
  error_no INTEGER,
  settled_no INTEGER,
  -- The caller of the latest attempt used this API key; NULL means no key.
  api_key_id TEXT,
  -- This process made the latest attempt.
  instance BLOB NOT NULL,
  incarnation INTEGER NOT NULL
);
CREATE UNIQUE INDEX messages_request ON messages (channel_no, request_id)
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_request_age ON messages (coalesce(born_ms, claim_ms))
  WHERE request_id IS NOT NULL;
CREATE INDEX messages_mid ON messages (mid_key) WHERE mid_key IS NOT NULL;
-- This index orders the sends of a conversation.
CREATE INDEX messages_user ON messages (channel_no, user_id, no);
-- This index has the PENDING and the UNCONFIRMED sends. It tells whether a send
-- to a customer is PENDING, and to which UNCONFIRMED send an echo can belong.
CREATE INDEX messages_open
  ON messages (channel_no, user_id, state, content_match, claim_ms)
  WHERE state IN (2, 4);

-- These echoes belong to no send of this server. They are kept for a while,
-- because a send that becomes UNCONFIRMED later may belong to one of them.
CREATE TABLE unmatched_echoes (
  -- The message.echoed event has this sequence.
  seq INTEGER PRIMARY KEY,
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

-- The mid of these echoes is not known, and the customer has PENDING sends.
-- When no send to the customer is PENDING any more, it is known to which send
-- each echo belongs. Until then the echoes have no event.
CREATE TABLE held_echoes (
  no INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  mid_key BLOB NOT NULL,
  -- This is the time of the webhook's record.
  receive_ms INTEGER NOT NULL,
  -- It is 0 when the echo has no row of raw_items.
  raw_no INTEGER NOT NULL,
  -- This is a WebhookItem without its raw bytes.
  sealed_item BLOB NOT NULL
);
CREATE INDEX held_echoes_user ON held_echoes (channel_no, user_id);
CREATE INDEX held_echoes_mid ON held_echoes (mid_key);

-- These items wait for the message that has their mid. They become events when
-- this message does not come.
CREATE TABLE waiting_items (
  no INTEGER PRIMARY KEY,
  mid_key BLOB NOT NULL UNIQUE,
  channel_no INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  -- This is the time of the webhook's record.
  receive_ms INTEGER NOT NULL,
  born_ms INTEGER NOT NULL,
  -- This is a WebhookItem without its raw bytes.
  sealed_item BLOB NOT NULL
);
CREATE INDEX waiting_items_age ON waiting_items (born_ms);
CREATE INDEX waiting_items_user ON waiting_items (channel_no, user_id);

-- Each row has an item of raw_items that was redriven, and the event that the
-- item became. replaces_seq is the instagram.unknown event of the item; it is
-- NULL when the item had none.
CREATE TABLE redriven_items (
  raw_no INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  replaces_seq INTEGER
);
CREATE INDEX redriven_items_seq ON redriven_items (seq);

-- These data keys were destroyed and are never stored again.
CREATE TABLE destroyed_keys (
  id INTEGER PRIMARY KEY
);

-- These people were erased, but events still tell of them. Each record cleans a
-- few of these events. See forgetting_table.h.
CREATE TABLE forgettings (
  no INTEGER PRIMARY KEY,
  channel_no INTEGER NOT NULL,
  -- It is '' when all people of the channel were erased.
  user_id TEXT NOT NULL,
  -- Later events belong to another conversation.
  through_seq INTEGER NOT NULL,
  -- This event is cleaned next. For a channel it is the event that was looked
  -- at last.
  next_seq INTEGER NOT NULL
);

-- These are the API keys. The table has only a keyed hash of the key that a
-- caller sends.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  -- This is an ApiKey message without the time of its last use.
  sealed_key BLOB NOT NULL,
  -- See Sealer::ApiKeyHash.
  hash BLOB NOT NULL,
  -- This key created the key; it is '' when no key did.
  creator TEXT NOT NULL,
  -- The call that created the key had this request id.
  request_id TEXT,
  request_fingerprint BLOB,
  -- It is NULL when the key was never used.
  last_use_ms INTEGER
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
