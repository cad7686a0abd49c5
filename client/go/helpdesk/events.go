package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	v1 "linktor.dev/instagram/v1"
)

// entry is what an event adds to a conversation.
type entry struct {
	from      kind
	text, mid string
	chosen    queue
	requestID string // It is the request id of the send, if the entry is an echo.
}

// take makes the changes that an event means and stores its cursor, in one
// transaction.
func (s *store) take(event *v1.Event) error {
	err := s.write(func(t *tx) {
		t.apply(event)
		t.exec("UPDATE stream SET cursor = ?", event.GetCursor())
	})
	s.wakeSender()
	return err
}

// Load and Save make the store a linktor.CursorStore. When Save gets the cursor of an
// event, take has already stored it. Only the cursors of heartbeats are new to Save.
func (s *store) Load(context.Context) (cursor string, err error) {
	err = s.write(func(t *tx) { t.get("SELECT cursor FROM stream", nil, &cursor) })
	return cursor, err
}

func (s *store) Save(_ context.Context, cursor string) error {
	return s.write(func(t *tx) { t.exec("UPDATE stream SET cursor = ?1 WHERE cursor <> ?1", cursor) })
}

// beginTime returns the time at which the database was made.
func (s *store) beginTime() (begin time.Time, err error) {
	err = s.write(func(t *tx) { t.get("SELECT begin_time FROM stream", nil, ms{&begin}) })
	return begin, err
}

// skip stores another cursor after which reading continues. It leaves a note that tells
// the agents why.
func (s *store) skip(cursor, note string) error {
	return s.write(func(t *tx) {
		t.exec("INSERT INTO notes (time, text) VALUES (?, ?)", t.now, note)
		t.exec("UPDATE stream SET cursor = ?", cursor)
	})
}

// apply makes the changes that an event means.
func (t *tx) apply(event *v1.Event) {
	if event.GetTest() {
		return // The customer of a test event from Meta's dashboard does not exist.
	}
	// Instagram does not always say who has edited a message or taken it back.
	switch payload := event.GetPayload().(type) {
	case *v1.Event_MessageEdited:
		edit := payload.MessageEdited
		if edit.GetText() != "" {
			t.rewrite(edit.GetMid(), edit.GetText(), int64(edit.GetNumEdit()))
		}
		return
	case *v1.Event_MessageUnsent:
		// Meta's terms demand that the text is removed.
		t.rewrite(payload.MessageUnsent.GetMid(), "[taken back]", takenBack)
		return
	}
	if event.GetUserId() == "" {
		return
	}
	switch payload := event.GetPayload().(type) {
	case *v1.Event_MessageSent:
		t.hear(payload.MessageSent, sent)
	case *v1.Event_MessageFailed:
		t.hear(payload.MessageFailed, failed)
	case *v1.Event_MessageUnconfirmed:
		t.hear(payload.MessageUnconfirmed, unconfirmed)
	default:
		if e, ok := entryOf(event); ok {
			t.record(event, e)
		}
	}
}

// rewrite replaces the text of the message with this mid, unless a later edit has done
// so. Edits may come in any order, and an edit may come after its message was taken back.
func (t *tx) rewrite(mid, text string, edit int64) {
	t.exec("UPDATE messages SET text = ?, last_edit = ? WHERE mid <> '' AND mid = ? AND last_edit < ?",
		text, edit, mid, edit)
}

// entryOf returns the entry that an event adds to a conversation. It returns false for
// an event that conversations do not show.
func entryOf(event *v1.Event) (entry, bool) {
	switch payload := event.GetPayload().(type) {
	case *v1.Event_MessageReceived:
		return written("", payload.MessageReceived, ""), true
	case *v1.Event_QuickReply:
		return written("", payload.QuickReply.GetMessage(), payload.QuickReply.GetPayload()), true
	case *v1.Event_StoryMention:
		return written("[mentioned you in their story] ", payload.StoryMention.GetMessage(), ""), true
	case *v1.Event_StoryReply:
		return written("[answered your story] ", payload.StoryReply.GetMessage(), ""), true
	case *v1.Event_ProductShare:
		what := ""
		for _, product := range payload.ProductShare.GetProducts() {
			what += fmt.Sprintf("[product %s %s] ", product.GetId(), product.GetName())
		}
		return written(what, payload.ProductShare.GetMessage(), ""), true
	case *v1.Event_Postback:
		tap := payload.Postback
		return written("", &v1.Message{Text: cmp.Or(tap.GetTitle(), tap.GetPayload()), Mid: tap.GetMid()}, tap.GetPayload()), true
	case *v1.Event_Reaction:
		return entry{from: reaction, text: cmp.Or(payload.Reaction.GetEmoji(), "[took the reaction back]")}, true
	case *v1.Event_MessageEchoed:
		e := written("", payload.MessageEchoed, "")
		e.from, e.requestID = fromApp, payload.MessageEchoed.GetRequestId()
		return e, true
	default:
		return entry{}, false
	}
}

