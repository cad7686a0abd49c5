package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

// logOf is a server for tests. It refuses the cursor "old" with reason, and its refusal
// names the cursor "named" in the metadata key. Any other start gets one event.
type logOf struct {
	v1.UnimplementedEventServiceServer
	reason, key string
	starts      chan *v1.SubscribeEventsRequest
}

func (l *logOf) SubscribeEvents(request *v1.SubscribeEventsRequest, stream grpc.ServerStreamingServer[v1.SubscribeEventsResponse]) error {
	l.starts <- request
	if request.GetAfterCursor() == "old" {
		refused, err := status.New(codes.OutOfRange, "no").WithDetails(&errdetails.ErrorInfo{
			Domain: linktor.ErrorDomain, Reason: l.reason, Metadata: map[string]string{l.key: "named"}})
		return errors.Join(err, refused.Err())
	}
	stream.Send(&v1.SubscribeEventsResponse{Subscribed: true, Cursor: "c1", Events: []*v1.Event{{
		Id: "evt_1", Cursor: "c1", ChannelId: channel, UserId: ana,
		Payload: &v1.Event_MessageReceived{MessageReceived: &v1.Message{Text: "Hello"}}}}})
	<-stream.Context().Done()
	return nil
}

// followLog runs follow against the log until it ends or the test cancels it.
func followLog(t *testing.T, s *store, l *logOf, newLog bool) (end chan error, cancel func(), trouble *atomic.Value) {
	t.Helper()
	l.starts = make(chan *v1.SubscribeEventsRequest, 10)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	v1.RegisterEventServiceServer(server, l)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	client, err := linktor.New(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	end, trouble = make(chan error, 1), new(atomic.Value)
	trouble.Store("not yet")
	go func() { end <- follow(ctx, client, s, newLog, trouble) }()
	return end, cancel, trouble
}

func TestGapIsNotedAndFollowingGoesOn(t *testing.T) {
	for _, c := range []struct{ reason, key, word, next string }{
		{linktor.ReasonCursorExpired, "oldest_cursor", "no longer keeps", "named"},
		{linktor.ReasonCursorRewound, "restart_cursor", "set back", "named"},
		{linktor.ReasonCursorInvalid, "none", "new log", ""},
	} {
		s := newStore(t)
		if err := s.Save(context.Background(), "old"); err != nil {
			t.Fatal(err)
		}
		l := &logOf{reason: c.reason, key: c.key}
		end, cancel, trouble := followLog(t, s, l, true)
		await(t, "the event after the gap is stored", func() bool {
			cursor, err := s.Load(context.Background())
			return err == nil && cursor == "c1"
		})
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: ended with %v", c.reason, err)
		}
		if first, second := <-l.starts, <-l.starts; first.GetAfterCursor() != "old" || second.GetAfterCursor() != c.next {
			t.Errorf("%s: started after %v, then %v", c.reason, first, second)
		}
		shown, err := s.tickets("")
		if err != nil || len(shown.Notes) != 1 || !strings.Contains(shown.Notes[0].Text, c.word) || len(shown.Tickets) != 1 {
			t.Errorf("%s: the agents see %+v, %v", c.reason, shown, err)
		}
		if trouble.Load() != "" {
			t.Errorf("%s: the trouble is %q", c.reason, trouble.Load())
		}
	}
}

func TestAnotherLogEndsFollowing(t *testing.T) {
	s := newStore(t)
	if err := s.Save(context.Background(), "old"); err != nil {
		t.Fatal(err)
	}
	end, cancel, _ := followLog(t, s, &logOf{reason: linktor.ReasonCursorInvalid}, false)
	defer cancel()
	var e *linktor.Error
	if err := <-end; !errors.As(err, &e) || e.Reason != linktor.ReasonCursorInvalid {
		t.Errorf("ended with %v", err)
	}
	if cursor, err := s.Load(context.Background()); cursor != "old" || err != nil {
		t.Errorf("the cursor is %q, %v", cursor, err)
	}
}

func TestFirstStartBeginsWhereTheDatabaseDoes(t *testing.T) {
	s := newStore(t)
	l := &logOf{}
	end, cancel, _ := followLog(t, s, l, false)
	begin, err := s.beginTime()
	if request := <-l.starts; err != nil || !request.GetSince().AsTime().Equal(begin) || begin.IsZero() {
		t.Errorf("started with %v, want %v, %v", request, begin, err)
	}
	cancel()
	<-end
}
