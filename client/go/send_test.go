package linktor

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	instagramv1 "linktor.dev/instagram/v1"
)

func hello(id string) *instagramv1.SendMessageRequest {
	req := Text("ch_1", "6101", "Hello")
	req.RequestId = id
	return req
}

// failFirst returns a function for the field send of fake. Its first calls fail
// with the errors, one error for each call; later calls succeed.
func failFirst(failures ...error) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n < len(failures) {
			return failures[n]
		}
		return nil
	}
}

// sendError returns err as an *Error, and ends the test when it is another error.
func sendError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e
}

func TestSendMakesARequestID(t *testing.T) {
	f := &fake{}
	client, _ := start(t, f)
	req := hello("")
	for range 2 {
		response, err := client.Send(limited(t), req)
		if err != nil {
			t.Fatal(err)
		}
		if id := response.GetMessage().GetRequestId(); !strings.HasPrefix(id, "go-") {
			t.Errorf("the request id is %q", id)
		}
	}
	if f.sends[0].GetRequestId() == f.sends[1].GetRequestId() {
		t.Error("two sends have one request id")
	}
	if req.GetRequestId() != "" {
		t.Error("the caller's request was changed")
	}
}

func TestSendRepeatsWithTheSameID(t *testing.T) {
	for name, failure := range map[string]error{
		"broken connection": status.Error(codes.Unavailable, "connection reset"),
		"draining":          refusal(codes.Unavailable, ReasonDraining),
		"cancelled":         status.Error(codes.Canceled, "gone"),
		"internal":          status.Error(codes.Internal, "RST_STREAM"),
		"unknown":           status.Error(codes.Unknown, "?"),
		"proxy's deadline":  status.Error(codes.DeadlineExceeded, "upstream"),
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{send: failFirst(failure, failure)}
			client, waits := start(t, f)
			if _, err := client.Send(limited(t), hello("")); err != nil {
				t.Fatal(err)
			}
			if len(f.sends) != 3 {
				t.Fatalf("%d calls were made", len(f.sends))
			}
			for _, req := range f.sends {
				if req.GetRequestId() != f.sends[0].GetRequestId() {
					t.Error("the request id has changed")
				}
			}
			if len(waits.all) != 2 || waits.all[0] < delay(0, 0) || waits.all[1] < delay(1, 0) {
				t.Errorf("the waits were %v", waits.all)
			}
		})
	}
}

func TestSendEndsWithARefusal(t *testing.T) {
	for reason, code := range map[string]codes.Code{
		ReasonRecipientNotFound:      codes.NotFound,
		ReasonRateLimited:            codes.ResourceExhausted,
		ReasonOutsideMessagingWindow: codes.FailedPrecondition,
		ReasonGraphError:             codes.Internal,
		ReasonDeadlineTooShort:       codes.DeadlineExceeded,
		ReasonAPIKeyInvalid:          codes.Unauthenticated,
	} {
		f := &fake{send: failFirst(refusal(code, reason, retryAfter(time.Second)))}
		client, _ := start(t, f)
		_, err := client.Send(limited(t), hello("order-17"))
		e := sendError(t, err)
		if e.Reason != reason || e.OutcomeUnknown || e.RequestID != "order-17" ||
			e.RetryDelay != time.Second || len(f.sends) != 1 {
			t.Errorf("%s: got %+v after %d calls", reason, e, len(f.sends))
		}
	}
}

