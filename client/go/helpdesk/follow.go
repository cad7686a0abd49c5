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

// follow reads the events of the server into the store. It ends when the context
// ends, when the database fails, or when the server refuses the subscription. Where
// events are missing, it leaves a note for the agents and continues. For newLog see
// gap. follow stores in trouble why no events arrive, and an empty string once they
// arrive again.
func follow(ctx context.Context, client *linktor.Client, s *store, newLog bool, trouble *atomic.Value) error {
	// Reading starts at this time as long as there is no cursor. So no message is
	// missed when the first start is interrupted.
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
			// There is no gap, or the server refuses even the cursor that it named.
			return err
		}
		last = cursor
		log.Print(note)
		if err := s.skip(cursor, note); err != nil {
			return err
		}
	}
}

// read takes the events into the store until they end. It returns the error that ended
// them, which is never nil.
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

// gap is for the error that ended the events. If it means that events are missing,
// gap returns the cursor after which to continue, and a note for the agents. For
// every other error the note is empty. The server may say that the cursor is of
// another log. Then the address may be wrong, and gap returns a note only if newLog
// is true.
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
