package linktor

import (
	"testing"
	"time"
)

// The server closes a connection that pings more often than every 10 s. A proxy may
// close it even earlier. A stream with heartbeats needs no pings.
func TestPingsAreRare(t *testing.T) {
	if pingAfter < 10*time.Second || pingAfter <= defaultInterval {
		t.Errorf("a silent connection is pinged after %v", pingAfter)
	}
	if given := pingAfter + pingTimeout; given >= silentIntervals*defaultInterval {
		t.Errorf("a dead connection is given up after %v, later than its streams", given)
	}
}
