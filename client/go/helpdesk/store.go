package main

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite" // This is the driver for database/sql.

	v1 "linktor.dev/instagram/v1"
)

// schemaVersion is the value of PRAGMA user_version in the database. The
// statements of schema never change: a later version has statements of its own that
// turn this schema into the later one.
const schemaVersion = 1

// takenBack is greater than the number of every edit.
const takenBack = math.MaxInt64

// All times are in milliseconds since 1970. stream.cursor is the position in the
// server's log up to which the database has the events. stream.begin_time is when
// the database was made. messages.source is the id of the event that brought the
// entry. It is unique, so that no event takes effect twice. The server can give an
// event a second time, for example after its log was set back. messages.last_edit is
// the number of the last edit of the text; it is 0 before the first edit, and takenBack
// when the message was taken back.
const schema = `
CREATE TABLE stream (cursor TEXT NOT NULL, begin_time INTEGER NOT NULL); -- It has one row.
CREATE TABLE notes (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE tickets (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	channel_id TEXT NOT NULL, user_id TEXT NOT NULL, username TEXT NOT NULL,
	queue TEXT NOT NULL, state TEXT NOT NULL,
	open_time INTEGER NOT NULL, change_time INTEGER NOT NULL);
CREATE INDEX tickets_of_user ON tickets (channel_id, user_id);
CREATE UNIQUE INDEX one_ticket_at_once ON tickets (channel_id, user_id) WHERE state <> 'closed';
CREATE INDEX tickets_at_work ON tickets (state, change_time);
CREATE TABLE messages (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	ticket_id INTEGER NOT NULL REFERENCES tickets (id),
	kind TEXT NOT NULL, text TEXT NOT NULL, mid TEXT NOT NULL,
	source TEXT UNIQUE, time INTEGER NOT NULL, last_edit INTEGER NOT NULL DEFAULT 0);
CREATE INDEX messages_of_ticket ON messages (ticket_id, id);
CREATE INDEX messages_by_mid ON messages (mid) WHERE mid <> '';
-- outbox.request is a SendMessageRequest, the same at each try.
CREATE TABLE outbox (
	message_id INTEGER PRIMARY KEY REFERENCES messages (id),
	request_id TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL, request BLOB NOT NULL,
	delivery TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
	error TEXT NOT NULL DEFAULT '', remedy TEXT NOT NULL DEFAULT '',
	tries INTEGER NOT NULL DEFAULT 0, queue_time INTEGER NOT NULL, due_time INTEGER NOT NULL);
CREATE INDEX outbox_queue ON outbox (conversation, message_id) WHERE delivery = 'queued';
`

// store is the database of the helpdesk. All reads and writes use one connection,
// so that the transactions run one after the other. It is safe for concurrent use.
type store struct {
	db *sql.DB
	// lock is a transaction that stays open on a file beside the database, so that
	// no second process can open the database. The operating system ends it,
	// however the process ends. guard is the connection to that file.
	lock  *sql.Tx
	guard *sql.DB
	// wake tells the sender that something was queued.
	wake chan struct{}
}

// openStore opens the database, and makes it when it does not exist. It returns an
// error when another process has the database open.
func openStore(path string) (*store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// The lock belongs to the real path. A symbolic link therefore cannot open the
	// same database a second time.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	s := &store{wake: make(chan struct{}, 1)}
	if s.guard, err = openFile(path+".lock", "_txlock=exclusive&_pragma=busy_timeout(0)"); err != nil {
		return nil, err
	}
	if s.lock, err = s.guard.Begin(); err != nil {
		s.guard.Close()
		return nil, fmt.Errorf("%s cannot be locked, perhaps because another helpdesk works on it: %w", path, err)
	}
	s.db, err = openFile(path, "_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err == nil {
		err = s.prepare()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), s.close())
	}
	return s, nil
}

