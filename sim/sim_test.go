package main

import "testing"

func TestPlain(t *testing.T) {
	base := scenario{seed: 1, items: 1, plain: true, only: map[string]fault{"flower 0": happening}}
	for range 200 {
		o := simulate(t, base)
		if len(o.violations) > 0 || o.posted != 1 {
			t.Fatal(o)
		}
	}
}
