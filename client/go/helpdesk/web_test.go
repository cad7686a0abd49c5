package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	v1 "linktor.dev/instagram/v1"
)

// newDesk returns a store that has one ticket, and the handler that serves it.
func newDesk(t *testing.T) (*store, http.Handler) {
	t.Helper()
	s := newStore(t)
	(&events{t: t, store: s}).writes("<script>alert(1)</script>")
	var trouble atomic.Value
	trouble.Store("")
	return s, newWeb(s, &trouble)
}

type call struct {
	method, path, body string
	headers            map[string]string
}

func (c call) to(h http.Handler) *httptest.ResponseRecorder {
	in := httptest.NewRequest(c.method, "http://localhost"+c.path, strings.NewReader(c.body))
	for name, value := range c.headers {
		in.Header.Set(name, value)
	}
	if host, ok := c.headers["Host"]; ok {
		in.Host = host
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, in)
	return out
}

var form = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}

func TestAPIAnswersAndCloses(t *testing.T) {
	_, h := newDesk(t)
	// curl sends the content type of a form, unless it is told otherwise.
	out := call{"POST", "/api/tickets/1/answers", `{"id":"a1","text":"I am Eva."}`, form}.to(h)
	var answered ticket
	if err := json.Unmarshal(out.Body.Bytes(), &answered); err != nil || out.Code != 200 ||
		answered.State != waiting || answered.Messages[2].RequestID != "helpdesk-answer-a1" {
		t.Errorf("got %d %+v, %v", out.Code, answered, err)
	}
	out = call{"POST", "/api/tickets/1/close", "", nil}.to(h)
	if !strings.Contains(out.Body.String(), `"state":"closed"`) {
		t.Errorf("got %s", out.Body)
	}
	out = call{"GET", "/api/tickets", "", nil}.to(h)
	if got := strings.TrimSpace(out.Body.String()); got != `{"notes":[],"tickets":[]}` {
		t.Errorf("got %s", got)
	}
}

func TestAPIRefuses(t *testing.T) {
	_, h := newDesk(t)
	for _, c := range []struct {
		call
		want int
	}{
		{call{"GET", "/api/tickets/7", "", nil}, 404},
		{call{"GET", "/api/tickets/x", "", nil}, 404},
		{call{"GET", "/tickets/7", "", nil}, 404},
		{call{"POST", "/api/tickets/1/answers", "text=Hello", nil}, 400},
		{call{"POST", "/api/tickets/1/answers", `{"text":""}`, nil}, 400},
		{call{"POST", "/api/tickets/7/answers", `{"text":"Hello"}`, nil}, 404},
		{call{"POST", "/api/tickets/1/answers", `{"text":"` + strings.Repeat("x", mostBody) + `"}`, nil}, 400},
		{call{"POST", "/api/answers/2/again", "", nil}, 409},
		{call{"GET", "/tickets/1", "", map[string]string{"Host": "rebound.example:8090"}}, 403},
		{call{"GET", "/tickets/1", "", map[string]string{"Host": "[::1]:8090"}}, 200},
		{call{"POST", "/tickets/1/close", "", map[string]string{"Origin": "http://other.example"}}, 403},
		{call{"POST", "/api/tickets/1/close", "", map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403},
	} {
		if out := c.to(h); out.Code != c.want {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, out.Code, out.Body, c.want)
		}
	}
}

func TestPages(t *testing.T) {
	s, h := newDesk(t)
	out := call{"GET", "/tickets", "", nil}.to(h)
	if !strings.Contains(out.Body.String(), `<a href="/tickets/1">1</a>`) {
		t.Errorf("the list is %s", out.Body)
	}
	page := call{"GET", "/tickets/1", "", nil}.to(h).Body.String()
	if strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;") {
		t.Errorf("what a customer writes is not escaped: %s", page)
	}
	id := regexp.MustCompile(`name="id" value="([A-Z0-9]+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("the form has no id: %s", page)
	}
	// A double click sends the form twice.
	for range 2 {
		out = call{"POST", "/tickets/1/answers", url.Values{"id": id[1:], "text": {"I am\r\nEva."}}.Encode(), form}.to(h)
		if out.Code != http.StatusSeeOther || out.Header().Get("Location") != "/tickets/1" {
			t.Errorf("got %d %v", out.Code, out.Header())
		}
	}
	if n := len(get(t, s, 1).Messages); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	if page := (call{"GET", "/tickets/1", "", nil}).to(h).Body.String(); !strings.Contains(page, "I am\nEva.") {
		t.Errorf("the page is %s", page)
	}
}

func TestPageShowsRefusalAndRemedy(t *testing.T) {
	s, h := newDesk(t)
	(&events{t: t, store: s, n: 1}).take(&v1.Event{Payload: &v1.Event_Reaction{Reaction: &v1.Reaction{Emoji: "❤"}}})
	due, err := s.due()
	if err != nil {
		t.Fatal(err)
	}
	refused := news{delivery: failed, reason: "OUTSIDE_MESSAGING_WINDOW", message: "It is too late.", remedy: "Wait for them."}
	if err := s.tried(due[0], refused, 0); err != nil {
		t.Fatal(err)
	}
	page := call{"GET", "/tickets/1", "", nil}.to(h).Body.String()
	for _, want := range []string{"OUTSIDE_MESSAGING_WINDOW It is too late.", "What to do: Wait for them.", `action="/answers/2/again"`, "❤"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if list := (call{"GET", "/tickets", "", nil}).to(h).Body.String(); !strings.Contains(list, "1 not delivered") {
		t.Errorf("the list is %s", list)
	}
	out := call{"POST", "/answers/2/again", "", form}.to(h)
	if out.Code != http.StatusSeeOther || out.Header().Get("Location") != "/tickets/1" || get(t, s, 1).Messages[1].Delivery != queued {
		t.Errorf("got %d %v", out.Code, out.Header())
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0"} {
		if listener, err := listenLocal(address); err == nil {
			listener.Close()
			t.Errorf("%s is served", address)
		}
	}
}
