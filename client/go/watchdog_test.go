package linktor

import (
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// Three of these intervals pass quickly. This interval is for tests that wait
	// until a stream counts as silent.
	shortInterval = 20 * time.Millisecond
	// Three of these intervals are longer than any pause of a slow machine. This
	// interval is for tests in which no stream is silent.
	longInterval = 300 * time.Millisecond
)

func TestSubscribeReconnectsWhenTheStreamIsSilent(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		if n == 0 {
			sendAll(s, first("a", shortInterval, "a"))
			return silent(s)
		}
		sendAll(s, first("b", time.Minute, "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	var why error
	got, err := follow(t, client, nil, 2, OnBreak(func(err error, _ time.Duration) { why = err }))
	expect(t, got, err, "a", "b")
	if why != errSilent || f.streams[1].GetAfterCursor() != "a" {
		t.Errorf("it broke with %v; the streams were %v", why, f.streams)
	}
	if f.callers[0] == f.callers[1] {
		t.Error("the connection that was silent was used again")
	}
}

func TestSubscribeReconnectsWhenTheFirstResponseDoesNotCome(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		if n > 0 {
			sendAll(s, first("b", time.Minute, "b"))
		}
		return silent(s)
	}}
	client, _ := start(t, f)
	client.firstResponse = longInterval
	req := &request{HeartbeatInterval: durationpb.New(time.Millisecond)}
	got, err := follow(t, client, req, 1)
	expect(t, got, err, "b")
}

func TestSubscribeHeartbeatsKeepTheStream(t *testing.T) {
	const beats = 12
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("a", longInterval))
		// Together the heartbeats take longer than the stream may be silent.
		ticker := time.NewTicker((silentIntervals + 1) * longInterval / beats)
		defer ticker.Stop()
		for range beats {
			<-ticker.C
			sendAll(s, batch("a"))
		}
		sendAll(s, batch("b", "b"))
		return silent(s)
	}}
	client, _ := start(t, f)
	heard := 0
	got, err := follow(t, client, nil, 1, OnResponse(func(*response) { heard++ }))
	expect(t, got, err, "b")
	if len(f.streams) != 1 || heard != beats+2 {
		t.Errorf("there were %d streams and %d responses", len(f.streams), heard)
	}
}

// While the application works on an event, the client does not wait for the server.
// This time must not count as silence.
func TestSubscribeASlowApplicationIsNoSilence(t *testing.T) {
	worked := make(chan struct{})
	f := &fake{subscribe: func(n int, s stream) error {
		sendAll(s, first("a", longInterval), batch("b", "b"))
		<-worked
		sendAll(s, batch("c", "c"))
		return silent(s)
	}}
	client, _ := start(t, f)
	var got []string
	for event, err := range client.Subscribe(limited(t), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, event.GetCursor()); len(got) == 2 {
			break
		}
		<-time.After((silentIntervals + 1) * longInterval)
		close(worked)
	}
	expect(t, got, nil, "b", "c")
	if len(f.streams) != 1 {
		t.Errorf("there were %d streams", len(f.streams))
	}
}

// A proxy that disappears without closing a connection leaves it open, but nothing
// comes on it any more. A second stream on that connection would hear nothing
// either.
func TestSubscribeLeavesAHalfOpenConnection(t *testing.T) {
	f := &fake{subscribe: func(n int, s stream) error {
		if n == 0 {
			sendAll(s, first("a", shortInterval, "a"))
		} else {
			sendAll(s, first("b", time.Minute, "b"))
		}
		return silent(s)
	}}
	listener := listen(t, "tcp", "127.0.0.1:0")
	f.serve(t, listener)
	p := startProxy(t, listener.Addr().String())
	client, _ := dial(t, p.address)
	client.firstResponse = 5 * time.Second
	var got []string
	for event, err := range client.Subscribe(limited(t), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, event.GetCursor()); len(got) == 2 {
			break
		}
		p.freeze()
	}
	expect(t, got, nil, "a", "b")
	if f.streams[1].GetAfterCursor() != "a" {
		t.Errorf("the second stream was %v", f.streams[1])
	}
}

// proxy passes bytes on until it is frozen. Connections that come after that are
// passed on as before.
type proxy struct {
	address string

	mutex  sync.Mutex
	conns  []net.Conn
	frozen chan struct{} // Closing it stops the connections made so far.
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener := listen(t, "tcp", "127.0.0.1:0")
	p := &proxy{address: listener.Addr().String(), frozen: make(chan struct{})}
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				in.Close()
				continue
			}
			p.mutex.Lock()
			p.conns = append(p.conns, in, out)
			frozen := p.frozen
			p.mutex.Unlock()
			passing.Go(func() { pass(in, out, frozen) })
			passing.Go(func() { pass(out, in, frozen) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.mutex.Lock()
		for _, conn := range p.conns {
			conn.Close()
		}
		p.mutex.Unlock()
		passing.Wait()
	})
	return p
}

// freeze stops the connections made so far, but does not close them.
func (p *proxy) freeze() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	close(p.frozen)
	p.frozen = make(chan struct{})
}

// pass copies bytes until frozen is closed or the connection ends.
func pass(from, to net.Conn, frozen <-chan struct{}) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		select {
		case <-frozen:
			return
		default:
		}
		if n > 0 {
			to.Write(buffer[:n])
		}
		if err != nil {
			to.Close()
			return
		}
	}
}
