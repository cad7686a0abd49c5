// Command conformance is the driver of tests/conformance for this module. It reads
// commands from standard input, one JSON object a line. It answers each command
// with a line on standard output. tests/conformance/README.md describes the
// protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	linktor "linktor.dev/instagram"
	instagramv1 "linktor.dev/instagram/v1"
)

// longestLine is enough for a command with the largest request, and for much more.
const longestLine = 16 << 20

type command struct {
	ID         json.RawMessage `json:"id"`
	Do         string          `json:"do"`
	Address    string          `json:"address"`
	APIKey     string          `json:"api_key"`
	Plaintext  bool            `json:"plaintext"`
	TLS        *tlsFiles       `json:"tls"`
	Method     string          `json:"method"`
	Request    json.RawMessage `json:"request"`
	TimeoutMS  int             `json:"timeout_ms"`
	Sub        string          `json:"sub"`
	CursorFile string          `json:"cursor_file"`
}

type tlsFiles struct {
	CAFile     string `json:"ca_file"`
	CertFile   string `json:"cert_file"`
	KeyFile    string `json:"key_file"`
	ServerName string `json:"server_name"`
}

// object is a JSON object.
type object map[string]any

func main() {
	log.SetFlags(0)
	d := &driver{subscriptions: map[string]*subscription{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			log.Fatalf("this is no command: %v", err)
		}
		answer := object{"id": c.ID}
		if ok, err := d.do(&c); err != nil {
			answer["error"] = describe(err)
		} else {
			answer["ok"] = ok
		}
		if err := out.Encode(answer); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

// driver runs the commands, one after the other.
type driver struct {
	client        *linktor.Client
	subscriptions map[string]*subscription
}

func (d *driver) do(c *command) (object, error) {
	switch c.Do {
	case "constants":
		return constants()
	case "connect":
		return object{}, d.connect(c)
	case "close":
		return object{}, d.close()
	}
	if d.client == nil {
		return nil, errors.New("there is no client: connect first")
	}
	switch c.Do {
	case "send":
		return call(c, &instagramv1.SendMessageRequest{}, d.client.Send)
	case "set_ice_breakers":
		return call(c, &instagramv1.SetIceBreakersRequest{}, d.client.SetIceBreakers)
	case "call":
		return d.callStub(c)
	case "subscribe":
		return object{}, d.subscribe(c)
	}
	s := d.subscriptions[c.Sub]
	if s == nil {
		return nil, fmt.Errorf("there is no command %q, or no subscription %q", c.Do, c.Sub)
	}
	switch c.Do {
	case "next":
		return s.next(time.Duration(c.TimeoutMS) * time.Millisecond)
	case "state":
		return s.state(), nil
	case "stop":
		delete(d.subscriptions, c.Sub)
		s.stop()
		return object{}, nil
	}
	return nil, fmt.Errorf("there is no command %q", c.Do)
}

func (d *driver) connect(c *command) error {
	if err := d.close(); err != nil {
		return err
	}
	options := []linktor.Option{linktor.WithAPIKey(c.APIKey)}
	if c.Plaintext {
		options = append(options, linktor.WithPlaintextToOtherMachines())
	}
	if c.TLS != nil {
		options = append(options, linktor.WithTLS(linktor.TLS(*c.TLS)))
	}
	client, err := linktor.New(c.Address, options...)
	d.client = client
	return err
}

func (d *driver) close() error {
	if d.client == nil {
		return nil
	}
	err := d.client.Close()
	d.client = nil
	for name, s := range d.subscriptions {
		s.stop()
		delete(d.subscriptions, name)
	}
	return err
}

// call makes one call with the request of the command, and returns the response as
// JSON. method is a method of linktor.Client or of a generated stub.
func call[Request, Response proto.Message](c *command, req Request,
	method func(context.Context, Request) (Response, error)) (object, error) {
	if err := protojson.Unmarshal(c.Request, req); err != nil {
		return nil, err
	}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if c.TimeoutMS > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.TimeoutMS)*time.Millisecond)
	}
	defer cancel()
	response, err := method(ctx, req)
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(response)
	return object{"response": json.RawMessage(text)}, err
}

// callStub calls a method of a generated stub. The command names it as protos/
// does, for example "MessagingService.GetMessage".
func (d *driver) callStub(c *command) (object, error) {
	service, name, _ := strings.Cut(c.Method, ".")
	stub, ok := map[string]any{
		"AccessService":    d.client.Access,
		"ChannelService":   d.client.Channels,
		"EventService":     d.client.Events,
		"MessagingService": d.client.Messaging,
		"ServerService":    d.client.Server,
	}[service]
	if !ok {
		return nil, fmt.Errorf("there is no stub of %q", service)
	}
	method := reflect.ValueOf(stub).MethodByName(name)
	if !method.IsValid() {
		return nil, fmt.Errorf("the stub has no method %q", c.Method)
	}
	// The method of a stub takes a context, the request and options.
	req := reflect.New(method.Type().In(1).Elem()).Interface().(proto.Message)
	return call(c, req, func(ctx context.Context, req proto.Message) (proto.Message, error) {
		out := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(req)})
		if err, failed := out[1].Interface().(error); failed {
			return nil, err
		}
		return out[0].Interface().(proto.Message), nil
	})
}

func (d *driver) subscribe(c *command) error {
	req := &instagramv1.SubscribeEventsRequest{}
	if err := protojson.Unmarshal(c.Request, req); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &subscription{
		ctx:     ctx,
		cancel:  cancel,
		asks:    make(chan struct{}),
		answers: make(chan answer, 1),
		ended:   make(chan struct{}),
		breaks:  []object{},
	}
	options := []linktor.SubscribeOption{
		linktor.OnResponse(s.onResponse), linktor.OnBreak(s.onBreak)}
	if c.CursorFile != "" {
		options = append(options, linktor.KeepCursor(&store{linktor.FileCursor(c.CursorFile)}))
	}
	d.subscriptions[c.Sub] = s
	go s.run(d.client, req, options)
	return nil
}

