package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	kills     = 40
	customers = 60
	// This is the longest time between a start and the next kill. A start takes a tenth
	// of it.
	longestLife = 250 * time.Millisecond
)

// talk has everything that customers and agents write to a help desk, which is killed
// again and again.
type talk struct {
	*gateway
	url   string
	mutex sync.Mutex
	// written has the texts of each customer, in order. agents has the texts that
	// agents wrote to each customer.
	written, agents map[string][]string
}

// TestRealKilledAtAnyPlace kills the help desk by SIGKILL many times. Then it
// compares the messages of the customers with the database, and the answers of the
// help desk with the messages that Instagram has received.
func TestRealKilledAtAnyPlace(t *testing.T) {
	g := startGateway(t)
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("HELPDESK_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("HELPDESK_SEED=%d", seed)
	// Each send takes a while, so that many sends are in progress at a kill. The
	// echo of a send comes before its outcome. At that time nothing says that the
	// echo is of the help desk's own answer.
	g.play("POST", "faults", `{"on":"messages","kind":"delay","ms":20,"times":0}`)
	g.play("PUT", "config", `{"echo_before_answer":true}`)
	listen := freeAddress(t)
	desk := g.startDesk(listen)
	k := &talk{gateway: g, url: g.follows(desk), written: map[string][]string{}, agents: map[string][]string{}}

	var all sync.WaitGroup
	for part := range 3 {
		all.Go(func() { k.customersWrite(rand.New(rand.NewPCG(seed, uint64(part))), part) })
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	random := rand.New(rand.NewPCG(seed, 99))
	n, writing := 0, true
	for ; writing || n < kills; n++ {
		select {
		case <-time.After(time.Duration(random.Int64N(int64(longestLife)))):
		case <-done:
			writing, done = false, nil
		}
		desk.end(syscall.SIGKILL)
		desk = g.startDesk(listen)
	}
	await(t, "everything is taken and answered", k.settled)
	if err := desk.end(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	t.Logf("%d SIGKILLs, %d customers", n, customers)
	k.compare()
}

// freeAddress returns an address for all starts of the help desk, so that the agents
// find it again after a kill.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// customersWrite plays a third of the customers, one after the other. Each customer
// writes a message. By chance, a second message, a choice of a queue, or the answer
// of an agent follows.
func (k *talk) customersWrite(random *rand.Rand, part int) {
	for n := part; n < customers; n += 3 {
		user := strconv.Itoa(610000 + n)
		k.says(user, "first", "")
		if random.IntN(2) == 0 {
			k.says(user, "more", "")
		}
		if random.IntN(3) > 0 {
			k.says(user, "choice", `,"quick_reply":{"payload":"HELPDESK_ORDERS"}`)
		}
		if random.IntN(2) == 0 {
			k.agentAnswers(user)
		}
	}
}

// says makes a customer write a text. more is more JSON for the message.
func (k *talk) says(user, text, more string) {
	k.mutex.Lock()
	k.written[user] = append(k.written[user], text)
	k.mutex.Unlock()
	k.play("POST", "messages", fmt.Sprintf(`{"from":%q,"text":%q%s}`, user, text, more))
}

// agentAnswers posts an answer until the help desk says that it has the answer. A kill
// may come before it says so. Then the help desk gets the same answer again.
func (k *talk) agentAnswers(user string) {
	k.mutex.Lock()
	k.agents[user] = append(k.agents[user], "agent")
	k.mutex.Unlock()
	if !within(testTimeout, func() bool {
		var l list
		if api("GET", k.url+"/api/tickets", "", &l) != nil {
			return false
		}
		at := slices.IndexFunc(l.Tickets, func(one ticket) bool { return one.UserID == user })
		return at >= 0 && api("POST", fmt.Sprintf("%s/api/tickets/%d/answers", k.url, l.Tickets[at].ID),
			fmt.Sprintf(`{"id":"to-%s","text":"agent"}`, user), &ticket{}) == nil
	}) {
		k.t.Errorf("the agent could not answer %s", user)
	}
}

// settled returns whether the help desk has every message of the customers, and has
// nothing left to send.
func (k *talk) settled() bool {
	left := 0
	for _, texts := range k.written {
		left += len(texts)
	}
	var l list
	if api("GET", k.url+"/api/tickets", "", &l) != nil {
		return false
	}
	for _, one := range l.Tickets {
		var whole ticket
		if api("GET", fmt.Sprintf("%s/api/tickets/%d", k.url, one.ID), "", &whole) != nil {
			return false
		}
		for _, m := range whole.Messages {
			if m.Delivery == queued {
				return false
			}
			if m.From == fromCustomer {
				left--
			}
		}
	}
	return left <= 0
}

// compare compares the database of the help desk, and the messages that the emulated
// Instagram has received, with k. The help desk must have ended.
func (k *talk) compare() {
	k.t.Helper()
	s, err := openStore(k.database())
	if err != nil {
		k.t.Fatal(err)
	}
	defer s.close()
	number, stored := map[string]int64{}, map[string][]string{}
	err = s.write(func(t *tx) {
		t.rows(`SELECT user_id, ticket_id, kind, text FROM messages JOIN tickets ON tickets.id = ticket_id
			WHERE kind IN ('customer', 'app') ORDER BY messages.id`, nil, func(scan func(...any)) {
			var user, text string
			var from kind
			var ticket int64
			scan(&user, &ticket, &from, &text)
			if number[user] != 0 && number[user] != ticket {
				k.t.Errorf("%s has the tickets %d and %d", user, number[user], ticket)
			}
			if from == fromApp {
				k.t.Errorf("%s: the echo of an answer of the desk is an entry: %q", user, text)
				return
			}
			number[user] = ticket
			stored[user] = append(stored[user], text)
		})
	})
	if err != nil {
		k.t.Fatal(err)
	}
	got := k.sends()
	for user, written := range k.written {
		if !slices.Equal(stored[user], written) {
			k.t.Errorf("%s wrote %q, and the database has %q", user, written, stored[user])
		}
		want := append([]string{fmt.Sprintf(welcome, number[user])}, k.agents[user]...)
		if slices.Contains(written, "choice") {
			want = append(want, fmt.Sprintf(choices[1].confirmation, number[user]))
		}
		slices.Sort(want)
		slices.Sort(got[user])
		if !slices.Equal(got[user], want) {
			k.t.Errorf("%s is to have %s,\n and Instagram has %s", user, strings.Join(want, "; "), strings.Join(got[user], "; "))
		}
	}
	if len(k.written) != customers || len(got) != customers {
		k.t.Errorf("%d customers wrote, and %d have answers; there are %d", len(k.written), len(got), customers)
	}
}
