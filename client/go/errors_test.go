package linktor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestWhichStatusesAreRepeated(t *testing.T) {
	for _, test := range []struct {
		code           codes.Code
		reason         string
		repeat, resume bool
	}{
		{codes.Unavailable, "", true, true},
		{codes.Unavailable, ReasonDraining, true, true},
		{codes.Unavailable, ReasonGraphUnavailable, true, true},
		{codes.Unavailable, "A_NEWER_REASON", true, true},
		{codes.Canceled, "", true, true},
		{codes.Internal, "", true, true},
		{codes.Internal, ReasonInternalFault, false, false},
		{codes.Internal, ReasonGraphError, false, false},
		{codes.Unknown, "", true, true},
		{codes.Unknown, ReasonSendOutcomeUnknown, false, false},
		{codes.DeadlineExceeded, "", true, true},
		{codes.DeadlineExceeded, ReasonDeadlineTooShort, false, false},
		{codes.Aborted, ReasonRequestInFlight, false, true},
		{codes.ResourceExhausted, "", false, true},
		{codes.ResourceExhausted, ReasonRateLimited, false, true},
		{codes.ResourceExhausted, ReasonOverloaded, false, true},
		{codes.ResourceExhausted, ReasonLimitReached, false, true},
		{codes.InvalidArgument, ReasonInvalidRequest, false, false},
		{codes.InvalidArgument, ReasonCursorInvalid, false, false},
		{codes.OutOfRange, ReasonCursorExpired, false, false},
		{codes.OutOfRange, ReasonCursorRewound, false, false},
		{codes.NotFound, ReasonChannelNotFound, false, false},
		{codes.Unauthenticated, ReasonAPIKeyMissing, false, false},
		{codes.Unauthenticated, ReasonAPIKeyInvalid, false, false},
		{codes.Unauthenticated, ReasonAPIKeyExpired, false, false},
		{codes.Unauthenticated, ReasonAPIKeyDisabled, false, false},
		{codes.Unauthenticated, "", false, false},
		{codes.PermissionDenied, ReasonNotAuthorized, false, false},
		{codes.FailedPrecondition, ReasonOutsideMessagingWindow, false, false},
		{codes.Unimplemented, "", false, false},
	} {
		e := &Error{Code: test.code, Reason: test.reason}
		if got := repeatable(e); got != test.repeat {
			t.Errorf("repeatable(%s %q) = %v", test.code, test.reason, got)
		}
		if got := resumable(e); got != test.resume {
			t.Errorf("resumable(%s %q) = %v", test.code, test.reason, got)
		}
	}
}

func TestErrorHasEveryDetail(t *testing.T) {
	err := errorOf(context.Background(), refusal(codes.InvalidArgument, ReasonInvalidRequest,
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "to", Description: "is required"}}},
		retryAfter(3*time.Second)))
	var e *Error
	if !errors.As(fmt.Errorf("while answering: %w", err), &e) {
		t.Fatalf("%T is no *Error", err)
	}
	if e.Code != codes.InvalidArgument || e.Reason != "INVALID_REQUEST" ||
		e.Message != "the message" || e.Remedy != "the remedy" ||
		e.RetryDelay != 3*time.Second {
		t.Errorf("got %+v", e)
	}
	if len(e.Metadata) != 1 || e.Metadata["channel_id"] != "ch_1" {
		t.Errorf("the metadata is %v", e.Metadata)
	}
	if len(e.Violations) != 1 || e.Violations[0] != (FieldViolation{"to", "is required"}) {
		t.Errorf("the violations are %v", e.Violations)
	}
	for _, part := range []string{"INVALID_REQUEST", "the message", "to: is required", "the remedy"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("status.Code gives %s", status.Code(err))
	}
}

func TestErrorOfAProxyHasNoReason(t *testing.T) {
	s, _ := status.New(codes.Internal, "no upstream").WithDetails(
		&errdetails.ErrorInfo{Reason: "BAD_GATEWAY", Domain: "proxy.example"})
	var e *Error
	if err := errorOf(context.Background(), s.Err()); !errors.As(err, &e) || e.Reason != "" {
		t.Errorf("got %+v", err)
	}
}

// A remedy such as "nothing was done" may be true of the last call only.
func TestErrorSaysWhenTheRemedyIsNotTheWholeTruth(t *testing.T) {
	for _, test := range []struct {
		reason  string
		unknown bool
		want    string
	}{
		{ReasonDraining, false, " (what to do: the remedy)"},
		{ReasonDraining, true, "; it may have been done all the same: repeat it with the request id order-17 only"},
		{"", true, "; it may have been done all the same: repeat it with the request id order-17 only"},
		{ReasonSendOutcomeUnknown, true, " (what to do: the remedy)"},
	} {
		e := &Error{Code: codes.Unavailable, Reason: test.reason, Message: "no", Remedy: "the remedy",
			RequestID: "order-17", OutcomeUnknown: test.unknown}
		if !strings.HasSuffix(e.Error(), ": no"+test.want) {
			t.Errorf("%q: got %q", test.reason, e)
		}
	}
}

func TestErrorDelaysForADayAtMost(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{
		time.Hour: time.Hour, 1<<63 - 1: 24 * time.Hour} {
		var e *Error
		err := errorOf(context.Background(), refusal(codes.Unavailable, ReasonDraining, retryAfter(given)))
		if !errors.As(err, &e) || e.RetryDelay != want {
			t.Errorf("%v: got %+v", given, e)
		}
	}
}

func TestErrorOfTheCallersOwnContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := errorOf(ctx, status.FromContextError(ctx.Err()).Err())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	// An answer of the server is not context.Canceled, even if the context has
	// ended, too.
	err = errorOf(ctx, refusal(codes.NotFound, ReasonChannelNotFound))
	if errors.Is(err, context.Canceled) {
		t.Errorf("%v is context.Canceled", err)
	}
	// It is not context.Canceled either when the server or a proxy cancels the call.
	err = errorOf(context.Background(), status.Error(codes.Canceled, "gone"))
	if errors.Is(err, context.Canceled) {
		t.Errorf("%v is context.Canceled", err)
	}
}

func TestErrorOfLeavesOthersAlone(t *testing.T) {
	for _, err := range []error{nil, io.EOF} {
		if got := errorOf(context.Background(), err); got != err {
			t.Errorf("errorOf(%v) = %v", err, got)
		}
	}
}
