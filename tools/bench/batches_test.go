package main

import (
	"path/filepath"
	"testing"
	"time"
)

func TestABatchTakesTwoRoundTripsAtLeast(t *testing.T) {
	const delay = 2 * time.Millisecond
	url, stop, err := startEndpoint(t.Context(), delay)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	function, err := functionBuild{root: filepath.Join("..", "..")}.withDefaultMemory(enricherFunction)
	if err != nil {
		t.Fatal(err)
	}
	b, err := measureBatch(t.Context(), url, function, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []speed{b.Enricher, b.Bare} {
		if s.Batch < 2*delay || s.Allocations < 1 {
			t.Errorf("%+v", s)
		}
	}
}