func TestSendSaysWhenNobodyKnows(t *testing.T) {
	lost := status.Error(codes.Unavailable, "connection reset")
	for name, failures := range map[string][]error{
		"the server says so": {refusal(codes.Unknown, ReasonSendOutcomeUnknown)},
		"still in flight":    {refusal(codes.Aborted, ReasonRequestInFlight)},
		"fault":              {refusal(codes.Internal, ReasonInternalFault)},
		"not a repeatable one": {
			status.Error(codes.Unimplemented, "404 Not Found")},
		// The key may have been disabled after the first call was accepted.
		"refused after a call that got lost": {
			lost, refusal(codes.Unauthenticated, ReasonAPIKeyDisabled)},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{send: failFirst(failures...)}
			client, _ := start(t, f)
			_, err := client.Send(limited(t), hello(""))
			e := sendError(t, err)
			if !e.OutcomeUnknown || e.RequestID != f.sends[0].GetRequestId() {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestSendWaitsAsTheServerAsks(t *testing.T) {
	f := &fake{send: failFirst(refusal(codes.Unavailable, ReasonDraining, retryAfter(7*time.Second)))}
	client, waits := start(t, f)
	if _, err := client.Send(limited(t), hello("")); err != nil {
		t.Fatal(err)
	}
	if len(waits.all) != 1 || waits.all[0] != 7*time.Second {
		t.Errorf("the waits were %v", waits.all)
	}
}

func TestSendDoesNotWaitBeyondTheDeadline(t *testing.T) {
	f := &fake{send: failFirst(refusal(codes.Unavailable, ReasonDraining, retryAfter(time.Hour)))}
	client, waits := start(t, f)
	_, err := client.Send(limited(t), hello(""))
	if e := sendError(t, err); e.Reason != ReasonDraining || e.RetryDelay != time.Hour {
		t.Errorf("got %+v", e)
	}
	if len(waits.all) != 0 || len(f.sends) != 1 {
		t.Errorf("%d calls, waits %v", len(f.sends), waits.all)
	}
}

// The server would refuse a last call, because too little time is left. That
// refusal would hide that an earlier call may have been done.
func TestSendLeavesTimeForTheServer(t *testing.T) {
	f := &fake{send: failFirst(status.Error(codes.Unavailable, "connection reset"))}
	client, _ := start(t, f)
	ctx, cancel := context.WithTimeout(context.Background(), leastTime)
	defer cancel()
	_, err := client.Send(ctx, hello(""))
	if e := sendError(t, err); e.Code != codes.Unavailable || !e.OutcomeUnknown || len(f.sends) != 1 {
		t.Errorf("got %+v after %d calls", e, len(f.sends))
	}
}

func TestSendHasADeadlineWithoutOneOfTheCaller(t *testing.T) {
	var left time.Duration
	f := &fake{send: func(ctx context.Context, _ int) error {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return nil
	}}
	client, _ := start(t, f)
	if _, err := client.Send(context.Background(), hello("")); err != nil {
		t.Fatal(err)
	}
	if left <= defaultTimeout-testTimeout || left > defaultTimeout {
		t.Errorf("%v were left", left)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(limited(t))
	f := &fake{send: func(ctx context.Context, _ int) error {
		cancel()
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}}
	client, _ := start(t, f)
	_, err := client.Send(ctx, hello(""))
	if !errors.Is(err, context.Canceled) || !sendError(t, err).OutcomeUnknown || len(f.sends) != 1 {
		t.Errorf("got %v after %d calls", err, len(f.sends))
	}
}

func TestSendEndsWithItsContextWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(limited(t))
	f := &fake{send: failFirst(refusal(codes.Unavailable, ReasonGraphUnavailable))}
	client, _ := start(t, f)
	client.pause = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return client.wait(ctx, testTimeout)
	}
	_, err := client.Send(ctx, hello(""))
	if e := sendError(t, err); !errors.Is(err, context.Canceled) || e.OutcomeUnknown {
		t.Errorf("got %+v", e)
	}
}

func TestSendThatNeverBeganHasAKnownOutcome(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		closed bool
		code   codes.Code
		cause  error
	}{
		"cancelled":     {cancelled, false, codes.Canceled, context.Canceled},
		"too late":      {late, false, codes.DeadlineExceeded, context.DeadlineExceeded},
		"closed client": {limited(t), true, codes.Canceled, ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			client, waits := start(t, f)
			if test.closed {
				client.Close()
			}
			_, err := client.Send(test.ctx, hello("order-17"))
			e := sendError(t, err)
			if e.Code != test.code || status.Code(err) != test.code || !errors.Is(err, test.cause) ||
				e.OutcomeUnknown || e.RequestID != "order-17" {
				t.Errorf("got %+v", e)
			}
			if len(f.sends) != 0 || len(waits.all) != 0 {
				t.Errorf("%d calls, waits %v", len(f.sends), waits.all)
			}
		})
	}
}

// The client is closed before the second call. The error must still say what is
// known about the first call.
func TestSendEndsWithTheClientWhileWaiting(t *testing.T) {
	f := &fake{send: failFirst(refusal(codes.Unavailable, ReasonGraphUnavailable))}
	client, _ := start(t, f)
	client.pause = func(ctx context.Context, _ time.Duration) error {
		client.Close()
		return client.wait(ctx, testTimeout)
	}
	_, err := client.Send(limited(t), hello(""))
	if e := sendError(t, err); e.Reason != ReasonGraphUnavailable || e.OutcomeUnknown ||
		!errors.Is(err, ErrClosed) || len(f.sends) != 1 {
		t.Errorf("got %+v after %d calls", e, len(f.sends))
	}
}

func TestSendRefusesTextThatIsNotUTF8(t *testing.T) {
	f := &fake{}
	client, waits := start(t, f)
	_, err := client.Send(limited(t), Text("ch_1", "6101", "caf\xe9"))
	if err == nil || !strings.Contains(err.Error(), "UTF-8") || len(waits.all) != 0 {
		t.Errorf("got %v, waits %v", err, waits.all)
	}
}

func TestSendGoesOnAfterTheServerHasStarted(t *testing.T) {
	listener := listen(t, "tcp", "127.0.0.1:0")
	address := listener.Addr().String()
	arrived := make(chan struct{})
	first := &fake{send: func(ctx context.Context, _ int) error {
		close(arrived)
		<-ctx.Done() // The answer is lost.
		return ctx.Err()
	}}
	server := first.serve(t, listener)
	second := &fake{}
	client, err := New(address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	go func() {
		<-arrived
		server.Stop()
		var again net.Listener
		for again == nil {
			again, _ = net.Listen("tcp", address)
		}
		second.serve(t, again)
	}()
	response, err := client.Send(limited(t), hello(""))
	if err != nil {
		t.Fatal(err)
	}
	if id := response.GetMessage().GetRequestId(); id != first.sends[0].GetRequestId() {
		t.Errorf("the request id was %q, then %q", first.sends[0].GetRequestId(), id)
	}
}

func TestSetIceBreakersIsRepeated(t *testing.T) {
	f := &fake{send: failFirst(status.Error(codes.Unavailable, "connection reset"))}
	client, _ := start(t, f)
	response, err := client.SetIceBreakers(limited(t), &instagramv1.SetIceBreakersRequest{
		ChannelId:   "ch_1",
		IceBreakers: []*instagramv1.IceBreaker{{Question: "What is new?", Payload: "NEW"}}})
	if err != nil || len(f.breakers) != 2 || len(response.GetIceBreakers()) != 1 {
		t.Errorf("got %v, %v after %d calls", response, err, len(f.breakers))
	}
}

func TestErrorsOfStubs(t *testing.T) {
	f := &fake{send: failFirst(refusal(codes.NotFound, ReasonChannelNotFound))}
	client, _ := start(t, f)
	_, err := client.Messaging.SendMessage(limited(t), hello("order-17"))
	if e := sendError(t, err); e.Reason != ReasonChannelNotFound {
		t.Errorf("got %+v", e)
	}
}
