package writer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The writer panicked while it read the element: its client may try again, and its neighbours are served.
func TestAnElementThatCouldNotBeReadIs503(t *testing.T) {
	want := report{Failed: 1, Results: []result{{Index: 0, Status: 503, Message: "Temporarily unavailable. Try again."}}}
	if diff := cmp.Diff(want, newReport([]element{{}})); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
