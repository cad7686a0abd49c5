package main

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	v1 "linktor.dev/instagram/v1"
)

const (
	// A list shows at most this many tickets. Open tickets come first, and the one
	// that has waited longest is at the top.
	mostTickets = 500
	// Agents see a note for this time.
	noteTime = 7 * 24 * time.Hour
	// Instagram takes texts of at most this many bytes.
	mostBytes = 1000
)

// refusal is the error for a request of an agent that is wrong. It has the HTTP status
// of the reply.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

var (
	errNotFound = refusal{404, "there is no such ticket or answer"}
	errClosed   = refusal{409, "the ticket is closed; the customer's next message opens a new one"}
	errReused   = refusal{409, "another answer has this id"}
	errNotAgain = refusal{409, "only an answer that failed can be sent again"}
	errJSON     = refusal{400, `the body must be JSON such as {"text": "Hello"}`}
	errText     = refusal{400, "an answer has a text of 1-1000 bytes of UTF-8"}
	errID       = refusal{400, "the id of an answer has 1-64 characters of [A-Za-z0-9._:-]"}

	goodID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
)

// list is the content of the agents' first page.
type list struct {
	Trouble string   `json:"trouble,omitempty"` // It says why no events arrive.
	Notes   []note   `json:"notes"`
	Tickets []ticket `json:"tickets"`
}

// note tells the agents what they must know, such as that messages may be missing.
type note struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

type ticket struct {
	ID          int64     `json:"id"`
	ChannelID   string    `json:"channel_id"`
	UserID      string    `json:"user_id"`
	Username    string    `json:"username,omitempty"`
	Queue       queue     `json:"queue,omitempty"`
	State       state     `json:"state"`
	OpenTime    time.Time `json:"open_time"`
	ChangeTime  time.Time `json:"change_time"`
	Undelivered int       `json:"undelivered"` // It counts failed, unconfirmed answers.
	Messages    []message `json:"messages,omitempty"`
}

type message struct {
	ID   int64     `json:"id"`
	From kind      `json:"from"`
	Text string    `json:"text"`
	Time time.Time `json:"time"`
	// Only answers have the next fields. A queued answer has an error while it cannot
	// be sent.
	Delivery  delivery `json:"delivery,omitempty"`
	RequestID string   `json:"request_id,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Error     string   `json:"error,omitempty"`
	Remedy    string   `json:"remedy,omitempty"`
}

const ticketColumns = `SELECT id, channel_id, user_id, username, queue, state, open_time, change_time,
	(SELECT count(*) FROM messages m JOIN outbox ON message_id = m.id
		WHERE ticket_id = tickets.id AND delivery IN ('failed', 'unconfirmed')) FROM tickets `

// scanTicket reads a row of ticketColumns.
func scanTicket(scan func(...any)) (t ticket) {
	scan(&t.ID, &t.ChannelID, &t.UserID, &t.Username, &t.Queue, &t.State,
		ms{&t.OpenTime}, ms{&t.ChangeTime}, &t.Undelivered)
	return t
}

// tickets returns the notes, and the tickets in the wanted state. When wanted is empty,
// it returns all tickets that are not closed.
func (s *store) tickets(wanted state) (l list, err error) {
	l.Notes, l.Tickets = []note{}, []ticket{}
	err = s.write(func(t *tx) {
		t.rows("SELECT time, text FROM notes WHERE time > ? ORDER BY id DESC", []any{t.now - noteTime.Milliseconds()},
			func(scan func(...any)) {
				var n note
				scan(ms{&n.Time}, &n.Text)
				l.Notes = append(l.Notes, n)
			})
		t.rows(ticketColumns+`WHERE iif(?1 = '', state <> 'closed', state = ?1)
			ORDER BY state = 'open' DESC, change_time LIMIT ?2`, []any{wanted, mostTickets},
			func(scan func(...any)) { l.Tickets = append(l.Tickets, scanTicket(scan)) })
	})
	return l, err
}

// change runs do, which does what an agent asks for and returns the id of the ticket.
// change then returns this ticket with its conversation.
func (s *store) change(do func(t *tx) int64) (changed ticket, err error) {
	err = s.write(func(t *tx) {
		id := do(t)
		t.rows(ticketColumns+"WHERE id = ?", []any{id}, func(scan func(...any)) { changed = scanTicket(scan) })
		t.must(changed.ID != 0, errNotFound)
		t.rows(`SELECT id, kind, text, time, coalesce(delivery, ''), coalesce(request_id, ''), coalesce(reason, ''),
			coalesce(error, ''), coalesce(remedy, '')
			FROM messages LEFT JOIN outbox ON message_id = id WHERE ticket_id = ? ORDER BY id`, []any{id},
			func(scan func(...any)) {
				var m message
				scan(&m.ID, &m.From, &m.Text, ms{&m.Time}, &m.Delivery, &m.RequestID, &m.Reason, &m.Error, &m.Remedy)
				changed.Messages = append(changed.Messages, m)
			})
	})
	s.wakeSender()
	return changed, err
}

func (s *store) ticket(id int64) (ticket, error) {
	return s.change(func(*tx) int64 { return id })
}

// closeTicket closes a ticket. It does nothing when the ticket is closed already.
func (s *store) closeTicket(id int64) (ticket, error) {
	return s.change(func(t *tx) int64 {
		t.exec("UPDATE tickets SET state = ?1, change_time = ?2 WHERE id = ?3 AND state <> ?1", closed, t.now, id)
		return id
	})
}

// answer queues the text that an agent writes as an answer. The agent's program chooses
// answerID. When the reply gets lost, it can post the answer again with the same
// answerID, and no second answer is added. When answerID is empty, answer makes one.
func (s *store) answer(id int64, answerID, text string) (ticket, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if answerID == "" {
		answerID = rand.Text()
	}
	requestID := "helpdesk-answer-" + answerID
	return s.change(func(t *tx) int64 {
		var current state
		var earlier string
		var of int64
		t.must(goodID.MatchString(answerID), errID)
		t.must(text != "" && len(text) <= mostBytes && utf8.ValidString(text), errText)
		t.must(t.get("SELECT state FROM tickets WHERE id = ?", []any{id}, &current), errNotFound)
		if t.get("SELECT ticket_id, text FROM messages JOIN outbox ON message_id = id WHERE request_id = ?",
			[]any{requestID}, &of, &earlier) {
			t.must(of == id && earlier == text, errReused)
			return id
		}
		t.must(current != closed, errClosed)
		t.queue(fromAgent, id, &v1.MessageContent{Content: &v1.MessageContent_Text{Text: text}}, requestID)
		t.restand(id)
		return id
	})
}

// sendAgain queues an answer that failed. It keeps its request id: when a send has
// failed, the server makes a new try under the same id.
func (s *store) sendAgain(id int64) (ticket, error) {
	return s.change(func(t *tx) (of int64) {
		var current delivery
		t.must(t.get("SELECT delivery, ticket_id FROM outbox JOIN messages ON id = message_id WHERE id = ?",
			[]any{id}, &current, &of), errNotFound)
		t.must(current == failed, errNotAgain)
		t.exec("UPDATE outbox SET delivery = ?, tries = 0, queue_time = ?, due_time = ? WHERE message_id = ?",
			queued, t.now, t.now, id)
		t.restand(of)
		return of
	})
}

// ms reads a column that has milliseconds since 1970 into a time.
type ms struct{ into *time.Time }

func (m ms) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%v is no time", value)
	}
	*m.into = time.UnixMilli(n).UTC()
	return nil
}
