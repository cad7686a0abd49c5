package linktor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	instagramv1 "linktor.dev/instagram/v1"
)

// These tests run the real server and the real emulator, which are in the folder
// that the variable LINKTOR_BIN_DIR names. Without that variable the tests are
// skipped, or fail when LINKTOR_ALL_TESTS is set.

const (
	testChannel  = "ch_instagram_123"
	testCustomer = "6100000000000001"
)

// program is a running server or emulator.
type program struct {
	command *exec.Cmd
	ready   map[string]string // It has the addresses of the program's "ready" line.
}

// run starts a program, and returns it when it has printed its "ready" line.
func run(t *testing.T, path string, args ...string) *program {
	t.Helper()
	command := exec.Command(path, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	command.Stderr = t.Output()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{command: command, ready: map[string]string{}}
	t.Cleanup(func() { p.stop(t) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			for _, word := range strings.Fields(words) {
				name, address, _ := strings.Cut(word, "=")
				p.ready[name] = address
			}
			go io.Copy(io.Discard, out)
			return p
		}
	}
	t.Fatalf("%s ended before it was ready", path)
	return nil
}

func (p *program) stop(t *testing.T) {
	if p.command.ProcessState != nil {
		return
	}
	p.command.Process.Signal(syscall.SIGTERM)
	if err := p.command.Wait(); err != nil {
		t.Errorf("%s: %v", p.command.Path, err)
	}
}

// gateway is the real server. The emulator takes the place of Instagram, and key is
// an API key with all the permissions that the tests need.
type gateway struct {
	bin, folder string
	args        []string
	instagram   *program
	server      *program
	key         string
}

// startGateway starts the server and the emulator, and makes the key and a channel.
// It skips the test when the programs are not there.
func startGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{bin: os.Getenv("LINKTOR_BIN_DIR"), folder: t.TempDir()}
	if g.bin == "" {
		if os.Getenv("LINKTOR_ALL_TESTS") != "" {
			t.Fatal("LINKTOR_BIN_DIR does not name the folder of linktor-igd")
		}
		t.Skip("LINKTOR_BIN_DIR does not name the folder of linktor-igd")
	}
	masterKey := filepath.Join(g.folder, "master.key")
	if err := os.WriteFile(masterKey, []byte(strings.Repeat("0f", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	g.instagram = run(t, filepath.Join(g.bin, "linktor-ig-emulator"), "--listen", "127.0.0.1:0")
	graph := "http://" + g.instagram.ready["http"]
	g.args = []string{"--data-dir", filepath.Join(g.folder, "data"),
		"--master-key-file", masterKey, "--admin-listen", "127.0.0.1:0",
		"--graph-facebook-url", graph, "--graph-instagram-url", graph,
		"--auth", "keys", "--bootstrap-key-file", filepath.Join(g.folder, "bootstrap.key")}
	g.start(t, "127.0.0.1:0", "127.0.0.1:0")
	g.makeKey(t)
	g.makeChannel(t)
	return g
}

func (g *gateway) start(t *testing.T, grpc, webhook string) {
	t.Helper()
	g.server = run(t, filepath.Join(g.bin, "linktor-igd"),
		append([]string{"--grpc-listen", grpc, "--webhook-listen", webhook}, g.args...)...)
}

// restart stops the server and starts it at the same addresses.
func (g *gateway) restart(t *testing.T) {
	t.Helper()
	g.server.stop(t)
	g.start(t, g.server.ready["grpc"], g.server.ready["webhook"])
}

func (g *gateway) client(t *testing.T, key string) *Client {
	t.Helper()
	client, err := New(g.server.ready["grpc"], WithAPIKey(key))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func (g *gateway) makeKey(t *testing.T) {
	t.Helper()
	bootstrap, err := os.ReadFile(filepath.Join(g.folder, "bootstrap.key"))
	if err != nil {
		t.Fatal(err)
	}
	created, err := g.client(t, string(bootstrap)).Access.CreateApiKey(limited(t),
		&instagramv1.CreateApiKeyRequest{ApiKey: &instagramv1.ApiKey{Name: "test",
			Permissions: []instagramv1.Permission{
				instagramv1.Permission_PERMISSION_READ_EVENTS,
				instagramv1.Permission_PERMISSION_READ_MESSAGES,
				instagramv1.Permission_PERMISSION_SEND,
				instagramv1.Permission_PERMISSION_MANAGE_CHANNELS}}})
	if err != nil {
		t.Fatal(err)
	}
	g.key = created.GetSecret()
}

// makeChannel makes a channel, and tells the emulator where to send its webhooks.
func (g *gateway) makeChannel(t *testing.T) {
	t.Helper()
	created, err := g.client(t, g.key).Channels.CreateChannel(limited(t),
		&instagramv1.CreateChannelRequest{
			Channel: &instagramv1.Channel{Id: testChannel,
				InstagramAccountId: "17841400000000001", PageId: "100000000000001"},
			Credentials: &instagramv1.ChannelCredentials{AccessToken: "access-token",
				AppSecrets: []string{"app-secret"}, VerifyToken: "verify-token"}})
	if err != nil {
		t.Fatal(err)
	}
	g.control(t, "PUT", "config", fmt.Sprintf(`{"webhook_url":"http://%s%s",
		"app_secret":"app-secret","verify_token":"verify-token",
		"account_id":"17841400000000001","page_id":"100000000000001"}`,
		g.server.ready["webhook"], created.GetChannel().GetWebhookPath()))
}

// control calls the control API of the emulator, and returns the body of the
// answer.
func (g *gateway) control(t *testing.T, method, what, body string) string {
	t.Helper()
	call, err := http.NewRequest(method,
		"http://"+g.instagram.ready["http"]+"/emulator/"+what, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s (%v)", method, what, answer.Status, text, err)
	}
	return string(text)
}

func (g *gateway) customerWrites(t *testing.T, text string) {
	t.Helper()
	g.control(t, "POST", "messages", fmt.Sprintf(`{"from":%q,"text":%q}`, testCustomer, text))
}

// reader follows events until the test ends.
type reader struct {
	events chan *instagramv1.Event
	// subscribed gets the cursor of the first response.
	subscribed chan string
	end        chan error
}

// read starts a reader in a goroutine of its own.
func read(t *testing.T, client *Client, opts ...SubscribeOption) *reader {
	t.Helper()
	r := &reader{events: make(chan *instagramv1.Event), subscribed: make(chan string, 1),
		end: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	begun := false
	opts = append(opts, OnBreak(func(error, time.Duration) {}), OnResponse(func(first *response) {
		if !begun {
			begun = true
			r.subscribed <- first.GetCursor()
		}
	}))
	req := &request{HeartbeatInterval: durationpb.New(time.Second)}
	go func() {
		for event, err := range client.Subscribe(ctx, req, opts...) {
			if err != nil {
				r.end <- err
				return
			}
			select {
			case r.events <- event:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-r.end
	})
	return r
}

// start waits until the stream begins, and returns the cursor at which it begins.
func (r *reader) start(t *testing.T) string {
	t.Helper()
	select {
	case cursor := <-r.subscribed:
		return cursor
	case <-time.After(testTimeout):
		t.Fatal("the stream did not begin")
		return ""
	}
}

// next returns the next event, and ends the test when it has another type.
func (r *reader) next(t *testing.T, kind string) *instagramv1.Event {
	t.Helper()
	select {
	case event := <-r.events:
		if event.GetType() != kind {
			t.Fatalf("got %v, want a %s", event, kind)
		}
		return event
	case err := <-r.end:
		r.end <- err
		t.Fatalf("the stream ended: %v", err)
	case <-time.After(testTimeout):
		t.Fatalf("no %s came", kind)
	}
	return nil
}

func TestRealServerReceiveAnswerRestart(t *testing.T) {
	g := startGateway(t)
	client := g.client(t, g.key)
	file := filepath.Join(g.folder, "cursor")
	r := read(t, client, KeepCursor(FileCursor(file)))
	r.start(t)

	g.customerWrites(t, "Do you have this in M?")
	event := r.next(t, TypeMessageReceived)
	if text := event.GetMessageReceived().GetText(); text != "Do you have this in M?" {
		t.Errorf("the text is %q", text)
	}
	answer := Text(event.GetChannelId(), event.GetUserId(), "Yes, in blue.")
	answer.RequestId = "answer-" + event.GetMessageReceived().GetId()
	sent, err := client.Send(limited(t), answer)
	if err != nil || sent.GetReplayed() ||
		sent.GetMessage().GetState() != instagramv1.MessageState_MESSAGE_STATE_SENT {
		t.Fatalf("got %v, %v", sent, err)
	}
	r.sent(t)
	again, err := client.Send(limited(t), answer)
	if err != nil || !again.GetReplayed() || again.GetMessage().GetMid() != sent.GetMessage().GetMid() {
		t.Errorf("the second call gave %v, %v", again, err)
	}

	g.restart(t)
	g.customerWrites(t, "Still there?")
	event = r.next(t, TypeMessageReceived)
	if text := event.GetMessageReceived().GetText(); text != "Still there?" {
		t.Errorf("the text is %q", text)
	}
	if cursor, err := FileCursor(file).Load(context.Background()); cursor == "" || err != nil {
		t.Errorf("the file has %q, %v", cursor, err)
	}
}

func TestRealServerRefuses(t *testing.T) {
	g := startGateway(t)
	client := g.client(t, g.key)

	_, err := client.Send(limited(t), &instagramv1.SendMessageRequest{ChannelId: testChannel})
	if e := sendError(t, err); e.Reason != ReasonInvalidRequest || len(e.Violations) < 2 || e.Remedy == "" {
		t.Errorf("an empty send: %+v", e)
	}
	g.control(t, "POST", "faults", `{"on":"messages","kind":"graph_error","code":100,"subcode":2534014}`)
	req := Text(testChannel, testCustomer, "Hello")
	_, err = client.Send(limited(t), req)
	if e := sendError(t, err); e.Reason != ReasonRecipientNotFound || e.Metadata["graph_code"] != "100" ||
		e.OutcomeUnknown {
		t.Errorf("an unknown customer: %+v", e)
	}
	g.control(t, "POST", "faults", `{"on":"messages","kind":"accept_then_close"}`)
	_, err = client.Send(limited(t), req)
	if e := sendError(t, err); e.Reason != ReasonSendOutcomeUnknown || !e.OutcomeUnknown || e.RequestID == "" {
		t.Errorf("an answer that got lost: %+v", e)
	}
	_, err = g.client(t, "").Send(limited(t), req)
	if e := sendError(t, err); e.Reason != ReasonAPIKeyMissing {
		t.Errorf("without a key: %+v", e)
	}
	_, err = follow(t, client, &request{Start: &instagramv1.SubscribeEventsRequest_AfterCursor{
		AfterCursor: "damaged"}}, 1)
	if e := sendError(t, err); e.Reason != ReasonCursorInvalid {
		t.Errorf("a damaged cursor: %+v", e)
	}
}

func TestExample(t *testing.T) {
	g := startGateway(t)
	example := filepath.Join(g.folder, "example")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", example, "./example")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := read(t, g.client(t, g.key))
	// The example starts at the same cursor as this reader, even when it subscribes
	// late.
	cursor := FileCursor(filepath.Join(g.folder, "example.cursor"))
	if err := cursor.Save(context.Background(), r.start(t)); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(example)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	command.Env = append(os.Environ(), "LINKTOR_IG_SERVER="+g.server.ready["grpc"],
		"LINKTOR_IG_API_KEY="+g.key)
	command.Dir = g.folder
	command.Stderr = t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("the example: %v", err)
		}
	})
	g.customerWrites(t, "Hi!")
	r.next(t, TypeMessageReceived)
	if text := r.sent(t); !strings.HasPrefix(text, "Hello!") {
		t.Errorf("the first answer is %q", text)
	}
	g.control(t, "POST", "taps", fmt.Sprintf(`{"from":%q,"title":"Shoes"}`, testCustomer))
	r.next(t, TypeQuickReply)
	if text := r.sent(t); text != "You chose Shoes." {
		t.Errorf("the answer to the choice is %q", text)
	}
	if calls := g.control(t, "GET", "graph-calls", ""); !strings.Contains(calls, "What is new?") {
		t.Errorf("no ice breakers were set: %s", calls)
	}
}

// sent takes the two events of a send, MessageSent and MessageEchoed, in either
// order. It returns the text of the message.
func (r *reader) sent(t *testing.T) string {
	t.Helper()
	text := ""
	for range 2 {
		select {
		case event := <-r.events:
			switch event.GetType() {
			case TypeMessageSent:
				text = event.GetMessageSent().GetText()
			case TypeMessageEchoed:
			default:
				t.Fatalf("got %v", event)
			}
		case <-time.After(testTimeout):
			t.Fatal("nothing was sent")
		}
	}
	return text
}
