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
	// At most this many conversations get an answer at the same time. The answers of
	// one conversation are sent in their order.
	sendsAtOnce = 8
	// The sender looks into the outbox this often for answers that are due.
	lookAgain = time.Second
	// The first wait between two tries is firstWait. Each further wait is twice as
	// long, up to mostWait.
	firstWait = time.Second
	mostWait  = time.Minute
	// The server forgets request ids after 7 days. An answer that has been in the
	// outbox for too long might be sent twice, so it is not sent after this time.
	safeTime = 6 * 24 * time.Hour
)

// answer is an answer in the outbox.
type answer struct {
	id           int64
	conversation string
	request      *v1.SendMessageRequest
	tries        int
	queueTime    int64
}

// sender sends the answers in the outbox. An answer keeps its request id and its
// content until its outcome is known, even after a restart. So the server sends it
// only once, no matter when this process is killed.
type sender struct {
	store *store
	send  func(context.Context, *v1.SendMessageRequest) (*v1.SendMessageResponse, error)
}

// run sends answers until the context ends or the database fails. Then it cancels the
// sends in progress. Their answers stay in the outbox.
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

// try sends one answer and records the result.
func (s *sender) try(ctx context.Context, a answer) error {
	if time.Since(time.UnixMilli(a.queueTime)) > safeTime {
		return s.store.tried(a, news{delivery: unconfirmed, reason: "TOO_OLD",
			message: "The answer has been in the outbox for more than 6 days, and the server forgets after 7 whether it has sent it.",
			remedy:  "Look into Instagram before you write it again."}, 0)
	}
	response, err := s.send(ctx, a.request)
	if err != nil && ctx.Err() != nil {
		return nil // The answer stays in the outbox for the next start.
	}
	heard, wait := judge(err, a.tries)
	heard.mid = response.GetMessage().GetMid()
	return s.store.tried(a, heard, wait)
}

// judge returns what the end of a call tells about an answer. tries is the number of
// earlier tries. If the answer stays queued, it is tried again after wait.
func judge(err error, tries int) (heard news, wait time.Duration) {
	if err == nil {
		return news{delivery: sent}, 0
	}
	var e *linktor.Error
	if !errors.As(err, &e) {
		return news{delivery: failed, message: err.Error()}, 0 // No call was made.
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
	if tries < 6 { // With a larger shift the wait would be longer than mostWait.
		wait = firstWait << tries
	}
	return heard, max(wait, e.RetryDelay)
}

// refused returns whether the server has refused the answer itself. Any other error,
// such as one about the API key, does not tell what became of an earlier try. The
// answer then stays queued until somebody has removed the cause of the error.
func refused(e *linktor.Error) bool {
	switch e.Code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound:
		return e.Reason != ""
	default:
		return e.Reason == linktor.ReasonGraphError
	}
}

// due returns the answers that can be sent now. A conversation can have only one such
// answer, the first in its queue.
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

// tried records the result of a try, and when the next try is due.
func (s *store) tried(a answer, heard news, wait time.Duration) error {
	return s.write(func(t *tx) {
		t.settle(a.id, heard, true)
		t.exec("UPDATE outbox SET tries = tries + 1, due_time = ? WHERE message_id = ?",
			t.now+wait.Milliseconds(), a.id)
	})
}
