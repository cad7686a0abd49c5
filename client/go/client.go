// Package linktor is a client of the Linktor Instagram Gateway.
//
// [Client.Send] sends a message. It repeats a call that may have got lost, and the
// message is still sent only once. [Client.Subscribe] reads events, and continues
// by itself after a broken connection. The fields of [Client] are the generated
// stubs, which have every method of the server. The error of a call is a [*Error],
// unless the request cannot be sent at all.
package linktor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"

	instagramv1 "linktor.dev/instagram/v1"
)

const (
	// gRPC pings a connection that is silent for this long during a call. The
	// server permits a ping every 10 s. A stream carries data every 15 s, so a
	// healthy stream is never pinged. Some proxies close connections with many
	// pings.
	pingAfter = 20 * time.Second
	// When a ping is not answered for this long, gRPC closes the connection, and
	// its calls end with UNAVAILABLE.
	pingTimeout = 10 * time.Second

	// gRPC waits this long between attempts to connect: firstReconnect at first,
	// and mostReconnect at most. The waits of the function delay are longer, so
	// gRPC has always tried to connect again before a call is repeated. gRPC's own
	// waits would grow to two minutes.
	firstReconnect = 200 * time.Millisecond
	mostReconnect  = 2 * time.Second
	// An attempt to connect ends after this time.
	connectTimeout = 10 * time.Second
)

// ErrClosed is the error that ends the subscriptions of a client that was closed.
// errors.Is also finds it in the errors of Send and SetIceBreakers.
var ErrClosed = errors.New("linktor: the client is closed")

// Client is a connection to one server. It is safe for concurrent use; make one
// and keep it.
type Client struct {
	// These are the generated stubs. Use them for all calls for which Client has no
	// method.
	Access    instagramv1.AccessServiceClient
	Channels  instagramv1.ChannelServiceClient
	Events    instagramv1.EventServiceClient
	Messaging instagramv1.MessagingServiceClient
	Server    instagramv1.ServerServiceClient

	conn *grpc.ClientConn
	dial func() (*grpc.ClientConn, error)
	// closed is a context that ends when the client is closed; close ends it.
	closed context.Context
	close  context.CancelFunc
	// pause is the method wait. Tests replace it by a function that does not wait.
	pause func(context.Context, time.Duration) error
	// A stream has at least this long for its first response. New sets it to the
	// constant firstResponse, and tests change it.
	firstResponse time.Duration
}

// Option is an option of [New].
type Option func(*options)

type options struct {
	apiKey    string
	tls       *TLS
	plaintext bool
	dial      []grpc.DialOption
}

// WithAPIKey sends the key with every call. White space around the key is removed,
// so it may be the content of a file. When the key is empty, no key is sent.
func WithAPIKey(key string) Option {
	return func(o *options) { o.apiKey = strings.TrimSpace(key) }
}

// WithTLS encrypts the connection, even to this machine, and names the certificates
// to use. Without WithTLS, a connection to another machine is encrypted too. The
// server's certificate must then come from one of the roots of the system.
func WithTLS(config TLS) Option {
	return func(o *options) { o.tls = &config }
}

// WithPlaintextToOtherMachines sends everything unencrypted to the machine that the
// address names, even the API key and the texts that customers write. It is for
// networks that encrypt by themselves, such as a mesh.
func WithPlaintextToOtherMachines() Option {
	return func(o *options) { o.plaintext = true }
}

// WithDialOptions adds options of gRPC. When New sets the same option, the added one
// counts.
func WithDialOptions(dial ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, dial...) }
}

// New returns a client of the server at an address such as "127.0.0.1:50051",
// "gateway.example:443" or "unix:/run/linktor.sock". It connects at the first
// call. The connection is plaintext to this machine (a loopback address,
// "localhost" or a Unix socket). To any other machine it uses TLS. The options can
// change that.
func New(address string, opts ...Option) (*Client, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	switch {
	case address == "":
		return nil, errors.New("linktor: the address of the server is empty")
	case strings.HasPrefix(address, "http://"), strings.HasPrefix(address, "https://"):
		return nil, fmt.Errorf("linktor: the address %q is host:port, so leave out http://", address)
	}
	security, err := o.security(isLocal(address))
	if err != nil {
		return nil, err
	}
	dial := append(security,
		// The server is in the caller's own network. So no proxy is used, even if
		// the environment names one.
		grpc.WithNoProxy(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: pingAfter, Timeout: pingTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: firstReconnect, Multiplier: 1.6,
				Jitter: 0.2, MaxDelay: mostReconnect},
			MinConnectTimeout: connectTimeout}),
		grpc.WithChainUnaryInterceptor(unaryErrors),
		grpc.WithChainStreamInterceptor(streamErrors))
	dial = append(dial, o.dial...)
	c := &Client{
		dial:          func() (*grpc.ClientConn, error) { return grpc.NewClient(address, dial...) },
		firstResponse: firstResponse,
	}
	c.closed, c.close = context.WithCancel(context.Background())
	c.pause = c.wait
	if c.conn, err = c.dial(); err != nil {
		return nil, fmt.Errorf("linktor: the address %q cannot be used: %w", address, err)
	}
	c.Access = instagramv1.NewAccessServiceClient(c.conn)
	c.Channels = instagramv1.NewChannelServiceClient(c.conn)
	c.Events = instagramv1.NewEventServiceClient(c.conn)
	c.Messaging = instagramv1.NewMessagingServiceClient(c.conn)
	c.Server = instagramv1.NewServerServiceClient(c.conn)
	return c, nil
}

// Conn returns the connection, for stubs of other services.
func (c *Client) Conn() *grpc.ClientConn { return c.conn }

// Close ends the connection, every call and every subscription.
func (c *Client) Close() error {
	c.close()
	return c.conn.Close()
}

// wait waits for the given time. It returns early with the context's error when the
// context ends. It also returns early, with nil, when the client is closed.
func (c *Client) wait(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.closed.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
