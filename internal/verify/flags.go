package verify

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/target"
)

const (
	localTimeout    = time.Minute
	deployedTimeout = 15 * time.Minute // of which CloudWatch takes some
)

// Options say which stack is looked at, and how.
type Options struct {
	target  target.Flags
	only    []string // names of checks, or nil for all
	json    bool
	timeout time.Duration
	model   *classifier.Model // that the stack is to classify with

	given struct{ only, model string } // as they were given
}

// Register adds the flags to a program's.
func (o *Options) Register(set *flag.FlagSet) {
	o.target.Register(set)
	set.StringVar(&o.given.only, "only", "", "`names` of checks, with commas between them; what they need is run too")
	set.BoolVar(&o.json, "json", false, "print one JSON document in place of the table")
	set.DurationVar(&o.timeout, "timeout", 0, "for everything; a local stack gets 1m unless given, one on AWS 15m")
	set.StringVar(&o.given.model, "model", "", "`file` of the artifact that the stack classifies with, if it is not the built-in one")
}

// Check returns what is wrong with how the flags are used, or nil. It must be called before [Run].
func (o *Options) Check() (err error) {
	if o.timeout < 0 {
		return fmt.Errorf("-timeout %s is less than 0", o.timeout)
	}
	if err := o.target.Check(); err != nil {
		return err
	}
	if o.only, err = parseOnly(o.given.only); err != nil {
		return err
	}
	if o.model, err = readModel(o.given.model); err != nil {
		return err
	}
	if o.target.Stack == "" {
		o.timeout = cmp.Or(o.timeout, localTimeout)
	}
	o.timeout = cmp.Or(o.timeout, deployedTimeout)
	return nil
}

// About lists the checks, for a program's help.
func About() string {
	text := "The checks, in their order:"
	for _, c := range checks {
		text += fmt.Sprintf("\n  %-*s %s", nameWidth, c.name, c.about)
	}
	return text
}

// parseOnly returns the names in a list, together with those of the checks that these need.
func parseOnly(list string) (names []string, err error) {
	if list == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		c := find(name)
		if c == nil {
			return nil, fmt.Errorf("-only %s: there is no check of that name, but %s", name, strings.Join(Names(), ", "))
		}
		names = append(names, name)
		names = append(names, c.needsAll()...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func readModel(path string) (*classifier.Model, error) {
	if path == "" {
		return classifier.Embedded()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("-model: %w", err)
	}
	m, err := classifier.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("-model %s: %w", path, err)
	}
	return m, nil
}
