package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	v1 "linktor.dev/instagram/v1"
)

const (
	channel = "ch_1"
	ana     = "6101"
)

func newStore(t *testing.T) *store {
	t.Helper()
	s, err := openStore(filepath.Join(t.TempDir(), "a database?.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// events makes events as the server does, and stores them. Each event has its own
// id and cursor.
type events struct {
	t     *testing.T
	store *store
	n     int
}

// take stores an event about the customer ana, and returns it.
func (e *events) take(payload *v1.Event) *v1.Event {
	e.t.Helper()
	e.n++
	payload.Id, payload.Cursor = fmt.Sprintf("evt_%d", e.n), fmt.Sprintf("cursor-%d", e.n)
	payload.ChannelId, payload.UserId, payload.ReceiveTime = channel, ana, timestamppb.Now()
	e.again(payload)
	return payload
}

// again gives an event to the store, which may have it already.
func (e *events) again(event *v1.Event) {
	e.t.Helper()
	if err := e.store.take(event); err != nil {
		e.t.Fatal(err)
	}
}

func (e *events) writes(text string) *v1.Event {
	e.t.Helper()
	return e.take(&v1.Event{Payload: &v1.Event_MessageReceived{
		MessageReceived: &v1.Message{Text: text, Mid: "mid-" + text}}})
}

func (e *events) taps(payload string) {
	e.t.Helper()
	e.take(&v1.Event{Payload: &v1.Event_QuickReply{QuickReply: &v1.QuickReplyTap{
		Payload: payload, Message: &v1.Message{Text: "a title", Mid: "mid-tap"}}}})
}

// echoes stores the echo of a message that the business account has sent.
func (e *events) echoes(text, mid, requestID string) *v1.Event {
	e.t.Helper()
	return e.take(&v1.Event{Payload: &v1.Event_MessageEchoed{
		MessageEchoed: &v1.Message{Text: text, Mid: mid, RequestId: requestID}}})
}

// hears stores the event about the outcome d of a send.
func (e *events) hears(d delivery, requestID, mid string) {
	e.t.Helper()
	m := &v1.Message{RequestId: requestID, Mid: mid, Error: &v1.MessageError{Reason: "REASON",
		Message: "why", Metadata: map[string]string{"remedy": "what to do"}}}
	switch d {
	case sent:
		m.Error = nil
		e.take(&v1.Event{Payload: &v1.Event_MessageSent{MessageSent: m}})
	case failed:
		e.take(&v1.Event{Payload: &v1.Event_MessageFailed{MessageFailed: m}})
	default:
		e.take(&v1.Event{Payload: &v1.Event_MessageUnconfirmed{MessageUnconfirmed: m}})
	}
}

func get(t *testing.T, s *store, id int64) ticket {
	t.Helper()
	found, err := s.ticket(id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wantTicket checks a ticket. want has the form "state queue: from text, from
// text".
func wantTicket(t *testing.T, s *store, id int64, want string) {
	t.Helper()
	found := get(t, s, id)
	var entries []string
	for _, m := range found.Messages {
		entries = append(entries, fmt.Sprintf("%s %s", m.From, m.Text))
	}
	got := fmt.Sprintf("%s %s: %s", found.State, found.Queue, strings.Join(entries, ", "))
	if got != want {
		t.Errorf("ticket %d\n got %s\nwant %s", id, got, want)
	}
}

const welcome1 = "bot Thank you for writing. Your ticket has the number 1. How can we help?"

func TestTicketFromFirstMessageToClosing(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("Hello")
	wantTicket(t, s, 1, "open : customer Hello, "+welcome1)
	e.taps("HELPDESK_ORDERS")
	e.writes("17")
	want := "customer Hello, " + welcome1 + ", customer a title, " +
		"bot Ticket 1: please write your order number, and we will look it up., customer 17"
	wantTicket(t, s, 1, "open orders: "+want)
	if _, err := s.answer(1, "a1", " It is on its way.\r\nSee you! "); err != nil {
		t.Fatal(err)
	}
	want += ", agent It is on its way.\nSee you!"
	wantTicket(t, s, 1, "waiting orders: "+want)
	e.writes("Thanks")
	want += ", customer Thanks"
	wantTicket(t, s, 1, "open orders: "+want)
	if _, err := s.closeTicket(1); err != nil {
		t.Fatal(err)
	}
	wantTicket(t, s, 1, "closed orders: "+want)
	e.taps("HELPDESK_PERSON")
	wantTicket(t, s, 1, "closed orders: "+want)
	wantTicket(t, s, 2, "open person: customer a title, bot Ticket 2: a person will answer you here.")
	l, err := s.tickets("")
	if err != nil || len(l.Tickets) != 1 || l.Tickets[0].ID != 2 {
		t.Errorf("at work are %+v, %v", l, err)
	}
	l, err = s.tickets(closed)
	if err != nil || len(l.Tickets) != 1 || l.Tickets[0].ID != 1 {
		t.Errorf("closed are %+v, %v", l, err)
	}
}

func TestEventThatComesAgainDoesNothing(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	first := e.writes("Hello")
	if _, err := s.closeTicket(1); err != nil {
		t.Fatal(err)
	}
	first.Cursor = "cursor-after-the-log-was-set-back"
	e.again(first)
	wantTicket(t, s, 1, "closed : customer Hello, "+welcome1)
	if _, err := s.ticket(2); !errors.Is(err, errNotFound) {
		t.Errorf("ticket 2: %v", err)
	}
	if cursor, err := s.Load(context.Background()); cursor != first.Cursor || err != nil {
		t.Errorf("the cursor is %q, %v", cursor, err)
	}
}

func TestEventThatCannotBeStoredLeavesNothing(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("Hello")
	if err := s.write(func(t *tx) { t.exec("DROP TABLE outbox") }); err != nil {
		t.Fatal(err)
	}
	event := e.n
	err := s.take(&v1.Event{Id: "evt_next", Cursor: "next", ChannelId: channel, UserId: "6102",
		Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Text: "Hi"}}})
	if err == nil {
		t.Fatal("an event was stored without its answer")
	}
	if cursor, err := s.Load(context.Background()); cursor != fmt.Sprintf("cursor-%d", event) || err != nil {
		t.Errorf("the cursor is %q, %v", cursor, err)
	}
	if l, err := s.tickets(""); err == nil {
		t.Errorf("the tickets are %+v", l)
	}
	n := 0
	if err := s.write(func(t *tx) { t.get("SELECT count(*) FROM messages WHERE text = 'Hi'", nil, &n) }); n != 0 || err != nil {
		t.Errorf("%d messages are left, %v", n, err)
	}
}

func TestEntries(t *testing.T) {
	photo := []*v1.Attachment{{Type: "image", Url: "https://cdn.example/1"}}
	for _, c := range []struct {
		name  string
		event *v1.Event
		want  string
	}{
		{"a photo", &v1.Event{Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Attachments: photo}}},
			"[image]  https://cdn.example/1"},
		{"nothing to show", &v1.Event{Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Unsupported: true}}},
			"[something that Instagram's API does not show]"},
		{"an ice breaker", &v1.Event{Payload: &v1.Event_Postback{Postback: &v1.Postback{Title: "Where are you?", Payload: "WHERE"}}},
			"Where are you?"},
		{"a mention", &v1.Event{Payload: &v1.Event_StoryMention{StoryMention: &v1.StoryMention{}}},
			"[mentioned you in their story]"},
		{"an answer to a story", &v1.Event{Payload: &v1.Event_StoryReply{StoryReply: &v1.StoryReply{Message: &v1.Message{Text: "Nice!"}}}},
			"[answered your story] Nice!"},
		{"a product", &v1.Event{Payload: &v1.Event_ProductShare{ProductShare: &v1.ProductShare{
			Products: []*v1.Product{{Id: "p1", Name: "Dress"}}, Message: &v1.Message{Text: "In red?"}}}},
			"[product p1 Dress] In red?"},
	} {
		s := newStore(t)
		(&events{t: t, store: s}).take(c.event)
		if entries := get(t, s, 1).Messages; len(entries) != 2 || entries[0].Text != c.want || entries[1].From != fromBot {
			t.Errorf("%s: got %+v", c.name, entries)
		}
	}
}

