package main

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	linktor "linktor.dev/instagram"
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   kind
		chosen queue
		newest state
		want   decision
	}{
		{"a first message", fromCustomer, noQueue, noTicket, decision{record: true, opens: true, answers: true}},
		{"a message after the closing", fromCustomer, noQueue, closed, decision{record: true, opens: true, answers: true}},
		{"one more message", fromCustomer, noQueue, open, decision{record: true}},
		{"an answer to the agent", fromCustomer, noQueue, waiting, decision{record: true}},
		{"a choice", fromCustomer, persons, open, decision{record: true, answers: true}},
		{"a choice while waiting", fromCustomer, orders, waiting, decision{record: true, answers: true}},
		{"a choice after the closing", fromCustomer, orders, closed, decision{record: true, opens: true, answers: true}},
		{"a choice of an earlier bot", fromCustomer, persons, noTicket, decision{record: true, opens: true, answers: true}},
		{"the app writes first", fromApp, noQueue, noTicket, decision{record: true, opens: true}},
		{"the app answers", fromApp, noQueue, open, decision{record: true}},
		{"the app goes on", fromApp, noQueue, waiting, decision{record: true}},
		{"the app after the closing", fromApp, noQueue, closed, decision{record: true}},
		{"a reaction", reaction, noQueue, open, decision{record: true}},
		{"a reaction after the closing", reaction, noQueue, closed, decision{record: true}},
		{"a reaction to nothing here", reaction, noQueue, noTicket, decision{}},
	} {
		if got := decide(c.from, c.chosen, c.newest); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestStanding(t *testing.T) {
	for _, c := range []struct {
		last   kind
		answer delivery
		want   state
	}{
		{fromCustomer, "", open},
		{fromApp, "", waiting},
		{fromAgent, queued, waiting},
		{fromAgent, sent, waiting},
		{fromAgent, failed, open},
		{fromAgent, unconfirmed, open},
		{"", "", open},
	} {
		if got := standing(c.last, c.answer); got != c.want {
			t.Errorf("%q %q: got %s, want %s", c.last, c.answer, got, c.want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		current, heard     delivery
		ofEvent, ofSending bool
	}{
		{queued, queued, false, true},
		{queued, sent, true, true},
		{queued, failed, false, true},
		{queued, unconfirmed, false, true},
		{failed, sent, true, true},
		{failed, unconfirmed, false, false},
		{unconfirmed, sent, true, true},
		{unconfirmed, failed, true, true},
		{unconfirmed, queued, false, false},
		{sent, queued, false, false},
		{sent, failed, false, false},
		{sent, unconfirmed, false, false},
	} {
		if got := accepts(c.current, c.heard, false); got != c.ofEvent {
			t.Errorf("%s hears %s by an event: got %t", c.current, c.heard, got)
		}
		if got := accepts(c.current, c.heard, true); got != c.ofSending {
			t.Errorf("%s hears %s by the sender: got %t", c.current, c.heard, got)
		}
	}
}

func TestQueueOf(t *testing.T) {
	for _, c := range []struct {
		payload, text string
		want          queue
	}{
		{"HELPDESK_PERSON", "Talk to a person", persons},
		{"HELPDESK_ORDERS", "Order status", orders},
		{"", " order STATUS ", orders},
		{"DRESSES", "Dresses", noQueue},
		{"", "What is my order status?", noQueue},
		{"", "", noQueue},
	} {
		if got := queueOf(c.payload, c.text); got != c.want {
			t.Errorf("%q %q: got %q, want %q", c.payload, c.text, got, c.want)
		}
	}
}

func TestBotAnswer(t *testing.T) {
	first := botAnswer(17, noQueue)
	if first.GetText() != "Thank you for writing. Your ticket has the number 17. How can we help?" ||
		len(first.GetQuickReplies()) != 2 || first.GetQuickReplies()[1].GetTitle() != "Order status" {
		t.Errorf("the first answer is %v", first)
	}
	second := botAnswer(17, persons)
	if second.GetText() != "Ticket 17: a person will answer you here." || len(second.GetQuickReplies()) != 0 {
		t.Errorf("the second answer is %v", second)
	}
}

func TestJudge(t *testing.T) {
	e := func(code codes.Code, reason string) *linktor.Error {
		return &linktor.Error{Code: code, Reason: reason, Message: "message", Remedy: "remedy"}
	}
	limited := e(codes.ResourceExhausted, linktor.ReasonRateLimited)
	limited.RetryDelay = time.Hour
	for _, c := range []struct {
		name  string
		err   error
		tries int
		want  delivery
		wait  time.Duration
	}{
		{"sent", nil, 0, sent, 0},
		{"never left", errors.New("not UTF-8"), 0, failed, 0},
		{"outside the window", e(codes.FailedPrecondition, linktor.ReasonOutsideMessagingWindow), 0, failed, 0},
		{"too long", e(codes.InvalidArgument, linktor.ReasonInvalidContent), 0, failed, 0},
		{"no such customer", e(codes.NotFound, linktor.ReasonRecipientNotFound), 0, failed, 0},
		{"Meta refuses", e(codes.Internal, linktor.ReasonGraphError), 0, failed, 0},
		{"nobody knows", e(codes.Unknown, linktor.ReasonSendOutcomeUnknown), 0, unconfirmed, 0},
		{"broken connection", e(codes.Unavailable, ""), 0, queued, time.Second},
		{"broken connection again", e(codes.Unavailable, ""), 3, queued, 8 * time.Second},
		{"broken for long", e(codes.Unavailable, ""), 100, queued, time.Minute},
		{"a proxy refuses", e(codes.NotFound, ""), 0, queued, time.Second},
		{"under way", e(codes.Aborted, linktor.ReasonRequestInFlight), 0, queued, time.Second},
		{"limited", limited, 0, queued, time.Hour},
		{"disk full", e(codes.ResourceExhausted, linktor.ReasonDiskFull), 0, queued, time.Second},
		{"key disabled", e(codes.Unauthenticated, linktor.ReasonAPIKeyDisabled), 0, queued, time.Second},
		{"key may not", e(codes.PermissionDenied, linktor.ReasonNotAuthorized), 0, queued, time.Second},
		{"fault", e(codes.Internal, linktor.ReasonInternalFault), 0, queued, time.Second},
	} {
		heard, wait := judge(c.err, c.tries)
		if heard.delivery != c.want || wait != c.wait {
			t.Errorf("%s: got %s after %v, want %s after %v", c.name, heard.delivery, wait, c.want, c.wait)
		}
		if linktorError, ok := c.err.(*linktor.Error); ok &&
			(heard.reason != linktorError.Reason || heard.message != "message" || heard.remedy != "remedy") {
			t.Errorf("%s: got %+v", c.name, heard)
		}
	}
}

func TestGap(t *testing.T) {
	e := func(reason, key, value string) error {
		return &linktor.Error{Reason: reason, Metadata: map[string]string{key: value}}
	}
	for _, c := range []struct {
		name   string
		err    error
		newLog bool
		want   string
		noted  bool
	}{
		{"expired", e(linktor.ReasonCursorExpired, "oldest_cursor", "c1"), false, "c1", true},
		{"rewound", e(linktor.ReasonCursorRewound, "restart_cursor", "c2"), false, "c2", true},
		{"expired without a cursor", e(linktor.ReasonCursorExpired, "", ""), false, "", false},
		{"another log", e(linktor.ReasonCursorInvalid, "", ""), false, "", false},
		{"another log that is expected", e(linktor.ReasonCursorInvalid, "", ""), true, "", true},
		{"not authorised", e(linktor.ReasonNotAuthorized, "", ""), true, "", false},
		{"not of the server", errors.New("disk full"), true, "", false},
	} {
		cursor, note := gap(c.err, c.newLog)
		if cursor != c.want || (note != "") != c.noted {
			t.Errorf("%s: got %q, %q", c.name, cursor, note)
		}
	}
}
