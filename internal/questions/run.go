package questions

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Result says what came of a question.
type Result string

const (
	Same     Result = "same"     // it was answered as the local stack answers
	Differs  Result = "DIFFERS"  // it was not
	Measured Result = "measured" // its answer is a time, which is not compared
	LeftOut  Result = "left out" // it can't be asked here, and the error says why
	Failed   Result = "FAILED"   // there was no answer
	NotAsked Result = "not asked"
)

// Asked is a question with its answer at a place.
type Asked struct {
	Question
	Result  Result  `json:"result"`
	Here    []Line  `json:"here"`            // what was answered
	Error   string  `json:"error,omitempty"` // why there is no answer
	Seconds float64 `json:"seconds"`
}

// Ask puts the questions of these names to a place, one after the other, and reports each. A question that
// fails does not stop the others.
func (p *Place) Ask(ctx context.Context, names []string, report func(Asked)) {
	for _, q := range All() {
		if slices.Contains(names, q.Name) {
			report(p.askOne(ctx, q))
		}
	}
}

func (p *Place) askOne(ctx context.Context, q Question) Asked {
	a := Asked{Question: q}
	question := asks[q.Name]
	switch {
	case question.uses.api > 0 && p.api == nil:
		a.Result, a.Error = LeftOut, "there is no API: -api gives its URL"
		return a
	case ctx.Err() != nil:
		a.Result, a.Error = NotAsked, whyEnded(ctx)
		return a
	}
	start := time.Now()
	lines, err := question.do(ctx, p)
	for i, l := range lines {
		lines[i].Answer = p.anonymous(l.Answer)
	}
	a.Here, a.Seconds = lines, time.Since(start).Seconds()
	switch {
	case errors.Is(err, errNotSigned):
		a.Result, a.Error = LeftOut, err.Error()
	case err != nil && ctx.Err() != nil:
		a.Result, a.Error = NotAsked, whyEnded(ctx)
	case err != nil:
		a.Result, a.Error = Failed, p.anonymous(err.Error())
	case q.Measured:
		a.Result = Measured
	case slices.Equal(lines, q.Local):
		a.Result = Same
	default:
		a.Result = Differs
	}
	return a
}

var accountID = regexp.MustCompile(`\b[0-9]{12}\b`)

// anonymous takes the account and the random names out of a text, which may be published.
func (p *Place) anonymous(text string) string {
	return accountID.ReplaceAllString(strings.ReplaceAll(text, p.prefix, "NAME"), "ACCOUNT")
}

func whyEnded(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "the -timeout ended"
	}
	return "interrupted"
}

// Names returns the names of all questions.
func Names() (names []string) {
	for _, q := range All() {
		names = append(names, q.Name)
	}
	return names
}

// Record returns the text of answers.json with the answers of a run in it. It leaves out those that
// were not answered.
func Record(file []byte, run []Asked, region, source string, now time.Time) ([]byte, error) {
	all, err := parse(file)
	if err != nil {
		return nil, err
	}
	for _, a := range run {
		i := slices.IndexFunc(all, func(q Question) bool { return q.Name == a.Name })
		if i < 0 {
			return nil, fmt.Errorf("the file has no question %s", a.Name)
		}
		if a.Result == Same || a.Result == Differs || a.Result == Measured {
			all[i].AWS = &Answer{Date: now.UTC().Format(time.DateOnly), Region: region, Source: source, Lines: a.Here}
		}
	}
	return format(all)
}
