package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files of a series are in docs/record, so that any machine can go on with it. Each was begun at a seed of its own.
func TestTheDocumentedRecordIsTheSumOfItsFiles(t *testing.T) {
	paths, err := filepath.Glob("../docs/record/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no file of the record", err)
	}
	sum := &record{Faults: map[fault]int{}, Covered: coverage{}}
	begun := map[uint64]record{}
	for _, path := range paths {
		var r record
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for first, other := range begun {
			if r.Code != other.Code || r.Items != other.Items || r.Consumer != other.Consumer {
				t.Errorf("%s is of another series than the others", path)
			}
			if r.First < first+uint64(other.Runs) && first < r.First+uint64(r.Runs) {
				t.Errorf("%s has seeds of another file", path)
			}
		}
		begun[r.First] = r
		sum.add(r.totals(), 0)
	}
	page, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := markdown(sum.totals()); !strings.Contains(string(page), want) {
		t.Errorf("docs/reliability.md does not have this table:\n%s", want)
	}
}

var (
	line   = regexp.MustCompile(`(?m)^ *(.*?)  +(.*)$`) // that a program prints of its runs
	digits = regexp.MustCompile(`\d+`)
)

// markdown is what a program prints of its runs, as a table of Markdown. The time that they took depends on the machine.
func markdown(all totals) string {
	var printed, rows strings.Builder
	all.print(&printed, 0)
	for _, cells := range line.FindAllStringSubmatch(printed.String(), -1) {
		if cells[1] != "seconds" {
			fmt.Fprintf(&rows, "| %s | %s |\n", cells[1], digits.ReplaceAllStringFunc(cells[2], grouped))
		}
	}
	return rows.String()
}

// grouped writes digits with commas.
func grouped(number string) string {
	if len(number) <= 3 {
		return number
	}
	return grouped(number[:len(number)-3]) + "," + number[len(number)-3:]
}
