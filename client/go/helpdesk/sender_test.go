package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

// testTimeout is longer than any step takes on a slow machine.
const testTimeout = 30 * time.Second

// gatewayOf stands in for the server. It answers its call number n with ends[n];
// where that is nil or missing, the call succeeds.
type gatewayOf struct {
	mutex sync.Mutex
	ends  []error
	calls []*v1.SendMessageRequest
}

func (g *gatewayOf) send(_ context.Context, request *v1.SendMessageRequest) (*v1.SendMessageResponse, error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.calls = append(g.calls, request)
	if n := len(g.calls); n <= len(g.ends) && g.ends[n-1] != nil {
		return nil, g.ends[n-1]
	}
	return &v1.SendMessageResponse{Message: &v1.Message{Mid: "m-" + request.GetRequestId()}}, nil
}

func (g *gatewayOf) called() []*v1.SendMessageRequest {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return append([]*v1.SendMessageRequest(nil), g.calls...)
}

// runSender runs a sender until the returned function is called.
func runSender(t *testing.T, s *store, g *gatewayOf) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error)
	go func() { end <- (&sender{store: s, send: g.send}).run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Errorf("the sender ended with %v", err)
		}
	}
}

// await polls a condition, and ends the test when it does not hold within
// testTimeout.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if !within(testTimeout, holds) {
		t.Fatalf("not within %v: %s", testTimeout, what)
	}
}

// within returns whether the condition holds before the limit has passed.
func within(limit time.Duration, holds func() bool) bool {
	for end := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

func TestSenderSendsInOrder(t *testing.T) {
	s := newStore(t)
	e := &events{t: t, store: s}
	g := &gatewayOf{}
	stop := runSender(t, s, g)
	e.writes("Hello")
	if _, err := s.answer(1, "a1", "One"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.answer(1, "a2", "Two"); err != nil {
		t.Fatal(err)
	}
	await(t, "three answers are sent", func() bool {
		due, err := s.due()
		return err == nil && len(due) == 0 && len(g.called()) == 3
	})
	stop()
	for i, want := range []string{"helpdesk-evt_1", "helpdesk-answer-a1", "helpdesk-answer-a2"} {
		if call := g.called()[i]; call.GetRequestId() != want || call.GetTo() != ana || call.GetChannelId() != channel {
			t.Errorf("call %d is %v", i, call)
		}
	}
	if found := get(t, s, 1); found.State != waiting || found.Messages[3].Delivery != sent {
		t.Errorf("got %+v", found)
	}
}

func TestSenderRepeatsTheSameRequest(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).writes("Hello")
	limited := &linktor.Error{Code: codes.ResourceExhausted, Reason: linktor.ReasonOverloaded, Message: "too much"}
	g := &gatewayOf{ends: []error{limited}}
	stop := runSender(t, s, g)
	await(t, "the first try has ended", func() bool { return get(t, s, 1).Messages[1].Error == "too much" })
	stop()
	if m := get(t, s, 1).Messages[1]; m.Delivery != queued || m.Reason != linktor.ReasonOverloaded {
		t.Errorf("after the first try: %+v", m)
	}
	// The second sender stands for a process that starts later.
	stop = runSender(t, s, g)
	await(t, "it is sent", func() bool { return get(t, s, 1).Messages[1].Delivery == sent })
	stop()
	if calls := g.called(); len(calls) != 2 || !proto.Equal(calls[0], calls[1]) || calls[0].GetRequestId() == "" {
		t.Errorf("the calls are %v", calls)
	}
	if m := get(t, s, 1).Messages[1]; m.Error != "" || m.Reason != "" {
		t.Errorf("after it was sent: %+v", m)
	}
}

func TestRefusalOfOneAnswerLeavesTheNext(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).writes("Hello")
	if _, err := s.answer(1, "a1", "One"); err != nil {
		t.Fatal(err)
	}
	g := &gatewayOf{ends: []error{&linktor.Error{Code: codes.FailedPrecondition,
		Reason: linktor.ReasonOutsideMessagingWindow, Message: "too late", Remedy: "Wait."}}}
	stop := runSender(t, s, g)
	await(t, "the second answer is sent", func() bool { return get(t, s, 1).Messages[2].Delivery == sent })
	stop()
	if m := get(t, s, 1).Messages[1]; m.Delivery != failed || m.Error != "too late" || m.Remedy != "Wait." {
		t.Errorf("the first answer is %+v", m)
	}
}

func TestSenderThatEndsLeavesTheAnswer(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).writes("Hello")
	ctx, cancel := context.WithCancel(context.Background())
	broken := &linktor.Error{Code: codes.Canceled, Message: "canceled"}
	err := (&sender{store: s, send: func(context.Context, *v1.SendMessageRequest) (*v1.SendMessageResponse, error) {
		cancel()
		return nil, broken
	}}).run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if m := get(t, s, 1).Messages[1]; m.Delivery != queued || m.Error != "" {
		t.Errorf("got %+v", m)
	}
}

func TestAnswerThatIsTooOldIsNotSent(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).writes("Hello")
	if err := s.write(func(t *tx) {
		t.exec("UPDATE outbox SET queue_time = ?", t.now-7*24*time.Hour.Milliseconds())
	}); err != nil {
		t.Fatal(err)
	}
	g := &gatewayOf{}
	stop := runSender(t, s, g)
	await(t, "it is given up", func() bool { return get(t, s, 1).Messages[1].Delivery == unconfirmed })
	stop()
	if len(g.called()) != 0 {
		t.Errorf("the calls are %v", g.called())
	}
}

// A send takes up to two minutes. When the database fails, the sender gives up the
// sends under way, so that the next start of the program need not wait for them.
func TestSenderThatEndsWithTheDatabaseWaitsForNoSend(t *testing.T) {
	s := newStore(t)
	(&events{t: t, store: s}).writes("Hello")
	err := (&sender{store: s, send: func(ctx context.Context, _ *v1.SendMessageRequest) (*v1.SendMessageResponse, error) {
		if err := s.write(func(t *tx) { t.exec("ALTER TABLE outbox RENAME TO lost") }); err != nil {
			return nil, err
		}
		s.wakeSender()
		select {
		case <-ctx.Done():
		case <-time.After(testTimeout):
			t.Error("the send was waited for")
		}
		return nil, ctx.Err()
	}}).run(context.Background())
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSenderEndsWhenTheDatabaseFails(t *testing.T) {
	s := newStore(t)
	if err := s.write(func(t *tx) { t.exec("DROP TABLE outbox") }); err != nil {
		t.Fatal(err)
	}
	if err := (&sender{store: s, send: (&gatewayOf{}).send}).run(context.Background()); err == nil {
		t.Error("it ended without an error")
	}
}
