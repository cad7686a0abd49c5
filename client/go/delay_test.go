package linktor

import (
	"testing"
	"time"
)

func TestDelayDoublesUpToItsMostWithJitter(t *testing.T) {
	for _, test := range []struct {
		failures int
		random   float64
		want     time.Duration
	}{
		{0, 0, 250 * time.Millisecond},
		{0, 0.5, 375 * time.Millisecond},
		{1, 0, 500 * time.Millisecond},
		{2, 0, time.Second},
		{3, 0, 2 * time.Second},
		{4, 0, 2500 * time.Millisecond},
		{9, 0, 2500 * time.Millisecond},
		{1000, 0, 2500 * time.Millisecond},
		{1000, 0.999999, 5 * time.Second},
	} {
		got := delay(test.failures, test.random)
		if diff := (got - test.want).Abs(); diff > time.Millisecond {
			t.Errorf("delay(%d, %v) = %v, want %v", test.failures, test.random, got, test.want)
		}
	}
}

// gRPC must have tried to connect again before a call is repeated. Otherwise the call
// would fail because of the attempt before.
func TestDelayIsLongerThanReconnecting(t *testing.T) {
	if shortest := delay(0, 0); shortest <= firstReconnect {
		t.Errorf("the first wait is %v, reconnecting begins after %v", shortest, firstReconnect)
	}
	if shortest := delay(1000, 0); shortest <= mostReconnect {
		t.Errorf("the last wait is %v, reconnecting is every %v", shortest, mostReconnect)
	}
}
