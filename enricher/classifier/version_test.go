package classifier_test

import (
	"slices"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier"
)

func TestVersionsSortByTime(t *testing.T) {
	inTime := []string{
		"2025-12-31.99", "2026-01-01.01", "2026-01-01.02", "2026-01-01.09", "2026-01-01.10",
		"2026-01-02.01", "2026-02-01.01", "2026-10-01.01", "2028-02-29.01",
	}
	for _, version := range inTime {
		if err := classifier.CheckVersion(version); err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(inTime) {
		t.Error("as strings, the versions are not in the order of time")
	}
}

// Each of these would spoil the order of strings, or name no day.
func TestCheckVersionRefuses(t *testing.T) {
	for version, want := range map[string]string{
		"":                  "is not of the form YYYY-MM-DD.NN",
		"1":                 "is not of the form",
		"2026-11-23":        "is not of the form",
		"2026-11-23.1":      "is not of the form",
		"2026-11-23.100":    "is not of the form",
		"2026-11-23-01":     "is not of the form",
		"v2026-11-23.01":    "is not of the form",
		"2026-11-23.01 ":    "is not of the form",
		"2026-1-23.001":     "is not of the form",
		"2026-11-31.01":     "does not start with a real date",
		"2026-02-29.01":     "does not start with a real date",
		"2026-13-01.01":     "does not start with a real date",
		"2026/11/23.01":     "does not start with a real date",
		"23-11-2026.01":     "does not start with a real date",
		"2026-11-23.00":     "does not end with a number from 01 to 99",
		"2026-11-23.1a":     "does not end with a number",
		"2026-11-23.a1":     "does not end with a number",
		"2026-11-23.1:":     "does not end with a number", // the characters beside the digits
		"2026-11-23./1":     "does not end with a number",
		"2026-11-23.+1":     "does not end with a number",
		"2026-11-23.\u0661": "does not end with a number", // a digit, but not one of ours
	} {
		if err := classifier.CheckVersion(version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("version %q: error %v, want one with %q", version, err, want)
		}
	}
}