func TestEventsThatOpenNoTicket(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.take(&v1.Event{Test: true, Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Text: "made up"}}})
	e.take(&v1.Event{Payload: &v1.Event_Reaction{Reaction: &v1.Reaction{Emoji: "❤"}}})
	e.take(&v1.Event{Type: "instagram.of_tomorrow"})
	e.hears(sent, "of another service", "mid")
	if l, err := s.tickets(""); len(l.Tickets) != 0 || err != nil {
		t.Errorf("the tickets are %+v, %v", l, err)
	}
	if cursor, err := s.Load(context.Background()); cursor != "cursor-4" || err != nil {
		t.Errorf("the cursor is %q, %v", cursor, err)
	}
}

func TestBotIsSilentWhileAnotherAppHasControl(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).take(&v1.Event{Standby: true,
		Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Text: "Hello"}}})
	wantTicket(t, s, 1, "open : customer Hello")
}

func TestEchoOfTheAppIsAnAnswer(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("Hello")
	e.echoes("I am Eva.", "m1", "")
	wantTicket(t, s, 1, "waiting : customer Hello, "+welcome1+", app I am Eva.")
}

// An echo that comes before Instagram's answer to the send has no request id. The
// helpdesk then cannot see at once that the echo belongs to its own answer.
func TestEchoOfOurAnswerIsNoEntry(t *testing.T) {
	for _, order := range []string{"named", "before the outcome", "after the outcome"} {
		s := newStore(t)
		e := &events{t: t, store: s}
		e.writes("Hello")
		requestID := get(t, s, 1).Messages[1].RequestID
		switch order {
		case "named":
			e.echoes("Thank you", "m1", requestID)
		case "before the outcome":
			e.echoes("Thank you", "m1", "")
			e.hears(sent, requestID, "m1")
		default:
			e.hears(sent, requestID, "m1")
			e.echoes("Thank you", "m1", "")
		}
		wantTicket(t, s, 1, "open : customer Hello, "+welcome1)
	}
}