type answer struct {
	ok  object
	err error
}

// subscription is a loop over events in a goroutine of its own. The loop asks for
// the next event only when the driver asks for it. Only the driver calls next,
// state and stop.
type subscription struct {
	ctx     context.Context
	cancel  context.CancelFunc
	asks    chan struct{}
	answers chan answer
	// ended is closed after the last answer.
	ended chan struct{}
	// waiting says that an event was asked for and that its answer was not taken
	// yet.
	waiting bool

	mu sync.Mutex
	// mu guards the following fields.
	subscribed int
	caughtUp   bool
	breaks     []object
}

func (s *subscription) run(client *linktor.Client, req *instagramv1.SubscribeEventsRequest,
	options []linktor.SubscribeOption) {
	defer close(s.ended)
	if !s.asked() {
		return
	}
	for event, err := range client.Subscribe(s.ctx, req, options...) {
		if err != nil {
			s.answers <- answer{err: err}
			return
		}
		text, err := protojson.Marshal(event)
		s.answers <- answer{object{
			"event": json.RawMessage(text), "payload": payload(event)}, err}
		if !s.asked() {
			return
		}
	}
}

// asked waits until the driver asks for an event, and returns true. It returns
// false when the subscription is stopped.
func (s *subscription) asked() bool {
	select {
	case <-s.asks:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// next returns the next event. Without one it says that the subscription has ended,
// or that the limit has passed.
func (s *subscription) next(limit time.Duration) (object, error) {
	if !s.waiting {
		select {
		case s.asks <- struct{}{}:
		case <-s.ended:
			return object{"ended": true}, nil
		}
		s.waiting = true
	}
	select {
	case a := <-s.answers:
		// A subscription that has failed gives this error to every later call, too.
		if s.waiting = a.err != nil; s.waiting {
			s.answers <- a
		}
		return a.ok, a.err
	case <-time.After(limit):
		return object{"timeout": true}, nil
	}
}

func (s *subscription) state() object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return object{"subscribed": s.subscribed, "caught_up": s.caughtUp,
		"breaks": append([]object{}, s.breaks...)}
}

func (s *subscription) stop() {
	s.cancel()
	<-s.ended
}

func (s *subscription) onResponse(response *instagramv1.SubscribeEventsResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if response.GetSubscribed() {
		s.subscribed++
	}
	s.caughtUp = response.GetCaughtUp()
}

func (s *subscription) onBreak(err error, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaks = append(s.breaks, describe(err))
}

// payload returns the name of the field that holds the payload, or "" when the
// event has no payload.
func payload(event *instagramv1.Event) string {
	message := event.ProtoReflect()
	field := message.WhichOneof(message.Descriptor().Oneofs().ByName("payload"))
	if field == nil {
		return ""
	}
	return string(field.Name())
}

// store wraps a cursor store. It marks the errors of that store, so that describe
// can tell them from other errors.
type store struct{ inner linktor.CursorStore }

type storeError struct{ error }

func (s *store) Load(ctx context.Context) (string, error) {
	cursor, err := s.inner.Load(ctx)
	if err != nil {
		err = storeError{err}
	}
	return cursor, err
}

func (s *store) Save(ctx context.Context, cursor string) error {
	if err := s.inner.Save(ctx, cursor); err != nil {
		return storeError{err}
	}
	return nil
}

// describe returns the error as the protocol spells it.
func describe(err error) object {
	var e *linktor.Error
	var stored storeError
	switch {
	case errors.As(err, &e):
		violations := []object{}
		for _, v := range e.Violations {
			violations = append(violations,
				object{"field": v.Field, "description": v.Description})
		}
		return object{
			"kind": "rpc", "message": e.Message, "code": codeName(e.Code),
			"reason": e.Reason, "remedy": e.Remedy, "metadata": e.Metadata,
			"violations": violations, "retry_delay_ms": e.RetryDelay.Milliseconds(),
			"request_id": e.RequestID, "outcome_unknown": e.OutcomeUnknown,
		}
	case errors.As(err, &stored):
		return object{"kind": "store", "message": err.Error()}
	default:
		return object{"kind": "usage", "message": err.Error()}
	}
}

// codeName returns the name of a code as the protocol spells it: DEADLINE_EXCEEDED
// for Go's DeadlineExceeded.
func codeName(code codes.Code) string {
	if code == codes.Canceled {
		return "CANCELLED" // Go spells it with one l.
	}
	if code == codes.OK {
		return "OK"
	}
	var out strings.Builder
	for i, c := range code.String() {
		if i > 0 && c >= 'A' && c <= 'Z' {
			out.WriteByte('_')
		}
		out.WriteRune(c)
	}
	return strings.ToUpper(out.String())
}

// constants reads the values of Reason… and Type… from the module's source, because
// a Go program cannot list the constants of a package.
func constants() (object, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return nil, errors.New("the source of this program is unknown")
	}
	path := filepath.Join(filepath.Dir(here), "..", "..", "constants.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	reasons, types := []string{}, []string{}
	var wrong error
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			switch {
			case err != nil:
				wrong = err
			case strings.HasPrefix(name.Name, "Reason"):
				reasons = append(reasons, value)
			case strings.HasPrefix(name.Name, "Type"):
				types = append(types, value)
			}
		}
		return true
	})
	return object{"reasons": reasons, "types": types}, wrong
}
