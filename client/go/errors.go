package linktor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A longer delay than this is a mistake. A subscription would wait for it, as if it
// had stopped.
const mostRetryDelay = 24 * time.Hour

// ErrorDomain is the domain of the reasons that the server gives. A proxy may give
// reasons of its own under another domain.
const ErrorDomain = "instagram.linktor"

// Error describes a call that failed. A program should decide by Reason first, and
// then by Code. It must not decide by Message, which is for people and may change.
type Error struct {
	Code codes.Code
	// Reason is one of the constants Reason…, or a reason that is newer than this
	// client. It is empty when the server did not make the status, because the
	// connection broke or a proxy answered.
	Reason  string
	Message string
	// Remedy says what to do, in English.
	Remedy string
	// Metadata has more facts about the error, such as "graph_code".
	Metadata map[string]string
	// Violations are the fields of the request that are wrong.
	Violations []FieldViolation
	// RetryDelay is the time after which the call can succeed. It is at most a day.
	// It is 0 when the server did not say a time.
	RetryDelay time.Duration
	// RequestID is the request id of the send, even if Send made the id.
	RequestID string
	// OutcomeUnknown says that the call may have been done, or may still be in
	// progress, although it ended with this error. Then repeat a send only with the
	// same RequestID; GetMessage tells what became of the message. Only Send and
	// SetIceBreakers set this field.
	OutcomeUnknown bool

	status *status.Status
	cause  error
}

// FieldViolation is a field of a request and what is wrong with it.
type FieldViolation struct{ Field, Description string }

// Error returns the error as one line for a log. The remedy is about the last call
// only. It is left out when an earlier call may have been done.
func (e *Error) Error() string {
	var out strings.Builder
	fmt.Fprintf(&out, "linktor: %s", e.Code)
	if e.Reason != "" {
		fmt.Fprintf(&out, " %s", e.Reason)
	}
	fmt.Fprintf(&out, ": %s", e.Message)
	for _, violation := range e.Violations {
		if !strings.Contains(e.Message, violation.Description) {
			fmt.Fprintf(&out, "; %s: %s", violation.Field, violation.Description)
		}
	}
	switch {
	case e.OutcomeUnknown && (e.Reason == "" || !leavesUnknown(e)):
		out.WriteString("; it may have been done all the same")
		if e.RequestID != "" {
			fmt.Fprintf(&out, ": repeat it with the request id %s only", e.RequestID)
		}
	case e.Remedy != "":
		fmt.Fprintf(&out, " (what to do: %s)", e.Remedy)
	}
	return out.String()
}

// Unwrap returns context.Canceled or context.DeadlineExceeded when the caller's own
// context ended the call. It returns ErrClosed when Close ended the call, and
// otherwise nil.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus lets status.FromError and status.Code work on the error.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// errorOf turns the error of a call into an *Error. It returns an error that has no
// gRPC status as it is. ctx must be the context of the caller. The context of a gRPC
// stream would be wrong, because it always ends with the stream.
func errorOf(ctx context.Context, err error) error {
	var done *Error
	if err == nil || errors.As(err, &done) {
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	e := &Error{Code: s.Code(), Message: s.Message(), status: s}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() != ErrorDomain {
				continue
			}
			e.Reason = d.GetReason()
			e.Metadata = maps.Clone(d.GetMetadata())
			e.Remedy = e.Metadata["remedy"]
			delete(e.Metadata, "remedy")
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Violations = append(e.Violations,
					FieldViolation{v.GetField(), v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryDelay = min(d.GetRetryDelay().AsDuration(), mostRetryDelay)
		}
	}
	// An error with a reason is an answer of the server. The context is not its
	// cause, even if the context has ended, too.
	if e.Reason == "" && (e.Code == codes.Canceled || e.Code == codes.DeadlineExceeded) {
		e.cause = ctx.Err()
	}
	return e
}

// unaryErrors and streamErrors are interceptors. Because of them, the errors of the
// generated stubs are *Error, too.
func unaryErrors(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return errorOf(ctx, invoke(ctx, method, req, reply, conn, opts...))
}

func streamErrors(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn,
	method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, errorOf(ctx, err)
	}
	return errorStream{stream, ctx}, nil
}

// errorStream is a stream whose errors are *Error.
type errorStream struct {
	grpc.ClientStream
	caller context.Context
}

func (s errorStream) SendMsg(message any) error {
	return errorOf(s.caller, s.ClientStream.SendMsg(message))
}

func (s errorStream) RecvMsg(message any) error {
	return errorOf(s.caller, s.ClientStream.RecvMsg(message))
}
