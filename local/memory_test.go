package main

import "testing"

func TestABurstIsOverWhenGarbageIsNoLongerCollected(t *testing.T) {
	var b burst
	for i, look := range []struct {
		collections uint32
		over        bool
	}{{0, false}, {0, false}, {3, false}, {8, false}, {8, true}, {8, false}, {9, false}, {9, true}} {
		if got := b.over(look.collections); got != look.over {
			t.Errorf("look %d, after %d collections: over = %v", i, look.collections, got)
		}
	}
}
