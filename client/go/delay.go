package linktor

import (
	"math/rand/v2"
	"time"
)

const (
	// The first wait is short, so that users do not notice it when the server
	// restarts.
	firstDelay = 500 * time.Millisecond
	// With waits of this length, the calls are no load for the server.
	mostDelay = 5 * time.Second
)

// delay returns how long to wait before the next try. failures is the number of
// failures in a row before the latest one. The step begins at firstDelay and doubles
// with each failure, up to mostDelay. The wait is between half of the step and the
// whole step: random, which is in [0, 1), chooses it. So many clients do not all come
// back at the same moment.
func delay(failures int, random float64) time.Duration {
	step := mostDelay
	// With a much larger number the shift would overflow.
	if failures < 10 {
		step = min(firstDelay<<failures, mostDelay)
	}
	return time.Duration(float64(step) * (0.5 + random/2))
}

func random() float64 { return rand.Float64() }
