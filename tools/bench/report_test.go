package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func reported(t *testing.T, r results) string {
	t.Helper()
	folder := t.TempDir()
	if err := writeReport(r, folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReportSaysWhatHoldsAndWhatDoesNot(t *testing.T) {
	s := speed{time.Millisecond, time.Microsecond, 1}
	r := results{
		Programs: []program{{Start: 1}, {Start: 100}, {Name: "writer", Start: 114, Most: 1.15}, {Name: "enricher", Start: 136, Most: 1.35}},
		Batches:  []batchSpeed{{100, 5 * time.Millisecond, s, s}},
		Shares:   []shareOf{{kind: kinds[3], Memory: 128, First: 80 * time.Millisecond, Later: 30 * time.Millisecond, NotDone: 3, OfItems: 500}},
		Memory:   256,
		Cost: []costOf{
			{Calls: map[string]float64{"SQS.SendMessage": 1}, Lines: []costLine{{queueRequests, 2e6, sqsRequests}, {"API requests", 1e6, apiRequests}}},
			{Calls: map[string]float64{"SQS.SendMessageBatch": 0.1}},
			{Lines: []costLine{{"API requests", 1e6, apiRequests}}},
			{},
		},
	}
	text := reported(t, r)
	for _, line := range []string{
		"| writer's start ÷ start of a program that only makes the SDK's clients | 1.14× | 1.15× | holds |",
		"| enricher's start ÷ start of a program that only makes the SDK's clients | 1.36× | 1.35× | **does not hold** |",
		"| messages that the enricher gives back of its first batches, with 128 MB | 3 | 0 | **does not hold** |",
		"| dollars one by one ÷ (dollars of simple_sam_demo's design + dollars of our queue's requests) | 1.00× | 1× | holds |",
		"| enricher, 100 messages | 128 | 0.0 | 80.0 | 30.0 | 0.00 | 3 of 500 | 0 |",
		"| `SQS.SendMessage` | 1.000 | 0.000 |",
		"| `SQS.SendMessageBatch` | 0.000 | 0.100 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
	r.ShareLeftOut = "only root may make control groups"
	text = reported(t, r)
	if !strings.Contains(text, "**This part is left out here**: only root may make control groups. The durations") || strings.Contains(text, "| 3 of 500 |") {
		t.Errorf("it does not say that a part is left out, and why:\n%s", text)
	}
}

func TestNumbersHaveCommas(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 2_003_150.4: "2,003,150"} {
		if got := thousand(n); got != want {
			t.Errorf("%v is written %s, want %s", n, got, want)
		}
	}
}

// The documents are written by hand when only the words of a template change, as a run would
// change its figures, too.
func TestTheDocumentsHaveTheWordsOfTheirTemplates(t *testing.T) {
	report, _, _ := strings.Cut(reportText, `{{define "claims" -}}`) // the beginning has these
	for page, template := range map[string]string{"benchmarks.md": report, "choosing.md": choosingText} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		rest := string(text)
		for line := range strings.Lines(template) {
			if strings.Contains(line, "{{") { // it has figures
				continue
			}
			_, after, found := strings.Cut(rest, line)
			if !found {
				t.Errorf("docs/%s does not have this line of its template, or has it elsewhere: %s", page, line)
				continue
			}
			rest = after
		}
	}
}
