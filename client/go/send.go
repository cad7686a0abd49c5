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
	// A call whose context has no deadline gets this one: a send with media
	// takes up to 90 s, and some time is left for repeating it.
	defaultTimeout = 2 * time.Minute
	// With less time left the server does not begin a send. Repeating it then
	// would only cover up the error that is known.
	leastTime = 500 * time.Millisecond
)

// Text returns a request that sends a text to a customer. More can be set in it.
func Text(channelID, to, text string) *instagramv1.SendMessageRequest {
	return &instagramv1.SendMessageRequest{
		ChannelId: channelID,
		Recipient: &instagramv1.SendMessageRequest_To{To: to},
		Content: &instagramv1.MessageContent{
			Content: &instagramv1.MessageContent_Text{Text: text}},
	}
}

// Send sends one message and returns it as sent. It always has a request id,
// and makes one when req has none; a caller who may send the same again after a
// restart gives one, made from the event that is answered.
//
// A call that may not have reached the server, or that it answers with
// UNAVAILABLE, is repeated with the same id until the context's deadline (two
// minutes when it has none), which never sends twice. The error is a *[Error],
// unless a text in req is not UTF-8, so that it cannot be sent at all.
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

// SetIceBreakers replaces the ice breakers of the account. It is repeated as
// Send is; doing it twice changes nothing.
func (c *Client) SetIceBreakers(ctx context.Context, req *instagramv1.SetIceBreakersRequest) (*instagramv1.SetIceBreakersResponse, error) {
	return repeat(ctx, c, req, c.Channels.SetIceBreakers)
}

// repeat calls until the outcome is known or no other call fits before the
// deadline.
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
		return none, err // Nothing was sent, so that the outcome is known.
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
		// A later refusal need not speak of an earlier call that got lost.
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

// ended returns why no call can be made any more: the context has ended, or the
// client is closed. Else it returns nil.
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

// repeatable returns whether a call that ended so may be repeated with the same
// request id: the server asks for it, or did not make the status.
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

func leavesUnknown(e *Error) bool {
	return e.Reason == "" || e.Reason == ReasonSendOutcomeUnknown ||
		e.Reason == ReasonRequestInFlight || e.Reason == ReasonInternalFault
}

// checkUTF8 finds strings that are not UTF-8. gRPC would report them as
// INTERNAL, as it does broken connections.
func checkUTF8(req proto.Message) error {
	if _, err := proto.Marshal(req); err != nil {
		return fmt.Errorf("linktor: the request cannot be sent: %w", err)
	}
	return nil
}
