package linktor

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	instagramv1 "linktor.dev/instagram/v1"
)

// testTimeout is more than any step takes on a slow machine.
const testTimeout = 30 * time.Second

// fake is a server for tests. A test sets the functions send and subscribe, which
// decide how a call ends. They get the number of the call, counted from 0.
type fake struct {
	instagramv1.UnimplementedMessagingServiceServer
	instagramv1.UnimplementedChannelServiceServer
	instagramv1.UnimplementedEventServiceServer

	send      func(ctx context.Context, n int) error
	subscribe func(n int, stream grpc.ServerStreamingServer[instagramv1.SubscribeEventsResponse]) error

	mutex     sync.Mutex
	sends     []*instagramv1.SendMessageRequest
	streams   []*instagramv1.SubscribeEventsRequest
	breakers  []*instagramv1.SetIceBreakersRequest
	callers   []string // They are the addresses from which the streams came.
	authority []string // It has the metadata "authorization" of every call.
}

// note keeps the metadata "authorization" of a call. The caller holds the mutex.
func (f *fake) note(ctx context.Context) {
	md, _ := metadata.FromIncomingContext(ctx)
	f.authority = append(f.authority, md.Get("authorization")...)
}

func (f *fake) SendMessage(ctx context.Context, req *instagramv1.SendMessageRequest) (*instagramv1.SendMessageResponse, error) {
	f.mutex.Lock()
	n := len(f.sends)
	f.sends = append(f.sends, req)
	f.note(ctx)
	f.mutex.Unlock()
	if f.send != nil {
		if err := f.send(ctx, n); err != nil {
			return nil, err
		}
	}
	return &instagramv1.SendMessageResponse{
		Message: &instagramv1.Message{Id: "msg_1", RequestId: req.GetRequestId()}}, nil
}

func (f *fake) SetIceBreakers(ctx context.Context, req *instagramv1.SetIceBreakersRequest) (*instagramv1.SetIceBreakersResponse, error) {
	f.mutex.Lock()
	n := len(f.breakers)
	f.breakers = append(f.breakers, req)
	f.mutex.Unlock()
	if f.send != nil {
		if err := f.send(ctx, n); err != nil {
			return nil, err
		}
	}
	return &instagramv1.SetIceBreakersResponse{IceBreakers: req.GetIceBreakers()}, nil
}

func (f *fake) SubscribeEvents(req *instagramv1.SubscribeEventsRequest,
	stream grpc.ServerStreamingServer[instagramv1.SubscribeEventsResponse]) error {
	caller, _ := peer.FromContext(stream.Context())
	f.mutex.Lock()
	n := len(f.streams)
	f.streams = append(f.streams, req)
	f.callers = append(f.callers, caller.Addr.String())
	f.note(stream.Context())
	f.mutex.Unlock()
	return f.subscribe(n, stream)
}

// serve runs the fake on the listener until the test ends.
func (f *fake) serve(t *testing.T, listener net.Listener, opts ...grpc.ServerOption) *grpc.Server {
	t.Helper()
	server := grpc.NewServer(opts...)
	instagramv1.RegisterMessagingServiceServer(server, f)
	instagramv1.RegisterChannelServiceServer(server, f)
	instagramv1.RegisterEventServiceServer(server, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return server
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// start serves the fake, and returns a client of it. The client does not really
// wait. The second result records how long the client would have waited.
func start(t *testing.T, f *fake, opts ...Option) (*Client, *waits) {
	t.Helper()
	listener := listen(t, "tcp", "127.0.0.1:0")
	f.serve(t, listener)
	return dial(t, listener.Addr().String(), opts...)
}

// dial returns a client of the server at the address, and its waits as start does.
func dial(t *testing.T, address string, opts ...Option) (*Client, *waits) {
	t.Helper()
	client, err := New(address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	w := &waits{}
	client.pause = w.pause
	return client, w
}

// waits records how long a client would have waited.
type waits struct {
	mutex sync.Mutex
	all   []time.Duration
}

func (w *waits) pause(ctx context.Context, wait time.Duration) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.all = append(w.all, wait)
	return ctx.Err()
}

// limited returns a context that ends after testTimeout, or when the test ends.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// refusal returns the error with which the server refuses a call. details are added
// to its status.
func refusal(code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	s := status.New(code, "the message")
	info := &errdetails.ErrorInfo{Reason: reason, Domain: ErrorDomain,
		Metadata: map[string]string{"remedy": "the remedy", "channel_id": "ch_1"}}
	s, err := s.WithDetails(append([]protoadapt.MessageV1{info}, details...)...)
	if err != nil {
		panic(err)
	}
	return s.Err()
}

func retryAfter(wait time.Duration) protoadapt.MessageV1 {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}
}
