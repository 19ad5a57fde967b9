package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// check is one thing that has to hold.
type check struct {
	name  string
	about string
	needs []string // names of earlier checks without which it can not be done

	// leftOut, when set, returns why the check can not be done on this stack, or "".
	leftOut func(*session) string

	// do returns what it has seen, in a few words, or in some lines. Its error is what does not hold: a [faults], a
	// [comparison], a [leftOut], or the error of a call.
	do func(context.Context, *session) (seen string, err error)
}

// checks are all of them, in their order. A dead letter sets off an alarm, so alarms come first.
var checks = []check{
	{name: "alarms", about: "the stack's alarms are there, are quiet and have an action", leftOut: withoutAlarms, do: checkAlarms},
	{name: "roles", about: "each function's role can do what it needs and no more", leftOut: withoutIAM, do: checkRoles},
	{name: "key", about: "without its API key a client is answered 403", leftOut: withoutKey, do: checkKey},
	{name: "created", about: "a new item is answered 201, stored and shown", do: checkCreated},
	{name: "known", about: "the same item again is answered 200 and is the same item", needs: []string{"created"}, do: checkKnown},
	{name: "rejected", about: "bad input is answered in the contract's words and leaves nothing behind", do: checkRejected},
	{name: "batch", about: "a batch has a result for each element, good or bad", needs: []string{"created"}, leftOut: withoutBatch, do: checkBatch},
	{name: "classified", about: "each item is classified as the model says", needs: []string{"created"}, do: checkClassified},
	{name: "latency", about: "from POST to classified it takes no longer than the objective", needs: []string{"classified"}, do: checkLatency},
	{name: "dataset", about: "each item of the data set is classified as the model says", needs: []string{"classified"}, leftOut: unlessNamed, do: checkDataSet},
	{name: "dead-letter", about: "a message that can not be handled is a dead letter with its reason", needs: []string{"classified"}, do: checkDeadLetter},
	{name: "trace", about: "a trace goes from the POST through the queue to the dead letter", needs: []string{"dead-letter"}, do: checkTrace},
	{name: "redrive", about: "once mended, the dead letter is redriven, classified and gone", needs: []string{"dead-letter"}, do: checkRedrive},
	{name: "logs", about: "each function's log has a line of JSON with the request id", needs: []string{"dead-letter"}, leftOut: withoutCloudWatch, do: checkLogs},
	{name: "metrics", about: "CloudWatch counts what was posted", needs: []string{"classified"}, leftOut: withoutCloudWatch, do: checkMetrics},
}

const nameWidth = 12

// Names returns the names of all checks, in their order.
func Names() (names []string) {
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

func find(name string) *check {
	i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &checks[i]
}

// needsAll returns the names of what the check needs, and of what that needs.
func (c *check) needsAll() (names []string) {
	for _, name := range c.needs {
		names = append(names, name)
		names = append(names, find(name).needsAll()...)
	}
	return names
}

func withoutCloudWatch(s *session) string {
	if s.target.IsDeployed() {
		return ""
	}
	return "only on AWS: a local stack has no CloudWatch"
}

func withoutIAM(s *session) string {
	if s.target.IsDeployed() {
		return ""
	}
	return "only on AWS: a local stack has no roles"
}

func withoutKey(s *session) string {
	if s.target.APIKey != "" {
		return ""
	}
	return "without -api-key: a local stack demands a key only if it was started with one"
}

// faults are things that do not hold.
type faults []string

func (f faults) Error() string { return strings.Join(f, "\n") }

func (f *faults) add(format string, arguments ...any) {
	*f = append(*f, fmt.Sprintf(format, arguments...))
}

// err returns nil when everything holds.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// lines are the first few: more of the same would bury them.
func (f faults) lines() []string {
	const shown = 5
	if len(f) <= shown {
		return f
	}
	return append(slices.Clone(f[:shown]), fmt.Sprintf("and %d more", len(f)-shown))
}

// leftOut says why a check that had begun can not be done on this stack.
type leftOut string

func (l leftOut) Error() string { return string(l) }

func isLeftOut(err error) bool {
	_, ok := errors.AsType[leftOut](err)
	return ok
}
