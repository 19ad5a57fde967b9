// Package verify is the acceptance run: it posts items to a stack, waits, looks at what became of
// them, and says what holds and what does not. It is a client over HTTP and the SDK, and knows nothing
// of the inside of the stack that it looks at. It takes away what it has made, and touches no item or dead
// letter of anybody else. It is not for the functions, and no part of a stack.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
)

// longestCleanup is how long it may take to take away what was made.
const longestCleanup = 30 * time.Second

// session is one run against a stack: how it is reached, and what earlier checks have left for
// later ones.
type session struct {
	target  *target.Target
	model   *classifier.Model
	api     *api
	queues  *sqs.Client
	table   *dynamodb.Client
	start   time.Time
	minute  time.Time // from which on CloudWatch's sums are the run's
	made    *made
	notices io.Writer
	only    []string // names of checks that were asked for, or nil for all

	probes  []*probe // that were created: by the check created, and behind them by batch
	letter  deadLetter
	counted map[string]int // what the metrics have to say, by name
}

// Run finds the stack, does the checks, takes away what they have made, and reports. It returns the exit
// status: [commandline.OK] if everything holds, or else [commandline.Failed].
func Run(ctx context.Context, o Options, stdout, stderr io.Writer) (status int) {
	start := time.Now()
	lookup, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	t, err := target.Find(lookup, o.Target)
	if err == nil && !t.IsDeployed() { // the key of a deployed stack was looked up
		err = checkAPIKey(lookup, newAPI(t, clientOf(t)))
	}
	if err != nil && lookup.Err() == nil {
		fmt.Fprintf(stderr, "verify: %v\n", err)
		return commandline.Failed
	}
	r := newReport(stdout, o)
	if err != nil {
		r.neverBegun(ctx, err, time.Since(start))
		return r.finish(start, nil)
	}
	return runOn(ctx, start, t, clientOf(t), o, r, stderr)
}

// clientOf returns the client for a target's API.
func clientOf(t *target.Target) *http.Client {
	client := &http.Client{Timeout: answerTimeout}
	if !t.IsDeployed() {
		client.Transport = awsclient.DirectTransport()
	}
	return client
}

// runOn does the checks on a target, takes away what they have made, and reports.
func runOn(ctx context.Context, start time.Time, t *target.Target, client *http.Client, o Options, r *report, stderr io.Writer) (status int) {
	s := &session{
		target: t, model: o.model, api: newAPI(t, client), start: start, notices: stderr, only: o.only,
		queues: sqs.NewFromConfig(t.AWS), table: dynamodb.NewFromConfig(t.AWS), counted: map[string]int{},
	}
	s.made = &made{session: s, items: map[string]bool{}, letters: map[string]bool{}}
	r.begin(t)
	end := start.Add(o.Timeout)
	reserve := min(longestCleanup, o.Timeout/4)
	working, cancel := context.WithDeadline(ctx, end.Add(-reserve))
	defer cancel()
	s.awaitMinute(working)
	s.doAll(working, r)
	if ctx.Err() != nil { // interrupted, so the deadline does not matter
		fmt.Fprintln(stderr, "verify: interrupted; taking away what was made. A second Ctrl-C leaves it")
		end = time.Now().Add(longestCleanup)
	}
	cleaning, done := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer done()
	return r.finish(start, s.made.takeAway(cleaning))
}

// doAll does those checks that were asked for.
func (s *session) doAll(ctx context.Context, r *report) {
	before := map[string]result{}
	for i := range checks {
		c := &checks[i]
		if s.only != nil && !slices.Contains(s.only, c.name) {
			continue
		}
		row := s.do(ctx, c, before)
		before[c.name] = row.Result
		r.add(row)
	}
}

// do does one check, if it can be done after what came of those before.
func (s *session) do(ctx context.Context, c *check, before map[string]result) row {
	if c.leftOut != nil {
		if why := c.leftOut(s); why != "" {
			return row{Name: c.name, Result: left, Seen: []string{why}}
		}
	}
	if why := s.whyNotRun(ctx); why != "" {
		return row{Name: c.name, Result: notRun, Seen: []string{why}}
	}
	for _, needed := range c.needs {
		switch before[needed] {
		case holds:
		case left:
			return row{Name: c.name, Result: left, Seen: []string{"it needs " + needed}}
		default:
			return row{Name: c.name, Result: notRun, Seen: []string{"it needs " + needed}}
		}
	}
	start := time.Now()
	seen, err := c.do(ctx, s)
	result := row{Name: c.name, Result: holds, Seen: strings.Split(seen, "\n"), Seconds: time.Since(start).Seconds()}
	var counted comparison
	var found faults
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), context.Canceled):
		result.Result, result.Seen = notRun, []string{whyEnded(ctx)}
	case isLeftOut(err):
		result.Result, result.Seen = left, []string{err.Error()}
	case errors.As(err, &counted):
		result.Result, result.Seen = fails, counted.lines()
	case errors.As(err, &found):
		result.Result, result.Seen = fails, found.lines()
	default:
		result.Result, result.Seen = fails, strings.Split(err.Error(), "\n")
	}
	return result
}

// whyNotRun returns why no check can be done any more, or "".
func (s *session) whyNotRun(ctx context.Context) string {
	switch {
	case ctx.Err() != nil:
		return whyEnded(ctx)
	case s.made.elsewhere != "":
		return "what is posted does not come to this stack"
	default:
		return ""
	}
}

func whyEnded(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "the -timeout ended"
	}
	return "interrupted"
}

// wait pauses between two looks at something. Its error is that of ctx.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// poll looks until there is something to see, or until patience or ctx ends, which is no error: then
// ok is false. Its pauses grow up to the longest.
func poll(ctx context.Context, patience, longest time.Duration, look func() (ok bool, err error)) (ok bool, err error) {
	const first = 50 * time.Millisecond
	end := time.Now().Add(patience)
	for pause := first; ; pause = min(2*pause, longest) {
		if ok, err = look(); ok || err != nil {
			return ok, err
		}
		if !time.Now().Add(pause).Before(end) || wait(ctx, pause) != nil {
			return false, nil
		}
	}
}
