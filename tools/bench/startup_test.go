package main

import (
	"os"
	"testing"
)

func TestAStartLastsUntilTheFirstPoll(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs := []program{{Name: "self", path: self}}
	if err := measureStarts(t.Context(), programs, 2); err != nil || programs[0].Start <= 0 {
		t.Errorf("it took %v, error %v", programs[0].Start, err)
	}
}
