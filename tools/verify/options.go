package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
)

const (
	localTimeout    = time.Minute
	deployedTimeout = 15 * time.Minute // of which CloudWatch takes some
)

type options struct {
	target  target.Flags
	only    []string // names of checks, or nil for all
	json    bool
	timeout time.Duration
	model   *classifier.Model // that the stack is to classify with
	ask     askOptions
}

func (o *options) program() commandline.Program {
	var only, model string
	return commandline.Program{
		Path:  "./tools/verify",
		Usage: "-stack NAME | -endpoint URL -api URL  [flags]",
		About: "Posts flowers to a stack, and says what holds and what does not.\n" + aboutChecks() + aboutQuestions(),
		Flags: func(f *flag.FlagSet) {
			o.target.Register(f)
			f.StringVar(&only, "only", "", "`names` of checks, with commas between them; what they need is run too (with -ask, names of questions)")
			f.BoolVar(&o.json, "json", false, "print one JSON document in place of the table")
			f.DurationVar(&o.timeout, "timeout", 0, "for everything; a local stack gets 1m unless given, one on AWS 15m")
			o.ask.register(f)
			f.StringVar(&model, "model", "", "`file` of the artifact that the stack classifies with, if it is not the built-in one")
		},
		Check: func(*flag.FlagSet) error { return o.check(only, model) },
	}
}

func (o *options) check(only, model string) (err error) {
	if o.timeout < 0 {
		return fmt.Errorf("-timeout %s is less than 0", o.timeout)
	}
	if err := o.ask.check(o, only, model); err != nil {
		return err
	}
	if !o.ask.on {
		if err := o.target.Check(); err != nil {
			return err
		}
		if o.only, err = parseOnly(only); err != nil {
			return err
		}
		if o.model, err = readModel(model); err != nil {
			return err
		}
	}
	if o.target.Stack == "" {
		o.timeout = cmp.Or(o.timeout, localTimeout)
	}
	o.timeout = cmp.Or(o.timeout, deployedTimeout)
	return nil
}

// aboutChecks lists the checks for the help.
func aboutChecks() string {
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
			return nil, fmt.Errorf("-only %s: there is no check of that name, but %s", name, strings.Join(checkNames(), ", "))
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
