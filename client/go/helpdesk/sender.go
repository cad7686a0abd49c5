package main

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

const (
	// Conversations are answered side by side, each in its own order.
	sendsAtOnce = 8
	// The outbox is looked at so often for answers whose time has come.
	lookAgain = time.Second
	// Waits between tries begin here and double up to mostWait.
	firstWait = time.Second
	mostWait  = time.Minute
	// The server forgets request ids after 7 days. An answer that has been in
	// the outbox for so long might be sent twice.
	safeTime = 6 * 24 * time.Hour
)

// answer is one of the outbox.
type answer struct {
	id           int64
	conversation string
	request      *v1.SendMessageRequest
	tries        int
	queueTime    int64
}

// sender sends what is in the outbox. An answer keeps its request id and its
// content until its outcome is known, over every restart; so the server sends it
// once, wherever this process was killed.
type sender struct {
	store *store
	send  func(context.Context, *v1.SendMessageRequest) (*v1.SendMessageResponse, error)
}

// run ends with the context, or when the database fails; then it gives up the
// sends that are under way, whose answers stay in the outbox.
func (s *sender) run(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	type end struct {
		conversation string
		err          error
	}
	ends := make(chan end)
	busy := map[string]bool{}
	defer func() {
		cancel()
		for range busy {
			<-ends
		}
	}()
	for {
		due, err := s.store.due()
		if err != nil {
			return err
		}
		for _, a := range due {
			if len(busy) < sendsAtOnce && !busy[a.conversation] {
				busy[a.conversation] = true
				go func() { ends <- end{a.conversation, s.try(ctx, a)} }()
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-ends:
			delete(busy, e.conversation)
			if e.err != nil {
				return e.err
			}
		case <-s.store.wake:
		case <-time.After(lookAgain):
		}
	}
}

// try sends one answer and records what is known of it then.
func (s *sender) try(ctx context.Context, a answer) error {
	if time.Since(time.UnixMilli(a.queueTime)) > safeTime {
		return s.store.tried(a, news{delivery: unconfirmed, reason: "TOO_OLD",
			message: "The answer has been in the outbox for more than 6 days, and the server forgets after 7 whether it has sent it.",
			remedy:  "Look into Instagram before you write it again."}, 0)
	}
	response, err := s.send(ctx, a.request)
	if err != nil && ctx.Err() != nil {
		return nil // It stays in the outbox for the next start.
	}
	heard, wait := judge(err, a.tries)
	heard.mid = response.GetMessage().GetMid()
	return s.store.tried(a, heard, wait)
}

// judge returns what the end of a call says about an answer. One that stays
// queued is tried again after wait.
func judge(err error, tries int) (heard news, wait time.Duration) {
	if err == nil {
		return news{delivery: sent}, 0
	}
	var e *linktor.Error
	if !errors.As(err, &e) {
		return news{delivery: failed, message: err.Error()}, 0 // It never left.
	}
	heard = news{delivery: queued, reason: e.Reason, message: e.Message, remedy: e.Remedy}
	switch {
	case e.Reason == linktor.ReasonSendOutcomeUnknown:
		heard.delivery = unconfirmed
		return heard, 0
	case refused(e):
		heard.delivery = failed
		return heard, 0
	}
	wait = mostWait
	if tries < 6 { // A larger shift is longer than mostWait.
		wait = firstWait << tries
	}
	return heard, max(wait, e.RetryDelay)
}

// refused returns whether the server has looked at the answer and says no. All
// other errors, such as those about the API key, leave open what became of an
// earlier try, and someone will mend their cause.
func refused(e *linktor.Error) bool {
	switch e.Code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound:
		return e.Reason != ""
	default:
		return e.Reason == linktor.ReasonGraphError
	}
}

// due returns the answers that can be sent now: the first of each conversation.
func (s *store) due() (due []answer, err error) {
	err = s.write(func(t *tx) {
		t.rows(`SELECT message_id, conversation, request, tries, queue_time FROM outbox
			WHERE message_id IN (SELECT min(message_id) FROM outbox WHERE delivery = 'queued' GROUP BY conversation)
			AND due_time <= ? ORDER BY message_id`, []any{t.now}, func(scan func(...any)) {
			a := answer{request: &v1.SendMessageRequest{}}
			var body []byte
			scan(&a.id, &a.conversation, &body, &a.tries, &a.queueTime)
			if err := proto.Unmarshal(body, a.request); err != nil {
				t.err = err
			}
			due = append(due, a)
		})
	})
	return due, err
}

// tried records the end of a try.
func (s *store) tried(a answer, heard news, wait time.Duration) error {
	return s.write(func(t *tx) {
		t.settle(a.id, heard, true)
		t.exec("UPDATE outbox SET tries = tries + 1, due_time = ? WHERE message_id = ?",
			t.now+wait.Milliseconds(), a.id)
	})
}