func TestOutcomesSetTheStateOfAnAnswer(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("Hello")
	if _, err := s.answer(1, "a1", "I am Eva."); err != nil {
		t.Fatal(err)
	}
	due, err := s.due()
	if err != nil || len(due) != 1 || due[0].request.GetContent().GetQuickReplies() == nil {
		t.Fatalf("due are %+v, %v; want the bot's answer alone", due, err)
	}
	e.hears(sent, due[0].request.GetRequestId(), "m1")
	due, err = s.due()
	if err != nil || len(due) != 1 || due[0].request.GetContent().GetText() != "I am Eva." {
		t.Fatalf("due are %+v, %v; want the agent's answer", due, err)
	}
	if err := s.tried(due[0], news{delivery: unconfirmed, reason: "SEND_OUTCOME_UNKNOWN"}, 0); err != nil {
		t.Fatal(err)
	}
	if found := get(t, s, 1); found.State != open || found.Undelivered != 1 ||
		found.Messages[2].Reason != "SEND_OUTCOME_UNKNOWN" {
		t.Errorf("after an unknown outcome: %+v", found)
	}
	e.hears(failed, "helpdesk-answer-a1", "")
	if m := get(t, s, 1).Messages[2]; m.Delivery != failed || m.Reason != "REASON" || m.Error != "why" || m.Remedy != "what to do" {
		t.Errorf("after ResolveMessage: %+v", m)
	}
	if _, err := s.sendAgain(get(t, s, 1).Messages[2].ID); err != nil {
		t.Fatal(err)
	}
	e.hears(failed, "helpdesk-answer-a1", "") // This event is about the first try.
	if m := get(t, s, 1).Messages[2]; m.Delivery != queued {
		t.Errorf("queued again: %+v", m)
	}
	e.hears(sent, "helpdesk-answer-a1", "m2")
	if found := get(t, s, 1); found.State != waiting || found.Undelivered != 0 || found.Messages[2].Error != "" {
		t.Errorf("after it was sent: %+v", found)
	}
}

