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
	// The comments in protos/ say that a reader should connect again when it hears
	// nothing for three heartbeat intervals.
	silentIntervals = 3
	// This heartbeat interval counts until the server says which one it uses.
	defaultInterval = 15 * time.Second
	// A stream has at least this long for its first response, even when the
	// interval is shorter: connecting takes time, too.
	firstResponse = 15 * time.Second
)

var (
	errSilent  = errors.New("nothing was heard for three heartbeat intervals")
	errEnded   = errors.New("the server ended the stream")
	errStopped = errors.New("the application has stopped")
)

// SubscribeOption is an option of [Client.Subscribe].
type SubscribeOption func(*subscription)

// KeepCursor starts the subscription after the cursor in the store, and saves there
// how far the application has come. The start in the request counts only while the
// store has no cursor.
func KeepCursor(store CursorStore) SubscribeOption {
	return func(s *subscription) { s.store = store }
}

// OnResponse calls f with every response, before the application gets its events.
// The first response of a stream sets Subscribed; heartbeats have no events.
func OnResponse(f func(*instagramv1.SubscribeEventsResponse)) SubscribeOption {
	return func(s *subscription) { s.onResponse = f }
}

// OnBreak calls f when the stream has broken. The subscription opens it again after
// wait. err is a *[Error], unless the server was silent or ended the stream without
// an error. Without OnBreak, slog.Default logs a warning.
func OnBreak(f func(err error, wait time.Duration)) SubscribeOption {
	return func(s *subscription) { s.onBreak = f }
}

// Subscribe returns the events from a position on, and then new events as they
// come. It goes on until the context ends or the loop is left. After a broken
// connection it connects again by itself and goes on after the last event.
//
// The loop ends with one error, which comes without an event. It is the error of
// the context or of the cursor store, [ErrClosed], or a *[Error] by which the
// server refuses the stream, such as [ReasonCursorExpired]. A text in req that is
// not UTF-8 also ends the loop with an error.
//
// Every event is given at least once. It counts as taken when the loop asks for the
// next event, and then its cursor is saved. When the loop is left by break or
// return, the last event does not count as taken: it is given again after the next
// start.
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

// subscription is one loop over events. It has three states:
//
//	1 load   It loads the cursor from the store, once, and starts after it.
//	2 read   It reads until the stream breaks, is silent or is refused, or until
//	         the loop or the context ends.
//	3 wait   It waits longer after each stream without a response. Then it reads
//	         again.
type subscription struct {
	client     *Client
	store      CursorStore
	onResponse func(*instagramv1.SubscribeEventsResponse)
	onBreak    func(error, time.Duration)

	// The field Start of req is always the position from which to go on.
	req  *instagramv1.SubscribeEventsRequest
	stub instagramv1.EventServiceClient
	// own is a connection that only this subscription uses, or nil; renew makes it.
	own *grpc.ClientConn
	// silence is how long the stream may be silent before it is given up.
	silence time.Duration
	// failures counts the streams that have ended since the last response.
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
	// The watchdog runs only while this function waits for the server. The time
	// that the application needs for an event does not count as silence of the
	// server.
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

// take gives the events of a response to the application. It returns nil when the
// stream goes on, and otherwise why the loop ends.
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
			// The response's own cursor is also past the events that the filter hid.
			break
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

// save makes the cursor the position from which to go on, here and in the store.
func (s *subscription) save(ctx context.Context, cursor string) error {
	if !s.goOnAfter(cursor) || s.store == nil {
		return nil
	}
	// The application has taken the event, so its cursor is saved even when the
	// context has ended.
	if err := s.store.Save(context.WithoutCancel(ctx), cursor); err != nil {
		return fmt.Errorf("linktor: the cursor cannot be saved: %w", err)
	}
	return nil
}

// goOnAfter makes the next stream start after the cursor. It returns false when the
// cursor is empty or is already that position.
func (s *subscription) goOnAfter(cursor string) bool {
	if cursor == "" || cursor == s.req.GetAfterCursor() {
		return false
	}
	s.req.Start = &instagramv1.SubscribeEventsRequest_AfterCursor{AfterCursor: cursor}
	return true
}

// renew takes a new connection for this subscription. When the other end or a proxy
// has disappeared without closing the old connection, another stream on it would be
// silent, too.
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

// resumable returns whether the subscription opens the stream again after this
// error. It does when the connection broke, or when the server is busy or shutting
// down. It does not when the server refused the request.
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
