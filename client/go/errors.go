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

// A longer delay than this is a mistake, and would stop a subscription for good.
const mostRetryDelay = 24 * time.Hour

// ErrorDomain is the domain of the reasons that the server gives. A proxy may
// have reasons of its own.
const ErrorDomain = "instagram.linktor"

// Error is how a call ended. Decide by Reason, then by Code: messages are for
// people and change.
type Error struct {
	Code codes.Code
	// Reason is one of the constants Reason…, or one that is newer than this
	// client. It is empty when the server did not make the status: the
	// connection broke, or a proxy answered.
	Reason  string
	Message string
	// Remedy says what to do, in English.
	Remedy string
	// Metadata is what else the reason comes with, such as "graph_code".
	Metadata map[string]string
	// Violations are the fields of the request that are wrong.
	Violations []FieldViolation
	// RetryDelay is how long to wait before the call can succeed, at most a day; 0
	// when the server did not say.
	RetryDelay time.Duration
	// RequestID is that of the send, also when Send made it.
	RequestID string
	// OutcomeUnknown says that the call may have been done, or may still be
	// under way, although it ended with this error. A send may then be repeated
	// with the same RequestID only, and GetMessage tells what became of it.
	// Only Send and SetIceBreakers set it.
	OutcomeUnknown bool

	status *status.Status
	cause  error
}

// FieldViolation is a field of a request and what is wrong with it.
type FieldViolation struct{ Field, Description string }

// Error leaves out a remedy that may speak only of the last of several calls while
// the outcome of an earlier one is unknown.
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

// Unwrap returns context.Canceled or context.DeadlineExceeded when the caller's
// own context ended the call, ErrClosed when Close did, else nil.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus lets status.FromError and status.Code work on the error.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// errorOf returns the error of a call. The context is the caller's: that of a gRPC
// stream ends with the stream, however that ended.
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
	// What the server says is not the context's doing, be it that this ends too.
	if e.Reason == "" && (e.Code == codes.Canceled || e.Code == codes.DeadlineExceeded) {
		e.cause = ctx.Err()
	}
	return e
}

// unaryErrors and streamErrors make an Error of every error of the stubs, too.
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
