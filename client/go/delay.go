package linktor

import (
	"math/rand/v2"
	"time"
)

const (
	// The first wait is short enough that the restart of a server is not
	// noticed.
	firstDelay = 500 * time.Millisecond
	// The longest wait is no load for the server.
	mostDelay = 5 * time.Second
)

// delay returns how long to wait after so many failures in a row before the
// one just seen: between half and all of a step that doubles up to mostDelay.
// random is in [0, 1), so that many clients do not come back all at once.
func delay(failures int, random float64) time.Duration {
	step := mostDelay
	// A larger shift would overflow.
	if failures < 10 {
		step = min(firstDelay<<failures, mostDelay)
	}
	return time.Duration(float64(step) * (0.5 + random/2))
}

func random() float64 { return rand.Float64() }