func TestAgentMayPostAnAnswerAgain(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("Hello")
	for range 2 {
		if _, err := s.answer(1, "a1", "I am Eva."); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(get(t, s, 1).Messages); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	for _, c := range []struct {
		ticket   int64
		id, text string
		want     refusal
	}{
		{1, "a1", "I am Max.", errReused},
		{7, "a2", "Hello", errNotFound},
		{1, "a 2", "Hello", errID},
		{1, "a2", " \r\n ", errText},
		{1, "a2", strings.Repeat("é", 501), errText},
		{1, "a2", "\xff", errText},
	} {
		if _, err := s.answer(c.ticket, c.id, c.text); !errors.Is(err, c.want) {
			t.Errorf("%d %q %.20q: got %v, want %v", c.ticket, c.id, c.text, err, c.want)
		}
	}
	if _, err := s.sendAgain(get(t, s, 1).Messages[2].ID); !errors.Is(err, errNotAgain) {
		t.Errorf("an answer that is queued: %v", err)
	}
	if _, err := s.closeTicket(1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.answer(1, "a2", "Too late"); !errors.Is(err, errClosed) {
		t.Errorf("after the closing: %v", err)
	}
	if _, err := s.answer(1, "a1", "I am Eva."); err != nil {
		t.Errorf("a lost reply after the closing: %v", err)
	}
}

// changes stores an event that changes a message. Instagram does not say who has made
// the change.
func (e *events) changes(event *v1.Event) {
	e.t.Helper()
	e.n++
	event.Id, event.Cursor = fmt.Sprintf("evt_%d", e.n), fmt.Sprintf("cursor-%d", e.n)
	event.ChannelId = channel
	e.again(event)
}

func (e *events) edits(mid, text string, number int32) {
	e.t.Helper()
	e.changes(&v1.Event{Payload: &v1.Event_MessageEdited{
		MessageEdited: &v1.MessageEdit{Mid: mid, Text: text, NumEdit: number}}})
}

func TestEditedMessageHasTheTextOfItsLastEdit(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("first")
	e.edits("mid-first", "third", 2)
	e.edits("mid-first", "second", 1) // It comes late.
	e.edits("mid-first", "", 3)       // Instagram does not give the text.
	e.edits("", "of no message", 4)
	wantTicket(t, s, 1, "open : customer third, "+welcome1)
}

func TestUnsentMessageIsRemoved(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	e.writes("secret")
	for _, mid := range []string{"", "mid-another", "mid-secret"} {
		e.changes(&v1.Event{Payload: &v1.Event_MessageUnsent{MessageUnsent: &v1.MessageUnsend{Mid: mid}}})
	}
	e.edits("mid-secret", "secret again", 1) // An edit that comes late brings nothing back.
	wantTicket(t, s, 1, "open : customer [taken back], "+welcome1)
}

func TestOneProcessHasTheDatabase(t *testing.T) {
	s := newStore(t)
	var seq, file, name string
	if err := s.write(func(t *tx) { t.get("PRAGMA database_list", nil, &seq, &name, &file) }); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if second, err := openStore(path); err == nil {
			second.close()
			t.Errorf("%s was opened twice", path)
		} else if !strings.Contains(err.Error(), "another helpdesk") {
			t.Error(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	second, err := openStore(file)
	if err != nil {
		t.Fatalf("after the first one has gone: %v", err)
	}
	*s = *second // The cleanup in newStore closes the second one.
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "helpdesk.db")
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.write(func(t *tx) { t.exec("PRAGMA user_version = 2") }), s.close()); err != nil {
		t.Fatal(err)
	}
	if s, err := openStore(path); err == nil {
		s.close()
		t.Error("a newer schema was opened")
	} else if !strings.Contains(err.Error(), "version 2") {
		t.Error(err)
	}
}
