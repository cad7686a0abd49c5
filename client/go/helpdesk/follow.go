package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

// follow takes the events of the server into the store. It ends with the
// context, when the database fails, and when the server refuses for good. Where
// events are missing it leaves a note for the agents and goes on. newLog is that
// of gap; trouble is kept up to date.
func follow(ctx context.Context, client *linktor.Client, s *store, newLog bool, trouble *atomic.Value) error {
	// It is where to start as long as there is no cursor: a customer who wrote
	// while the first start was interrupted is not overlooked.
	begin, err := s.beginTime()
	if err != nil {
		return err
	}
	request := &v1.SubscribeEventsRequest{Start: &v1.SubscribeEventsRequest_Since{Since: timestamppb.New(begin)}}
	for last := "none"; ; {
		err := read(s, client.Subscribe(ctx, request, linktor.KeepCursor(s),
			linktor.OnResponse(func(*v1.SubscribeEventsResponse) {
				if trouble.Swap("") != "" {
					log.Print("reading events; Ctrl-C ends")
				}
			}),
			linktor.OnBreak(func(err error, wait time.Duration) {
				log.Printf("no events arrive, trying again in %v: %v", wait.Round(time.Millisecond), err)
				trouble.Store("No events arrive: " + err.Error())
			})))
		cursor, note := gap(err, newLog)
		if note == "" || cursor == last {
			return err // It refuses even the cursor that it has named.
		}
		last = cursor
		log.Print(note)
		if err := s.skip(cursor, note); err != nil {
			return err
		}
	}
}

// read returns the error that ends the events, which is never nil.
func read(s *store, events func(func(*v1.Event, error) bool)) (end error) {
	for event, err := range events {
		if err != nil {
			return err
		}
		if err := s.take(event); err != nil {
			return fmt.Errorf("the event %s cannot be stored: %w", event.GetId(), err)
		}
	}
	return errors.New("the events have ended without a reason")
}

// gap returns where to go on after an error that means missing events, and what
// the agents are told; no note after every other error. A cursor of another log
// may mean that the address is wrong, so that only newLog goes on there.
func gap(err error, newLog bool) (cursor, note string) {
	var e *linktor.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	switch e.Reason {
	case linktor.ReasonCursorExpired:
		cursor = e.Metadata["oldest_cursor"]
		note = "The server no longer keeps the events after the last one that was read. Messages may be missing here: look into Instagram."
	case linktor.ReasonCursorRewound:
		cursor = e.Metadata["restart_cursor"]
		note = "The server was set back to an earlier state. Messages may be missing here, and answers that were under way may have been sent twice: look into Instagram."
	case linktor.ReasonCursorInvalid:
		if newLog {
			return "", "The server has a new log. Messages may be missing here: look into Instagram."
		}
	}
	if cursor == "" {
		return "", ""
	}
	return cursor, note
}
