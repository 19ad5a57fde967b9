package item_test

import (
	"testing"
	"time"

	"simple-sam-demo/shared/item"
)

// docs/design.md: RFC 3339, UTC, milliseconds. The text sorts like the time, so it has always the same length.
func TestATimeIsWrittenInUTCWithMilliseconds(t *testing.T) {
	kathmandu := time.FixedZone("Asia/Kathmandu", 5*3600+45*60)
	for want, at := range map[string]time.Time{
		"2026-11-28T18:14:59.000Z": time.Date(2026, 11, 28, 23, 59, 59, 0, kathmandu),
		"2026-11-28T18:15:00.000Z": time.Date(2026, 11, 29, 0, 0, 0, 0, kathmandu),
		"2026-11-28T18:15:00.001Z": time.Date(2026, 11, 28, 18, 15, 0, 1_999_999, time.UTC),
		"2026-11-28T18:15:00.120Z": time.Date(2026, 11, 28, 18, 15, 0, 120_000_000, time.UTC),
	} {
		if got := item.FormatTime(at); got != want {
			t.Errorf("%s is written %s, want %s", at, got, want)
		}
	}
}
