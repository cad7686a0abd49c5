package linktor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	instagramv1 "linktor.dev/instagram/v1"
)

type (
	request  = instagramv1.SubscribeEventsRequest
	response = instagramv1.SubscribeEventsResponse
	stream   = grpc.ServerStreamingServer[instagramv1.SubscribeEventsResponse]
)

// batch returns a response with one event for each cursor in events. cursor is the
// response's own.
func batch(cursor string, events ...string) *response {
	r := &response{Cursor: cursor}
	for _, event := range events {
		r.Events = append(r.Events, &instagramv1.Event{Id: "evt_" + event, Cursor: event})
	}
	return r
}

// first returns the first response of a stream, which also has the heartbeat
// interval.
func first(cursor string, interval time.Duration, events ...string) *response {
	r := batch(cursor, events...)
	r.Subscribed = true
	r.HeartbeatInterval = durationpb.New(interval)
	return r
}

func sendAll(s stream, responses ...*response) {
	for _, r := range responses {
		s.Send(r)
	}
}

// silent keeps the stream open and sends nothing until the client ends it.
func silent(s stream) error {
	<-s.Context().Done()
	return s.Context().Err()
}

// follow takes count events and returns their cursors. It returns early when the
// subscription ends with an error.
func follow(t *testing.T, client *Client, req *request, count int, opts ...SubscribeOption) ([]string, error) {
	t.Helper()
	var got []string
	opts = append([]SubscribeOption{OnBreak(func(error, time.Duration) {})}, opts...)
	for event, err := range client.Subscribe(limited(t), req, opts...) {
		if err != nil {
			return got, err
		}
		got = append(got, event.GetCursor())
		if len(got) == count {
			break
		}
	}
	return got, nil
}

// expect checks the cursors of the events, and that there was no error.
func expect(t *testing.T, got []string, err error, want ...string) {
	t.Helper()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// memory is a cursor store that records the cursors it was told to save.
type memory struct {
	loaded  string
	failure error

	mutex sync.Mutex
	saved []string
}

func (m *memory) Load(context.Context) (string, error) { return m.loaded, m.failure }

func (m *memory) Save(ctx context.Context, cursor string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.saved = append(m.saved, cursor)
	return nil
}

func TestSubscribeGoesOnAfterABreak(t *testing.T) {
	for name, failure := range map[string]error{
		"unavailable": status.Error(codes.Unavailable, "connection reset"),
		"draining":    refusal(codes.Unavailable, ReasonDraining),
		"overloaded":  refusal(codes.ResourceExhausted, ReasonOverloaded),
		"internal":    status.Error(codes.Internal, "RST_STREAM"),
		"ended":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{subscribe: func(n int, s stream) error {
				switch n {
				case 0:
					sendAll(s, first("a", time.Minute), batch("c", "b", "c"))
					return failure
				case 1:
					// The filter hides the event d.
					sendAll(s, first("c", time.Minute), batch("d"))
					return failure
				default:
					sendAll(s, first("e", time.Minute, "e"))
					return silent(s)
				}
			}}
			client, waits := start(t, f)
			req := &request{Start: &instagramv1.SubscribeEventsRequest_Position{
				Position: instagramv1.Position_POSITION_EARLIEST}, Types: []string{"instagram.*"}}
			got, err := follow(t, client, req, 3)
			expect(t, got, err, "b", "c", "e")
			if f.streams[0].GetPosition() != instagramv1.Position_POSITION_EARLIEST ||
				f.streams[1].GetAfterCursor() != "c" || f.streams[2].GetAfterCursor() != "d" {
				t.Errorf("the starts were %v", f.streams)
			}
			if !slices.Equal(f.streams[2].GetTypes(), req.GetTypes()) {
				t.Errorf("the filter was lost: %v", f.streams[2])
			}
			// After a response, the waits begin again with the shortest one.
			for _, wait := range waits.all {
				if wait > firstDelay {
					t.Errorf("the waits were %v", waits.all)
				}
			}
			if req.GetAfterCursor() != "" {
				t.Error("the caller's request was changed")
			}
		})
	}
}

