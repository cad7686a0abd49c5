package linktor

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	instagramv1 "linktor.dev/instagram/v1"
)

const (
	// defaultTimeout is the timeout of a call whose context has no deadline. A send
	// with media takes up to 90 s, and the rest of the time is for repeating it.
	defaultTimeout = 2 * time.Minute
	// The server does not begin a send when less time than this is left. Repeating
	// a send then would only replace the error that is known by a less useful one.
	leastTime = 500 * time.Millisecond
)

// Text returns a request that sends a text to a customer. The caller may set more
// fields in it.
func Text(channelID, to, text string) *instagramv1.SendMessageRequest {
	return &instagramv1.SendMessageRequest{
		ChannelId: channelID,
		Recipient: &instagramv1.SendMessageRequest_To{To: to},
		Content: &instagramv1.MessageContent{
			Content: &instagramv1.MessageContent_Text{Text: text}},
	}
}

// Send sends one message and returns it as sent. When req has no request id, Send
// makes one. A program that may send the same message again after a restart should
// set the id itself, made from the event that it answers.
//
// A call is repeated with the same id when it may not have reached the server, or
// when the server answers UNAVAILABLE. It is repeated until the context's deadline,
// or for two minutes when there is none. Repeating never sends the message twice.
//
// The error is a *[Error]. It is another error only when a text in req is not
// UTF-8, so that req cannot be sent at all.
func (c *Client) Send(ctx context.Context, req *instagramv1.SendMessageRequest) (*instagramv1.SendMessageResponse, error) {
	if req.GetRequestId() == "" {
		req = proto.CloneOf(req)
		req.RequestId = "go-" + rand.Text()
	}
	response, err := repeat(ctx, c, req, c.Messaging.SendMessage)
	if e, ok := err.(*Error); ok {
		e.RequestID = req.GetRequestId()
	}
	return response, err
}

// SetIceBreakers replaces the ice breakers of the account. The call is repeated as
// Send repeats it, because setting the same ice breakers twice changes nothing.
func (c *Client) SetIceBreakers(ctx context.Context, req *instagramv1.SetIceBreakersRequest) (*instagramv1.SetIceBreakersResponse, error) {
	return repeat(ctx, c, req, c.Channels.SetIceBreakers)
}

// repeat makes the call again until its outcome is known, or until no other call
// fits before the deadline.
func repeat[Request proto.Message, Response any, CallOption any](ctx context.Context, c *Client, req Request,
	call func(context.Context, Request, ...CallOption) (Response, error)) (Response, error) {
	var none Response
	if err := checkUTF8(req); err != nil {
		return none, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	if err := c.ended(ctx); err != nil {
		return none, err // Nothing was sent, so the outcome is known.
	}
	deadline, _ := ctx.Deadline()
	unknown := false
	for attempt := 0; ; attempt++ {
		response, err := call(ctx, req)
		if err == nil {
			return response, nil
		}
		e, ok := err.(*Error)
		if !ok {
			return none, err
		}
		// An earlier call that got lost may have been done, even when a later call
		// is refused.
		unknown = unknown || leavesUnknown(e)
		e.OutcomeUnknown = unknown
		if !repeatable(e) {
			return none, e
		}
		if c.ended(ctx) == nil {
			wait := max(delay(attempt, random()), e.RetryDelay)
			if time.Until(deadline) < wait+leastTime {
				return none, e
			}
			c.pause(ctx, wait)
		}
		if end := c.ended(ctx); end != nil {
			e.cause = end.cause
			return none, e
		}
	}
}

// ended returns the error that says why no call can be made any more: the context
// has ended, or the client is closed. Otherwise it returns nil.
func (c *Client) ended(ctx context.Context) *Error {
	s, cause := status.FromContextError(ctx.Err()), ctx.Err()
	if cause == nil && c.closed.Err() != nil {
		s, cause = status.New(codes.Canceled, "the client is closed"), ErrClosed
	}
	if cause == nil {
		return nil
	}
	return &Error{Code: s.Code(), Message: s.Message(), status: s, cause: cause}
}

// repeatable returns whether a call that ended with this error may be repeated with
// the same request id. It may when the server asks for it, or when the status was
// not made by the server: it then has no reason.
func repeatable(e *Error) bool {
	switch e.Code {
	case codes.Unavailable:
		return true
	case codes.Canceled, codes.Internal, codes.Unknown, codes.DeadlineExceeded:
		return e.Reason == ""
	default:
		return false
	}
}

// leavesUnknown returns whether a call that ended with this error may have been
// done all the same.
func leavesUnknown(e *Error) bool {
	return e.Reason == "" || e.Reason == ReasonSendOutcomeUnknown ||
		e.Reason == ReasonRequestInFlight || e.Reason == ReasonInternalFault
}

// checkUTF8 returns an error when a string in the request is not UTF-8. gRPC would
// report such a string as INTERNAL, as it reports a broken connection.
func checkUTF8(req proto.Message) error {
	if _, err := proto.Marshal(req); err != nil {
		return fmt.Errorf("linktor: the request cannot be sent: %w", err)
	}
	return nil
}
