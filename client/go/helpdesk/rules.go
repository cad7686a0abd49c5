package main

import (
	"fmt"
	"strings"

	v1 "linktor.dev/instagram/v1"
)

// state says for whom a ticket waits.
type state string

const (
	noTicket state = ""
	open     state = "open"    // The customer waits for the desk.
	waiting  state = "waiting" // The desk waits for the customer.
	closed   state = "closed"
)

// kind says where an entry of a conversation comes from.
type kind string

const (
	fromCustomer kind = "customer"
	fromBot      kind = "bot"
	fromAgent    kind = "agent"
	fromApp      kind = "app"      // An agent wrote it in the Instagram app.
	reaction     kind = "reaction" // The customer reacted to an entry.
)

// queue says which agents a ticket is for.
type queue string

const (
	noQueue queue = ""
	persons queue = "person"
	orders  queue = "orders"
)

// choices are the quick replies under the first answer. Never change a payload, because
// a customer may tap a quick reply of an old message.
var choices = []struct {
	title, payload string
	queue          queue
	confirmation   string
}{
	{"Talk to a person", "HELPDESK_PERSON", persons, "Ticket %d: a person will answer you here."},
	{"Order status", "HELPDESK_ORDERS", orders, "Ticket %d: please write your order number, and we will look it up."},
}

const welcome = "Thank you for writing. Your ticket has the number %d. How can we help?"

// queueOf returns the queue that a customer chose. Only phones show quick replies. So a
// text that is the title of a quick reply counts as a tap on it.
func queueOf(payload, text string) queue {
	for _, choice := range choices {
		if payload == choice.payload || strings.EqualFold(strings.TrimSpace(text), choice.title) {
			return choice.queue
		}
	}
	return noQueue
}

// decision is what an entry does to a conversation.
type decision struct {
	record  bool // The entry is kept.
	opens   bool // It is the first one of a new ticket.
	answers bool // The bot answers it.
}

// decide returns what an entry does. chosen is the queue that the customer chose, and
// newest is the state of the customer's newest ticket.
func decide(from kind, chosen queue, newest state) decision {
	switch from {
	case fromCustomer:
		opens := newest == noTicket || newest == closed
		return decision{record: true, opens: opens, answers: opens || chosen != noQueue}
	case fromApp:
		// A message that an agent writes in the app after the ticket was closed belongs
		// to the closed ticket.
		return decision{record: true, opens: newest == noTicket}
	default:
		return decision{record: newest != noTicket}
	}
}

// standing returns the state of a ticket that is not closed. last is the kind of its
// last entry; answers of the bot and reactions do not count. answer is the delivery
// of that entry if an agent wrote it.
func standing(last kind, answer delivery) state {
	switch {
	case last == fromApp:
		return waiting
	case last == fromAgent && answer != failed && answer != unconfirmed:
		return waiting
	default:
		return open
	}
}

// botAnswer returns the answer of the bot: the welcome with the choices, or the
// confirmation of the chosen queue.
func botAnswer(ticket int64, chosen queue) *v1.MessageContent {
	content := &v1.MessageContent{}
	text := fmt.Sprintf(welcome, ticket)
	for _, choice := range choices {
		if choice.queue == chosen {
			text = fmt.Sprintf(choice.confirmation, ticket)
		}
		if chosen == noQueue {
			content.QuickReplies = append(content.QuickReplies,
				&v1.QuickReply{Title: choice.title, Payload: choice.payload})
		}
	}
	content.Content = &v1.MessageContent_Text{Text: text}
	return content
}

// delivery says what has become of an answer.
type delivery string

const (
	queued      delivery = "queued" // The sender still has to send it.
	sent        delivery = "sent"
	failed      delivery = "failed"
	unconfirmed delivery = "unconfirmed" // Nobody knows whether Instagram has it.
)

// news is what a try to send an answer, or an event, tells about the answer. For an
// answer that stays queued, it has the reason why the answer is not sent yet.
type news struct {
	delivery                     delivery
	reason, message, remedy, mid string
}

// accepts returns whether news may change the delivery of an answer from current to
// heard. An event may be older than what the sender knows. So no event changes an
// answer that was sent. A queued answer belongs to the sender, and the only event
// that changes it says that the answer was sent.
func accepts(current, heard delivery, fromSender bool) bool {
	switch current {
	case queued:
		return fromSender || heard == sent
	case unconfirmed:
		return heard == sent || heard == failed
	case failed:
		return heard == sent
	default:
		return false
	}
}
