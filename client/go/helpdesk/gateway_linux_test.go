package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

// The tests against the real server run the programs in the folder that LINKTOR_BIN_DIR
// names. When it is not set they are skipped. If LINKTOR_ALL_TESTS is set, they fail
// instead.

// program is a process that a test has started. The tests end no other process.
type program struct {
	command *exec.Cmd
	out     *bufio.Scanner
}

func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	command := exec.Command(path, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The server says that it is ready on standard output, and the desk says it in its
	// log on standard error. So both go into one pipe.
	command.Stdout, command.Stderr = write, write
	err = command.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{command: command, out: bufio.NewScanner(read)}
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

// line waits for the first line that the pattern matches. It returns the match,
// followed by the match of each group. It returns nil when the program ends before.
// After testTimeout it kills the program.
func (p *program) line(pattern string) []string {
	defer time.AfterFunc(testTimeout, func() { p.command.Process.Kill() }).Stop()
	for p.out.Scan() {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(p.out.Text()); found != nil {
			go func() {
				for p.out.Scan() {
				}
			}()
			return found
		}
	}
	return nil
}

// end sends a signal to the program, unless it has ended, and waits for it.
func (p *program) end(signal syscall.Signal) error {
	if p.command.ProcessState != nil {
		return nil
	}
	p.command.Process.Signal(signal)
	return p.command.Wait()
}

// gateway is the server with one channel, and the emulated Instagram.
type gateway struct {
	t              *testing.T
	instagram      string // It is the emulator's URL.
	server, folder string
	desk           string // It is the path of the program under test.
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	bin := os.Getenv("LINKTOR_BIN_DIR")
	if bin == "" {
		if os.Getenv("LINKTOR_ALL_TESTS") != "" {
			t.Fatal("LINKTOR_BIN_DIR does not name the folder of linktor-igd")
		}
		t.Skip("LINKTOR_BIN_DIR does not name the folder of linktor-igd")
	}
	g := &gateway{t: t, folder: t.TempDir()}
	key := filepath.Join(g.folder, "master.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0f", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	emulator := start(t, filepath.Join(bin, "linktor-ig-emulator"), "--listen", "127.0.0.1:0").line(`^ready .*http=(\S+)`)
	if emulator == nil {
		t.Fatal("the emulator ended before it was ready")
	}
	g.instagram = "http://" + emulator[1]
	ready := start(t, filepath.Join(bin, "linktor-igd"), "--data-dir", filepath.Join(g.folder, "data"),
		"--master-key-file", key, "--grpc-listen", "127.0.0.1:0", "--webhook-listen", "127.0.0.1:0",
		"--admin-listen", "127.0.0.1:0", "--graph-facebook-url", g.instagram, "--graph-instagram-url", g.instagram).
		line(`^ready .*grpc=(\S+) .*webhook=(\S+)`)
	if ready == nil {
		t.Fatal("the server ended before it was ready")
	}
	g.server = ready[1]
	g.makeChannel(ready[2])
	g.desk = filepath.Join(g.folder, "helpdesk")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", g.desk, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return g
}

// makeChannel makes the channel, and gives the emulator the URL of its webhooks.
func (g *gateway) makeChannel(webhook string) {
	g.t.Helper()
	client, err := linktor.New(g.server)
	if err != nil {
		g.t.Fatal(err)
	}
	defer client.Close()
	created, err := client.Channels.CreateChannel(context.Background(), &v1.CreateChannelRequest{
		Channel: &v1.Channel{Id: channel, InstagramAccountId: "17841400000000001", PageId: "100000000000001"},
		Credentials: &v1.ChannelCredentials{AccessToken: "access-token",
			AppSecrets: []string{"app-secret"}, VerifyToken: "verify-token"}})
	if err != nil {
		g.t.Fatal(err)
	}
	g.play("PUT", "config", fmt.Sprintf(`{"webhook_url":"http://%s%s","app_secret":"app-secret",
		"verify_token":"verify-token","account_id":"17841400000000001","page_id":"100000000000001"}`,
		webhook, created.GetChannel().GetWebhookPath()))
}

// play makes the emulated Instagram do something. It may be called from any
// goroutine.
func (g *gateway) play(method, what, body string) string {
	g.t.Helper()
	status, text, err := request(method, g.instagram+"/emulator/"+what, body)
	if err != nil || status != http.StatusOK {
		g.t.Errorf("%s %s: %d %s (%v)", method, what, status, text, err)
	}
	return text
}

func request(method, address, body string) (status int, text string, err error) {
	call, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(bytes.TrimSpace(all)), err
}

func (g *gateway) writes(user, text string) {
	g.t.Helper()
	g.play("POST", "messages", fmt.Sprintf(`{"from":%q,"text":%q}`, user, text))
}

// sends returns, for each customer, the texts that Instagram has received for them.
func (g *gateway) sends() map[string][]string {
	g.t.Helper()
	var log struct {
		Dropped int
		Calls   []struct {
			Path   string
			Status int
			Body   json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(g.play("GET", "graph-calls", "")), &log); err != nil || log.Dropped != 0 {
		g.t.Fatalf("%d calls are missing, %v", log.Dropped, err)
	}
	texts := map[string][]string{}
	for _, call := range log.Calls {
		if !strings.HasSuffix(call.Path, "/messages") {
			continue
		}
		var body struct {
			Recipient struct{ ID string }
			Message   struct{ Text string }
		}
		if err := json.Unmarshal(call.Body, &body); err != nil || call.Status != http.StatusOK {
			g.t.Errorf("a send: %d %s, %v", call.Status, call.Body, err)
		}
		texts[body.Recipient.ID] = append(texts[body.Recipient.ID], body.Message.Text)
	}
	return texts
}

func (g *gateway) database() string { return filepath.Join(g.folder, "helpdesk.db") }

// startDesk starts the help desk. It does not wait until the help desk is ready.
func (g *gateway) startDesk(listen string) *program {
	g.t.Helper()
	return start(g.t, g.desk, "-server", g.server, "-db", g.database(), "-listen", listen)
}

// follows waits until the help desk has stored its first cursor, and returns the URL of
// the agents' page. From then on every event reaches the help desk.
func (g *gateway) follows(desk *program) string {
	g.t.Helper()
	at := desk.line(`(http://127\S+)/$`)
	if at == nil {
		g.t.Fatal("the help desk ended before it was ready")
	}
	db, err := openFile(g.database(), "mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		g.t.Fatal(err)
	}
	defer db.Close()
	await(g.t, "the help desk has a cursor", func() bool {
		cursor := ""
		return db.QueryRow("SELECT cursor FROM stream").Scan(&cursor) == nil && cursor != ""
	})
	return at[1]
}

// api calls the help desk and decodes its answer. A status other than 200 is an error.
func api(method, address, body string, into any) error {
	status, text, err := request(method, address, body)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d %s", status, text)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}
