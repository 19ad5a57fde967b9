package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"simple-sam-demo/internal/questions"
	"simple-sam-demo/internal/verify"
)

// askReport prints questions and answers as a table in Markdown, to paste into an issue, or at the end as JSON.
type askReport struct {
	w      io.Writer
	json   bool
	place  string // who answers
	region string
	cost   questions.Cost
	asked  []questions.Asked
}

func (r *askReport) begin() {
	if r.json {
		return
	}
	fmt.Fprintf(r.w, "Answers of %s, %s\n\n", r.place, time.Now().UTC().Format(time.DateOnly))
	fmt.Fprint(r.w, "| question | asked | answered | the local stack | |\n|---|---|---|---|---|\n")
}

// add prints a row for each line of the answer.
func (r *askReport) add(a questions.Asked) {
	r.asked = append(r.asked, a)
	if r.json {
		return
	}
	question := fmt.Sprintf("**%s**: %s", a.Name, cell(a.Question.Question))
	if a.Error != "" {
		fmt.Fprintf(r.w, "| %s | | %s | | %s |\n", question, cell(a.Error), a.Result)
		return
	}
	for i, row := range beside(a) {
		result := ""
		if i == 0 {
			result = fmt.Sprintf("%s, %.1f s", a.Result, a.Seconds)
		} else {
			question = ""
		}
		fmt.Fprintf(r.w, "| %s | %s | %s | %s | %s |\n", question, cell(row.asked), cell(row.here), cell(row.local), result)
	}
}

type besideRow struct{ asked, here, local string }

// beside puts the local stack's answer beside the one that was given.
func beside(a questions.Asked) (rows []besideRow) {
	local := map[string]string{}
	for _, l := range a.Local {
		local[l.Asked] = l.Answer
	}
	for _, l := range a.Here {
		row := besideRow{l.Asked, l.Answer, local[l.Asked]}
		switch {
		case a.Measured:
			row.local = "(not compared)"
		case row.local == row.here:
			row.local = "the same"
		}
		delete(local, l.Asked)
		rows = append(rows, row)
	}
	for _, l := range a.Local {
		if _, ok := local[l.Asked]; ok {
			rows = append(rows, besideRow{l.Asked, "(not answered)", l.Answer})
		}
	}
	return rows
}

// cell escapes a text for a cell of a table in Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", "<br>", "<", "&lt;").Replace(text)
}

// record writes the answers into a file like internal/questions/answers.json.
func (r *askReport) record(file, source string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err == nil {
		text, err = questions.Record(text, r.asked, r.region, source, time.Now())
	}
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("-record %s: %w", file, err)
	}
	return nil
}

// finish prints the end, and returns the exit status: 0 if each question has its answer, whatever that
// is, and nothing is left behind.
func (r *askReport) finish(took time.Duration, leftBehind []string) int {
	count := map[questions.Result]int{}
	for _, a := range r.asked {
		count[a.Result]++
	}
	good := count[questions.Failed]+count[questions.NotAsked]+len(leftBehind) == 0
	if r.json {
		r.printJSON(good, took, leftBehind)
	} else {
		r.printEnd(count, took, leftBehind)
	}
	if good {
		return 0
	}
	return 1
}

func (r *askReport) printEnd(count map[questions.Result]int, took time.Duration, leftBehind []string) {
	var parts []string
	for _, result := range []questions.Result{questions.Same, questions.Differs, questions.Measured, questions.LeftOut, questions.Failed, questions.NotAsked} {
		if n := count[result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	verify.PrintEnd(r.w, parts, took, leftBehind)
}

func (r *askReport) printJSON(good bool, took time.Duration, leftBehind []string) {
	encoder := json.NewEncoder(r.w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // who reads it may have gone
		Place      string            `json:"place"`
		Region     string            `json:"region"`
		Good       bool              `json:"good"`
		Seconds    float64           `json:"seconds"`
		Cost       questions.Cost    `json:"cost"`
		Questions  []questions.Asked `json:"questions"`
		LeftBehind []string          `json:"left_behind"`
	}{r.place, r.region, good, took.Seconds(), r.cost, r.asked, append([]string{}, leftBehind...)})
}
