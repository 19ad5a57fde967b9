// Package testgc lets a test binary collect garbage less often: import it for that alone (import _). Most tests
// run a local stack of a few megabytes, which Go's own setting collects again and again, and that takes 40 % of
// their processor time.
package testgc

import (
	"os"
	"runtime/debug"
)

// percent is how much the heap may grow between two collections (GOGC, see runtime/debug). Go's own value is 100.
const percent = 400

func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
