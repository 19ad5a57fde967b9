package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheDemoFindsThreeOfFiftyVersicolorToBeVirginica(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), append(onFreePorts(t), "-demo"), &stdout, &stderr); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	for _, want := range []string{"versicolor             0          47           3\n", "150 of 150 are classified as model " + embedded(t).Version() + " has them\n"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in %s", want, stdout.String())
		}
	}
}
