// Package linktor is a client of the Linktor Instagram Gateway.
//
// A [Client] sends with [Client.Send], which never sends twice, and reads with
// [Client.Subscribe], which goes on by itself after a broken connection. Every
// method of the server is reachable through the generated stubs in its fields.
// The error of a call is a [*Error], unless the request cannot be sent at all.
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
	// A connection that is silent for so long during a call is pinged. The
	// server permits a ping every 10 s. Streams carry data every 15 s, so that
	// a healthy one is never pinged, which proxies may count against a client.
	pingAfter = 20 * time.Second
	// A connection whose ping is not answered for so long is given up, and its
	// calls end with UNAVAILABLE.
	pingTimeout = 10 * time.Second

	// gRPC waits so long between attempts to connect. Both are shorter than
	// the waits of delay, so that a call that is repeated always meets a new
	// attempt; gRPC's own maximum would be two minutes.
	firstReconnect = 200 * time.Millisecond
	mostReconnect  = 2 * time.Second
	// An attempt to connect is given up after so long.
	connectTimeout = 10 * time.Second
)

// ErrClosed ends the subscriptions of a client that was closed. In the errors of
// Send and SetIceBreakers errors.Is finds it.
var ErrClosed = errors.New("linktor: the client is closed")

// Client is a connection to one server. It is safe for concurrent use; make one
// and keep it.
type Client struct {
	// These are the generated stubs, for everything that has no method here.
	Access    instagramv1.AccessServiceClient
	Channels  instagramv1.ChannelServiceClient
	Events    instagramv1.EventServiceClient
	Messaging instagramv1.MessagingServiceClient
	Server    instagramv1.ServerServiceClient

	conn *grpc.ClientConn
	dial func() (*grpc.ClientConn, error)
	// closed ends with the client, by close.
	closed context.Context
	close  context.CancelFunc
	// pause is wait; tests replace it.
	pause func(context.Context, time.Duration) error
	// A stream has so long for its first response; see firstResponse.
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

// WithAPIKey sends the key with every call. White space around it is removed,
// and an empty key is none, so that it may come from a file or a variable.
func WithAPIKey(key string) Option {
	return func(o *options) { o.apiKey = strings.TrimSpace(key) }
}

// WithTLS encrypts the connection also to this machine, and says by which
// certificates. Without it, a connection to another machine is encrypted with
// the roots of the system.
func WithTLS(config TLS) Option {
	return func(o *options) { o.tls = &config }
}

// WithPlaintextToOtherMachines sends everything, the API key and what customers
// write included, unencrypted to whatever machine the address names. It is for
// networks that encrypt by themselves, such as a mesh.
func WithPlaintextToOtherMachines() Option {
	return func(o *options) { o.plaintext = true }
}

// WithDialOptions adds options of gRPC. They win over those that New sets.
func WithDialOptions(dial ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, dial...) }
}

// New returns a client of the server at an address such as "127.0.0.1:50051",
// "gateway.example:443" or "unix:/run/linktor.sock". It connects at the first
// call. The connection is plaintext to this machine (a loopback address,
// "localhost" or a Unix socket) and TLS to any other one.
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
		// The server is in the caller's own network, whatever the environment says
		// about proxies.
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

// wait returns the context's error when that ends first. It ends early, too,
// when the client is closed.
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
