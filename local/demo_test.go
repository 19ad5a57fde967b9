package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
)

func TestAnInterruptedDemoSaysSoInOneLine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout bytes.Buffer
	err := demo(ctx, "http://"+closed(t), "", &stdout, io.Discard)
	if err == nil || err.Error() != "demo interrupted" || stdout.Len() > 0 {
		t.Errorf("error %v, stdout %q", err, stdout.String())
	}
}

func TestTheDemoFailsWhenAFlowerIsNotAsTheReferenceModelHasIt(t *testing.T) {
	var outcomes []outcome
	for _, flower := range dataset.Flowers() {
		outcomes = append(outcomes, outcome{flower: flower, target: flower.PredTarget})
	}
	if err := report(io.Discard, outcomes); err != nil {
		t.Errorf("all as in the reference model: %v", err)
	}
	outcomes[0].target = "virginica"
	var stdout bytes.Buffer
	err := report(&stdout, outcomes)
	if err == nil || !strings.Contains(err.Error(), "is classified as virginica; the reference model says setosa") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(stdout.String(), "149 of 150 as the reference model has them") {
		t.Errorf("report %s", stdout.String())
	}
	for i := range outcomes {
		outcomes[i].target = ""
	}
	if err := report(io.Discard, outcomes); err == nil || strings.Count(err.Error(), "\n") != 5 || !strings.HasSuffix(err.Error(), "and 145 more") {
		t.Errorf("error %v", err)
	}
}