func TestSubscribeEndsWithARefusal(t *testing.T) {
	for reason, code := range map[string]codes.Code{
		ReasonCursorExpired:   codes.OutOfRange,
		ReasonCursorRewound:   codes.OutOfRange,
		ReasonCursorInvalid:   codes.InvalidArgument,
		ReasonInvalidRequest:  codes.InvalidArgument,
		ReasonChannelNotFound: codes.NotFound,
		ReasonNotAuthorized:   codes.PermissionDenied,
		ReasonAPIKeyMissing:   codes.Unauthenticated,
		ReasonAPIKeyInvalid:   codes.Unauthenticated,
		ReasonAPIKeyExpired:   codes.Unauthenticated,
		ReasonAPIKeyDisabled:  codes.Unauthenticated,
	} {
		f := &fake{subscribe: func(n int, s stream) error {
			sendAll(s, first("a", time.Minute))
			return refusal(code, reason)
		}}
		client, waits := start(t, f)
		_, err := follow(t, client, nil, 1)
		if e := sendError(t, err); e.Reason != reason || len(f.streams) != 1 || len(waits.all) != 0 {
			t.Errorf("got %+v after %d streams", e, len(f.streams))
		}
		// An application ignores context.Canceled, because it has cancelled the
		// context itself. It would miss a refusal that looks like this error.
		if errors.Is(err, context.Canceled) {
			t.Errorf("%v is context.Canceled", err)
		}
	}
}

func TestSubscribeWaitsLongerEachTime(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		switch n {
		case 0, 1, 2:
			return status.Error(codes.Unavailable, "no")
		case 3:
			return refusal(codes.ResourceExhausted, ReasonOverloaded, retryAfter(time.Minute))
		default:
			sendAll(s, first("a", time.Minute, "a"))
			return silent(s)
		}
	}}
	client, waits := start(t, f)
	var told []time.Duration
	got, err := follow(t, client, nil, 1, OnBreak(func(err error, wait time.Duration) {
		told = append(told, wait)
	}))
	expect(t, got, err, "a")
	if !slices.Equal(told, waits.all) || len(told) != 4 {
		t.Fatalf("the waits were %v, told %v", waits.all, told)
	}
	for i, wait := range told[:3] {
		if wait < delay(i, 0) || wait > delay(i, 1) {
			t.Errorf("wait %d was %v", i, wait)
		}
	}
	if told[3] != time.Minute {
		t.Errorf("the server asked for a minute, the wait was %v", told[3])
	}
}

func TestSubscribeSavesWhatWasTaken(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("a", time.Minute), batch("d", "b", "c"), batch("e", "e"))
		return silent(s)
	}}
	client, _ := start(t, f)
	store := &memory{}
	var before [][]string
	for event, err := range client.Subscribe(limited(t), nil, KeepCursor(store)) {
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, slices.Clone(store.saved))
		if event.GetCursor() == "e" {
			break // The loop does not ask again, so e is not taken.
		}
	}
	// The cursor of the start is saved, too, so that a reader that starts at LATEST
	// loses no event after a restart.
	if want := "[[a] [a b] [a b d]]"; fmt.Sprint(before) != want {
		t.Errorf("saved before each event: %v, want %s", before, want)
	}
	if want := "[a b d]"; fmt.Sprint(store.saved) != want {
		t.Errorf("saved at the end: %v, want %s", store.saved, want)
	}
}

