package main

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// mostBody limits the body of a request. It is enough for an answer of 1000 bytes,
// however JSON or a form encodes it.
const mostBody = 16 * 1024

//go:embed pages.html
var pages string

// web serves the pages of the agents, and the same paths under /api as JSON.
type web struct {
	mux   *http.ServeMux
	pages *template.Template
}

// newWeb returns the handler. The helpdesk has no passwords, so the handler refuses
// the requests that a page of another site makes an agent's browser send. trouble
// holds a string that says why no events arrive; it is empty while they arrive.
func newWeb(s *store, trouble *atomic.Value) http.Handler {
	w := &web{mux: http.NewServeMux(), pages: template.Must(template.New("").Funcs(
		template.FuncMap{"newID": rand.Text}).Parse(pages))}
	w.mux.Handle("GET /{$}", http.RedirectHandler("/tickets", http.StatusSeeOther))
	w.handle("GET /tickets", "list", func(_ int64, in *http.Request) (any, error) {
		l, err := s.tickets(state(in.FormValue("state")))
		l.Trouble = trouble.Load().(string)
		return l, err
	})
	w.handle("GET /tickets/{id}", "ticket", func(id int64, _ *http.Request) (any, error) {
		return s.ticket(id)
	})
	w.handle("POST /tickets/{id}/answers", "", func(id int64, in *http.Request) (any, error) {
		var body struct{ ID, Text string }
		if !strings.HasPrefix(in.URL.Path, "/api/") {
			body.ID, body.Text = in.PostFormValue("id"), in.PostFormValue("text")
		} else if err := json.NewDecoder(in.Body).Decode(&body); err != nil {
			return nil, errJSON
		}
		return s.answer(id, body.ID, body.Text)
	})
	w.handle("POST /tickets/{id}/close", "", func(id int64, _ *http.Request) (any, error) {
		return s.closeTicket(id)
	})
	w.handle("POST /answers/{id}/again", "", func(id int64, _ *http.Request) (any, error) {
		return s.sendAgain(id)
	})
	return onlyLocal(http.NewCrossOriginProtection().Handler(w.mux))
}

// onlyLocal refuses a request whose Host does not name this machine, because the
// DNS of another site can make a name of that site point here. It also limits the
// body.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		host := in.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !isLoopback(strings.Trim(host, "[]")) {
			http.Error(out, "call this by the name localhost", http.StatusForbidden)
			return
		}
		in.Body = http.MaxBytesReader(out, in.Body, mostBody)
		next.ServeHTTP(out, in)
	})
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// handle serves what do returns for the id in the path: under /api as JSON,
// otherwise with the template page. When page is empty, do has changed a ticket,
// and the browser is sent to the page of that ticket.
func (w *web) handle(pattern, page string, do func(id int64, in *http.Request) (any, error)) {
	run := func(in *http.Request) (value any, status int, err error) {
		// Without a number in the path, id is 0, which nothing has.
		id, _ := strconv.ParseInt(in.PathValue("id"), 10, 64)
		if value, err = do(id, in); err == nil {
			return value, http.StatusOK, nil
		}
		var r refusal
		if errors.As(err, &r) {
			return map[string]string{"error": r.text}, r.status, err
		}
		log.Print(err)
		return map[string]string{"error": err.Error()}, http.StatusInternalServerError, err
	}
	method, path, _ := strings.Cut(pattern, " ")
	w.mux.HandleFunc(method+" /api"+path, func(out http.ResponseWriter, in *http.Request) {
		value, status, _ := run(in)
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(status)
		// An error here means that the agent has left and needs no answer.
		json.NewEncoder(out).Encode(value)
	})
	w.mux.HandleFunc(pattern, func(out http.ResponseWriter, in *http.Request) {
		value, status, err := run(in)
		switch {
		case err != nil:
			http.Error(out, err.Error(), status)
		case page == "":
			http.Redirect(out, in, fmt.Sprintf("/tickets/%d", value.(ticket).ID), http.StatusSeeOther)
		default:
			out.Header().Set("Content-Type", "text/html; charset=utf-8")
			out.Header().Set("Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
			if err := w.pages.ExecuteTemplate(out, page, value); err != nil {
				log.Print(err)
			}
		}
	})
}
