//go:build !unix

package main

import "time"

// processorTime is 0: it is not measured here.
func processorTime() time.Duration { return 0 }

// processorTimeOf is 0: it is not measured here.
func processorTimeOf(int) time.Duration { return 0 }
