package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// awaitTicket reads a ticket again and again until holds returns true. It returns this
// ticket.
func awaitTicket(t *testing.T, url string, id int64, what string, holds func(ticket) bool) ticket {
	t.Helper()
	var found ticket
	await(t, what, func() bool {
		found = ticket{} // Decoding keeps a field that the answer does not have.
		return api("GET", fmt.Sprintf("%s/api/tickets/%d", url, id), "", &found) == nil && holds(found)
	})
	return found
}

func TestRealServerTicketToAnswer(t *testing.T) {
	g := startGateway(t)
	desk := g.startDesk("127.0.0.1:0")
	url := g.follows(desk)
	g.writes(ana, "Hello")
	awaitTicket(t, url, 1, "the bot has answered", func(found ticket) bool {
		return len(found.Messages) == 2 && found.Messages[1].Delivery == sent
	})
	g.play("POST", "taps", fmt.Sprintf(`{"from":%q,"title":"Talk to a person"}`, ana))
	awaitTicket(t, url, 1, "the choice is confirmed", func(found ticket) bool {
		return found.Queue == persons && len(found.Messages) == 4 && found.Messages[3].Delivery == sent
	})
	if err := api("POST", url+"/api/tickets/1/answers", `{"text":"I am Eva."}`, &ticket{}); err != nil {
		t.Fatal(err)
	}
	awaitTicket(t, url, 1, "the agent's answer is sent", func(found ticket) bool {
		return found.State == waiting && found.Messages[4].Delivery == sent
	})
	// This message does not come from the gateway. Its echo looks like the echo of a
	// message from the Instagram app.
	status, text, err := request("POST", g.instagram+"/v25.0/100000000000001/messages?access_token=app",
		fmt.Sprintf(`{"recipient":{"id":%q},"message":{"text":"By the app"}}`, ana))
	if err != nil || status != 200 {
		t.Fatal(status, text, err)
	}
	awaitTicket(t, url, 1, "the app's message is there", func(found ticket) bool {
		return len(found.Messages) == 6 && found.Messages[5].From == fromApp && found.Messages[5].Text == "By the app"
	})
	if err := desk.end(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	want := []string{"Thank you for writing. Your ticket has the number 1. How can we help?",
		"Ticket 1: a person will answer you here.", "I am Eva.", "By the app"}
	if got := g.sends()[ana]; !slices.Equal(got, want) {
		t.Errorf("Instagram has %q", got)
	}
}

// The events that the server gives must be the events that the helpdesk knows. They were
// not: the helpdesk kept the text of a message that was taken back.
func TestRealServerEditAndUnsend(t *testing.T) {
	g := startGateway(t)
	url := g.follows(g.startDesk("127.0.0.1:0"))
	says := func(text string) func(ticket) bool {
		return func(found ticket) bool { return len(found.Messages) > 0 && found.Messages[0].Text == text }
	}
	var played struct{ Mid string }
	if err := json.Unmarshal([]byte(g.play("POST", "messages", fmt.Sprintf(`{"from":%q,"text":"In red?"}`, ana))),
		&played); err != nil || played.Mid == "" {
		t.Fatal(played, err)
	}
	awaitTicket(t, url, 1, "the message is there", says("In red?"))
	g.play("POST", "messages", fmt.Sprintf(`{"from":%q,"edit":{"mid":%q,"text":"In blue?","num_edit":1}}`,
		ana, played.Mid))
	awaitTicket(t, url, 1, "the message is edited", says("In blue?"))
	g.play("POST", "messages", fmt.Sprintf(`{"from":%q,"unsend":{"mid":%q}}`, ana, played.Mid))
	awaitTicket(t, url, 1, "the message is taken back", says("[taken back]"))
}

func TestRealServerRefusesOutsideTheWindow(t *testing.T) {
	g := startGateway(t)
	url := g.follows(g.startDesk("127.0.0.1:0"))
	g.play("POST", "messages", fmt.Sprintf(`{"from":%q,"text":"Hello","timestamp":%d}`,
		ana, time.Now().Add(-25*time.Hour).UnixMilli()))
	found := awaitTicket(t, url, 1, "the bot's answer is refused", func(found ticket) bool {
		return len(found.Messages) == 2 && found.Messages[1].Delivery == failed
	})
	m := found.Messages[1]
	if m.Reason != "OUTSIDE_MESSAGING_WINDOW" || m.Error == "" || !strings.Contains(m.Remedy, "Wait until the customer writes.") {
		t.Errorf("got %+v", m)
	}
	g.writes(ana, "Still there?")
	awaitTicket(t, url, 1, "the customer has written again", func(found ticket) bool { return len(found.Messages) == 3 })
	if err := api("POST", fmt.Sprintf("%s/api/answers/%d/again", url, m.ID), "", &ticket{}); err != nil {
		t.Fatal(err)
	}
	awaitTicket(t, url, 1, "it is sent again", func(found ticket) bool { return found.Messages[1].Delivery == sent })
}

func TestRealServerUnknownOutcome(t *testing.T) {
	g := startGateway(t)
	url := g.follows(g.startDesk("127.0.0.1:0"))
	g.play("PUT", "config", `{"hold_echoes":true}`)
	g.play("POST", "faults", `{"on":"messages","kind":"accept_then_close"}`)
	g.writes(ana, "Hello")
	found := awaitTicket(t, url, 1, "the outcome is unknown", func(found ticket) bool {
		return len(found.Messages) == 2 && found.Messages[1].Delivery == unconfirmed
	})
	if m := found.Messages[1]; m.Reason != "SEND_OUTCOME_UNKNOWN" || m.Remedy == "" {
		t.Errorf("got %+v", m)
	}
	g.play("PUT", "config", `{"hold_echoes":false}`)
	found = awaitTicket(t, url, 1, "the echo settles it", func(found ticket) bool {
		return len(found.Messages) == 2 && found.Messages[1].Delivery == sent
	})
	if found.State != open || found.Messages[1].Error != "" {
		t.Errorf("got %+v", found)
	}
}

func TestRealSecondInstanceRefusesToStart(t *testing.T) {
	g := startGateway(t)
	first := g.startDesk("127.0.0.1:0")
	url := g.follows(first)
	second := g.startDesk("127.0.0.1:0")
	if second.line("another helpdesk") == nil {
		t.Error("the second one does not say why it ends")
	}
	if err := second.command.Wait(); err == nil {
		t.Error("the second one ended without an error")
	}
	g.writes(ana, "Hello")
	awaitTicket(t, url, 1, "the first one goes on", func(found ticket) bool { return found.Messages[1].Delivery == sent })
	first.end(syscall.SIGKILL)
	if third := g.startDesk("127.0.0.1:0"); third.line("page is at") == nil {
		t.Error("after a SIGKILL the database stays locked")
	}
}