// openFile opens an SQLite file with one connection. options is the query part of
// the driver's URL.
func openFile(path, options string) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// prepare makes the tables of a new database. It returns an error when the schema
// has another version, or when commits would not survive a power failure.
func (s *store) prepare() error {
	return s.write(func(t *tx) {
		var mode string
		var synchronous, version int
		t.get("PRAGMA journal_mode", nil, &mode)
		t.get("PRAGMA synchronous", nil, &synchronous)
		t.get("PRAGMA user_version", nil, &version)
		switch {
		case t.err != nil || version == schemaVersion:
		case version != 0:
			t.err = fmt.Errorf("its schema has the version %d, and this program knows %d", version, schemaVersion)
		default:
			t.exec(schema)
			t.exec("INSERT INTO stream (cursor, begin_time) VALUES ('', ?)", nowMs())
			t.exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
		}
		if t.err == nil && (mode != "wal" || synchronous != 2) {
			t.err = fmt.Errorf("the journal mode is %s and synchronous is %d, but wal and 2 are needed", mode, synchronous)
		}
	})
}

func (s *store) close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Rollback(), s.guard.Close())
}

// tx is a transaction. After the first error, which is in err, its methods do
// nothing, and what they return means nothing. The transaction is then rolled back.
type tx struct {
	sql *sql.Tx
	now int64
	err error
}

// write runs f in a transaction and commits it. When f has set t.err, write rolls
// the transaction back and returns that error.
func (s *store) write(f func(t *tx)) error {
	begun, err := s.db.Begin()
	if err != nil {
		return err
	}
	t := &tx{sql: begun, now: nowMs()}
	f(t)
	if t.err != nil {
		return errors.Join(t.err, begun.Rollback())
	}
	return begun.Commit()
}

// exec runs a statement, and returns the id of the row that an INSERT has added.
func (t *tx) exec(query string, args ...any) int64 {
	if t.err != nil {
		return 0
	}
	var result sql.Result
	if result, t.err = t.sql.Exec(query, args...); t.err != nil {
		return 0
	}
	id, err := result.LastInsertId()
	t.err = err
	return id
}

// get reads a row into the variables, and returns whether there is a row.
func (t *tx) get(query string, args []any, into ...any) bool {
	found := false
	t.rows(query, args, func(scan func(...any)) {
		scan(into...)
		found = true
	})
	return found && t.err == nil
}

// must sets the error to why when the condition does not hold. It is for the
// checks of an agent's request.
func (t *tx) must(holds bool, why refusal) {
	if t.err == nil && !holds {
		t.err = why
	}
}

// rows runs a query and calls f for each row. f gets a function that reads the
// columns.
func (t *tx) rows(query string, args []any, f func(scan func(into ...any))) {
	if t.err != nil {
		return
	}
	rows, err := t.sql.Query(query, args...)
	if err != nil {
		t.err = err
		return
	}
	defer rows.Close()
	for rows.Next() && t.err == nil {
		f(func(into ...any) { t.err = rows.Scan(into...) })
	}
	if t.err == nil {
		t.err = rows.Err()
	}
}

// queue adds an answer to a ticket, and puts it into the outbox for the sender.
func (t *tx) queue(from kind, ticket int64, content *v1.MessageContent, requestID string) {
	request := &v1.SendMessageRequest{Content: content, RequestId: requestID}
	var user string
	t.get("SELECT channel_id, user_id FROM tickets WHERE id = ?", []any{ticket}, &request.ChannelId, &user)
	request.Recipient = &v1.SendMessageRequest_To{To: user}
	body, err := proto.Marshal(request)
	if t.err == nil {
		t.err = err
	}
	id := t.exec("INSERT INTO messages (ticket_id, kind, text, mid, time) VALUES (?, ?, ?, '', ?)",
		ticket, from, content.GetText(), t.now)
	t.exec(`INSERT INTO outbox (message_id, request_id, conversation, request, delivery, queue_time, due_time)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, requestID, request.ChannelId+"/"+user, body, queued, t.now, t.now)
}

// wakeSender tells the sender to look into the outbox. It is called after a commit.
func (s *store) wakeSender() {
	select {
	case s.wake <- struct{}{}:
	default: // The sender has not yet seen the signal of an earlier call.
	}
}

func nowMs() int64 { return time.Now().UnixMilli() }
