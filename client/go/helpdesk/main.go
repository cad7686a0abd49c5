// Command helpdesk makes tickets of Instagram conversations and lets agents
// answer them in a browser. It handles every event once: see README.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	linktor "linktor.dev/instagram"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// run runs the help desk. It returns nil when the context ended it, and otherwise the
// error that did.
func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("helpdesk", flag.ExitOnError)
	server := flags.String("server", cmp.Or(os.Getenv("LINKTOR_IG_SERVER"), "127.0.0.1:50051"),
		"address of the gateway")
	path := flags.String("db", "helpdesk.db", "file of the database")
	listen := flags.String("listen", "127.0.0.1:8090", "loopback address for the agents")
	newLog := flags.Bool("new-log", false, "go on although the gateway's log is another one than before")
	flags.Parse(args)

	client, err := linktor.New(*server, linktor.WithAPIKey(os.Getenv("LINKTOR_IG_API_KEY")))
	if err != nil {
		return err
	}
	defer client.Close()
	s, err := openStore(*path)
	if err != nil {
		return err
	}
	defer s.close()
	listener, err := listenLocal(*listen)
	if err != nil {
		return err
	}
	log.Printf("the agents' page is at http://%s/", listener.Addr())

	var trouble atomic.Value
	trouble.Store("The server has not answered yet.")
	outbox := &sender{store: s, send: client.Send}
	return together(ctx,
		func(ctx context.Context) error { return follow(ctx, client, s, *newLog, &trouble) },
		outbox.run,
		func(ctx context.Context) error { return serve(ctx, listener, newWeb(s, &trouble)) })
}

// together runs all parts at the same time. When the first part ends, it ends the
// others. It returns the error of the first part, or nil when the parent context has
// ended.
func together(parent context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, part := range parts {
		all.Go(func() { cancel(part(ctx)) })
	}
	all.Wait()
	if parent.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

func listenLocal(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("-listen %s: the agents' page has no passwords and is for this machine only; use 127.0.0.1", address)
	}
	return net.Listen("tcp", address)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	// Close may interrupt a request. The agent then posts the answer again, under the
	// same id.
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ctx.Err()
}
