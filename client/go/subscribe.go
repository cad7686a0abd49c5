package linktor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	instagramv1 "linktor.dev/instagram/v1"
)

const (
	// The contract says that a reader who hears nothing for three intervals
	// should connect again.
	silentIntervals = 3
	// The interval is this one until the server says which is in force.
	defaultInterval = 15 * time.Second
	// The first response also takes connecting, so it has at least this long
	// where the interval is short.
	firstResponse = 15 * time.Second
)

var (
	errSilent  = errors.New("nothing was heard for three heartbeat intervals")
	errEnded   = errors.New("the server ended the stream")
	errStopped = errors.New("the application has stopped")
)

// SubscribeOption is an option of [Client.Subscribe].
type SubscribeOption func(*subscription)

// KeepCursor goes on where the store says, and tells it how far the application
// has come. What the request says of the start counts only while the store has
// no cursor.
func KeepCursor(store CursorStore) SubscribeOption {
	return func(s *subscription) { s.store = store }
}

// OnResponse calls f with every response before its events are given. The
// first response of a stream sets Subscribed; heartbeats have no events.
func OnResponse(f func(*instagramv1.SubscribeEventsResponse)) SubscribeOption {
	return func(s *subscription) { s.onResponse = f }
}

// OnBreak calls f when the stream has broken and is taken up again after wait. err
// is a *[Error], unless the server was silent or ended the stream without one.
// Without OnBreak slog.Default gets a warning.
func OnBreak(f func(err error, wait time.Duration)) SubscribeOption {
	return func(s *subscription) { s.onBreak = f }
}

// Subscribe returns the events from a position on, and goes on with new ones
// for as long as the context lives and the loop runs. After a broken connection
// it goes on by itself after the last event.
//
// The loop ends with one error, which has no event: that of the context, that
// of the cursor store, [ErrClosed], or a *[Error] by which the server refuses the
// stream, such as [ReasonCursorExpired]. A text in req that is not UTF-8 also ends
// it.
//
// Every event is given at least once. It counts as taken when the loop asks for
// the next one, and its cursor is saved then; when the loop is left, by break or
// return, the event in hand is given again after the next start.
func (c *Client) Subscribe(ctx context.Context, req *instagramv1.SubscribeEventsRequest,
	opts ...SubscribeOption) iter.Seq2[*instagramv1.Event, error] {
	return func(yield func(*instagramv1.Event, error) bool) {
		s := &subscription{
			client:     c,
			req:        proto.CloneOf(req),
			stub:       c.Events,
			silence:    silentIntervals * defaultInterval,
			onResponse: func(*instagramv1.SubscribeEventsResponse) {},
			onBreak: func(err error, wait time.Duration) {
				slog.Warn("linktor: the event stream broke and is taken up again",
					"error", err, "wait", wait)
			},
		}
		if s.req == nil {
			s.req = &instagramv1.SubscribeEventsRequest{}
		}
		for _, option := range opts {
			option(s)
		}
		if err := s.run(ctx, yield); err != errStopped {
			yield(nil, err)
		}
	}
}

// subscription is one loop over events:
//
//	1 load   once; a cursor in the store is where to start
//	2 read   until the stream breaks, is silent or is refused, or the loop or
//	         the context ends
//	3 wait   longer each time without a response; then 2
type subscription struct {
	client     *Client
	store      CursorStore
	onResponse func(*instagramv1.SubscribeEventsResponse)
	onBreak    func(error, time.Duration)

	// Its start is always where to go on.
	req  *instagramv1.SubscribeEventsRequest
	stub instagramv1.EventServiceClient
	// own is a connection of this subscription only; see renew.
	own *grpc.ClientConn
	// silence is how long the stream may be silent.
	silence time.Duration
	// failures counts the streams since the last response.
	failures int
}