func TestSubscribeStartsAtTheStoredCursor(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("b", time.Minute, "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	req := &request{Start: &instagramv1.SubscribeEventsRequest_AfterCursor{AfterCursor: "x"}}
	got, err := follow(t, client, req, 1, KeepCursor(&memory{loaded: "a"}))
	expect(t, got, err, "b")
	if f.streams[0].GetAfterCursor() != "a" {
		t.Errorf("it started after %q", f.streams[0].GetAfterCursor())
	}
}

// failing is a store that cannot save.
type failing struct{ memory }

func (*failing) Save(context.Context, string) error { return errors.New("the disk is full") }

func TestSubscribeEndsWithItsStore(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("b", time.Minute, "a", "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	got, err := follow(t, client, nil, 2, KeepCursor(&failing{}))
	if len(got) != 1 || err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("saving: got %v, %v", got, err)
	}
	_, err = follow(t, client, nil, 2, KeepCursor(&memory{failure: errors.New("no such table")}))
	if err == nil || !strings.Contains(err.Error(), "no such table") || len(f.streams) != 1 {
		t.Errorf("loading: got %v after %d streams", err, len(f.streams))
	}
}

func TestSubscribeEndsWithItsContext(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("b", time.Minute, "a", "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	ctx, cancel := context.WithCancel(limited(t))
	defer cancel()
	store := &memory{}
	var got []string
	var end error
	for event, err := range client.Subscribe(ctx, nil, KeepCursor(store)) {
		if err != nil {
			end = err
			continue
		}
		got = append(got, event.GetCursor())
		cancel()
	}
	expect(t, got, nil, "a")
	if end != context.Canceled {
		t.Errorf("it ended with %v", end)
	}
	// The event was taken, so its cursor is saved although the context has ended.
	if fmt.Sprint(store.saved) != "[a]" {
		t.Errorf("saved: %v", store.saved)
	}
}

func TestSubscribeEndsWithTheLoop(t *testing.T) {
	left := make(chan struct{})
	f := &fake{subscribe: func(n int, s stream) error {
		defer close(left)
		sendAll(s, first("a", time.Minute, "a"))
		return silent(s)
	}}
	client, _ := start(t, f)
	got, err := follow(t, client, nil, 1)
	expect(t, got, err, "a")
	wait(t, left)
}

func TestSubscribeEndsWithTheClient(t *testing.T) {
	for name, silences := range map[string]int{"on its connection": 0, "on one of its own": 1} {
		t.Run(name, func(t *testing.T) {
			f := &fake{subscribe: func(n int, s stream) error {
				if n < silences {
					sendAll(s, first("a", shortInterval))
				} else {
					sendAll(s, first("b", time.Minute, "b"))
				}
				return silent(s)
			}}
			client, _ := start(t, f)
			var end error
			for _, err := range client.Subscribe(limited(t), nil) {
				if end = err; err == nil {
					client.Close()
				}
			}
			if end != ErrClosed {
				t.Errorf("it ended with %v", end)
			}
		})
	}
}

func TestSubscribeEndsWithTheClientWhileWaiting(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		return refusal(codes.Unavailable, ReasonDraining, retryAfter(time.Hour))
	}}
	client, _ := start(t, f)
	client.pause = client.wait
	_, err := follow(t, client, nil, 1, OnBreak(func(error, time.Duration) { client.Close() }))
	if err != ErrClosed {
		t.Errorf("it ended with %v", err)
	}
}

// The loop ends with the error of the store, even when the context has also ended.
func TestSubscribeTellsOfItsStoreAtTheEnd(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("b", time.Minute, "a", "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	ctx, cancel := context.WithCancel(limited(t))
	defer cancel()
	var end error
	for _, err := range client.Subscribe(ctx, nil, KeepCursor(&failing{})) {
		cancel()
		end = err
	}
	if end == nil || !strings.Contains(end.Error(), "the disk is full") {
		t.Errorf("it ended with %v", end)
	}
}

func TestSubscribeRefusesTextThatIsNotUTF8(t *testing.T) {
	client, waits := start(t, &fake{})
	_, err := follow(t, client, &request{UserIds: []string{"\xff"}}, 1)
	if err == nil || !strings.Contains(err.Error(), "UTF-8") || len(waits.all) != 0 {
		t.Errorf("got %v, waits %v", err, waits.all)
	}
}

// wait waits until the channel is closed, and ends the test when that takes too
// long.
func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(testTimeout):
		t.Fatal("it did not end in time")
	}
}