// written makes the entry of a message. It puts the string in what before the text of
// the message, and the attachments after it. payload is the payload of the quick reply
// or button that the customer tapped.
func written(what string, m *v1.Message, payload string) entry {
	text := what + m.GetText()
	for _, a := range m.GetAttachments() {
		text += fmt.Sprintf(" [%s] %s %s", a.GetType(), a.GetTitle(), a.GetUrl())
	}
	return entry{from: fromCustomer, mid: m.GetMid(), chosen: queueOf(payload, m.GetText()),
		text: cmp.Or(strings.TrimSpace(text), "[something that Instagram's API does not show]")}
}

// record adds an entry to the customer's newest ticket or to a new one. It adds nothing
// when the event is already recorded, or when it is the echo of an answer of this desk.
func (t *tx) record(event *v1.Event, e entry) {
	if e.from == fromApp && t.isOurs(e) ||
		t.get("SELECT 1 FROM messages WHERE source = ?", []any{event.GetId()}, new(int)) {
		return
	}
	var ticket int64
	newest := noTicket
	t.get("SELECT id, state FROM tickets WHERE channel_id = ? AND user_id = ? ORDER BY id DESC LIMIT 1",
		[]any{event.GetChannelId(), event.GetUserId()}, &ticket, &newest)
	decided := decide(e.from, e.chosen, newest)
	if !decided.record {
		return
	}
	if decided.opens {
		ticket = t.exec(`INSERT INTO tickets (channel_id, user_id, username, queue, state, open_time, change_time)
			VALUES (?, ?, '', '', ?, ?, ?)`, event.GetChannelId(), event.GetUserId(), open, t.now, t.now)
	}
	happened := cmp.Or(event.GetEventTime(), event.GetReceiveTime())
	t.exec("INSERT INTO messages (ticket_id, kind, text, mid, source, time) VALUES (?, ?, ?, ?, ?, ?)",
		ticket, e.from, e.text, e.mid, event.GetId(), happened.AsTime().UnixMilli())
	t.exec(`UPDATE tickets SET queue = iif(?1 = '', queue, ?1), username = iif(?2 = '', username, ?2)
		WHERE id = ?3`, e.chosen, event.GetUsername(), ticket)
	// The bot does not answer while another app has control of the conversation.
	if decided.answers && !event.GetStandby() {
		t.queue(fromBot, ticket, botAnswer(ticket, e.chosen), "helpdesk-"+event.GetId())
	}
	t.restand(ticket)
}

// isOurs returns whether an echo belongs to an answer that this desk has sent.
func (t *tx) isOurs(echo entry) bool {
	return t.get(`SELECT 1 FROM outbox WHERE request_id = ?`, []any{echo.requestID}, new(int)) ||
		echo.mid != "" && t.get(`SELECT 1 FROM messages JOIN outbox ON message_id = id WHERE mid = ?`,
			[]any{echo.mid}, new(int))
}

// hear takes an event about a send. It ignores the sends of other services, which are
// not in the outbox.
func (t *tx) hear(message *v1.Message, heard delivery) {
	var id int64
	if t.get("SELECT message_id FROM outbox WHERE request_id = ?", []any{message.GetRequestId()}, &id) {
		e := message.GetError()
		t.settle(id, news{heard, e.GetReason(), e.GetMessage(), e.GetMetadata()["remedy"], message.GetMid()}, false)
	}
}

// settle stores the news about an answer, when accepts allows it. fromSender is true
// when the news come from the sender, and false when they come from an event.
func (t *tx) settle(id int64, heard news, fromSender bool) {
	var current delivery
	var ticket int64
	if !t.get("SELECT delivery, ticket_id FROM outbox JOIN messages ON id = message_id WHERE id = ?", []any{id}, &current, &ticket) ||
		!accepts(current, heard.delivery, fromSender) {
		return
	}
	t.exec("UPDATE outbox SET delivery = ?, reason = ?, error = ?, remedy = ? WHERE message_id = ?",
		heard.delivery, heard.reason, heard.message, heard.remedy, id)
	if heard.mid != "" {
		t.exec("UPDATE messages SET mid = ? WHERE id = ?", heard.mid, id)
		// The echo may have come before this mid was known. Then it looked like a
		// message that an agent wrote in the Instagram app, and was recorded as
		// such. That entry is removed now.
		var twin, of int64
		if t.get("SELECT id, ticket_id FROM messages WHERE mid = ? AND kind = ?", []any{heard.mid, fromApp}, &twin, &of) {
			t.exec("DELETE FROM messages WHERE id = ?", twin)
			t.restand(of)
		}
	}
	t.restand(ticket)
}

// restand sets the state of a ticket by its last entry. It does not change a closed
// ticket.
func (t *tx) restand(ticket int64) {
	var last kind
	var answer delivery
	t.get(`SELECT kind, coalesce(delivery, '') FROM messages LEFT JOIN outbox ON message_id = id
		WHERE ticket_id = ? AND kind IN ('customer', 'agent', 'app') ORDER BY id DESC LIMIT 1`,
		[]any{ticket}, &last, &answer)
	t.exec("UPDATE tickets SET state = ?, change_time = ? WHERE id = ? AND state <> 'closed'",
		standing(last, answer), t.now, ticket)
}