// run returns why the loop ends, which is never nil.
func (s *subscription) run(ctx context.Context, yield func(*instagramv1.Event, error) bool) error {
	defer s.closeOwn()
	if err := checkUTF8(s.req); err != nil {
		return err
	}
	if interval := s.req.GetHeartbeatInterval().AsDuration(); interval > 0 {
		s.silence = silentIntervals * interval
	}
	if s.store != nil {
		cursor, err := s.store.Load(ctx)
		if err != nil {
			return fmt.Errorf("linktor: the cursor cannot be loaded: %w", err)
		}
		s.goOnAfter(cursor)
	}
	for ctx.Err() == nil {
		err := s.read(ctx, yield)
		var wait time.Duration
		if e, ok := err.(*Error); ok {
			if ctx.Err() == nil && !resumable(e) {
				return e
			}
			wait = e.RetryDelay
		} else if err != errSilent && err != errEnded {
			return err
		}
		if ctx.Err() != nil {
			break
		}
		wait = max(delay(s.failures, random()), wait)
		s.failures++
		s.onBreak(err, wait)
		if s.client.pause(ctx, wait) != nil {
			break
		}
		if err == errSilent {
			if err := s.renew(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// read reads one stream to its end and returns why it ended.
func (s *subscription) read(parent context.Context, yield func(*instagramv1.Event, error) bool) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	// It runs only while the server is waited for: a slow application is no
	// silence of the server.
	watchdog := time.AfterFunc(max(s.silence, s.client.firstResponse),
		func() { cancel(errSilent) })
	defer watchdog.Stop()
	defer context.AfterFunc(s.client.closed, func() { cancel(ErrClosed) })()
	ended := func(err error) error {
		if s.client.closed.Err() != nil {
			return ErrClosed
		}
		if context.Cause(ctx) == errSilent {
			return errSilent
		}
		if err == io.EOF {
			return errEnded
		}
		return err
	}
	stream, err := s.stub.SubscribeEvents(ctx, s.req)
	if err != nil {
		return ended(err)
	}
	for {
		response, err := stream.Recv()
		watchdog.Stop()
		if err != nil {
			return ended(err)
		}
		if err := s.take(parent, response, yield); err != nil {
			return err
		}
		watchdog.Reset(s.silence)
	}
}

// take gives the events of a response to the application, and returns why it
// is the last one.
func (s *subscription) take(ctx context.Context, response *instagramv1.SubscribeEventsResponse,
	yield func(*instagramv1.Event, error) bool) error {
	s.failures = 0
	if interval := response.GetHeartbeatInterval().AsDuration(); interval > 0 {
		s.silence = silentIntervals * interval
	}
	s.onResponse(response)
	events := response.GetEvents()
	for i, event := range events {
		if !yield(event, nil) {
			return errStopped
		}
		if i == len(events)-1 {
			break // The response's own cursor also passes what the filter hid.
		}
		if err := s.save(ctx, event.GetCursor()); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return s.save(ctx, response.GetCursor())
}

// save makes the cursor the one to go on after, here and in the store.
func (s *subscription) save(ctx context.Context, cursor string) error {
	if !s.goOnAfter(cursor) || s.store == nil {
		return nil
	}
	// What the application has taken just before its end counts, too.
	if err := s.store.Save(context.WithoutCancel(ctx), cursor); err != nil {
		return fmt.Errorf("linktor: the cursor cannot be saved: %w", err)
	}
	return nil
}

// goOnAfter returns whether that is another place than before.
func (s *subscription) goOnAfter(cursor string) bool {
	if cursor == "" || cursor == s.req.GetAfterCursor() {
		return false
	}
	s.req.Start = &instagramv1.SubscribeEventsRequest_AfterCursor{AfterCursor: cursor}
	return true
}

// renew takes a new connection. On the one that was silent another stream would
// be silent, too, when the other end or a proxy has gone without a word.
func (s *subscription) renew() error {
	conn, err := s.client.dial()
	if err != nil {
		return err
	}
	s.closeOwn()
	s.own, s.stub = conn, instagramv1.NewEventServiceClient(conn)
	return nil
}

func (s *subscription) closeOwn() {
	if s.own != nil {
		s.own.Close()
	}
}

// resumable returns whether a stream that ended so is taken up again: the
// connection broke, or the server is busy or going, but it did not refuse.
func resumable(e *Error) bool {
	switch e.Code {
	case codes.Unavailable, codes.ResourceExhausted, codes.Canceled, codes.Aborted:
		return true
	case codes.Internal, codes.Unknown, codes.DeadlineExceeded:
		return e.Reason == ""
	default:
		return false
	}
}
