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
	localTimeout    = 3 * time.Minute  // three checks wait for the BatchWindow, and dataset can too
	deployedTimeout = 15 * time.Minute // of which CloudWatch takes some
)

// Options say which stack is looked at, and how.
type Options struct {
	Target  target.Flags
	Only    string        // names of checks, with commas between them; or "" for all
	JSON    bool          // print one JSON document
	Timeout time.Duration // for everything; 0 for [DefaultTimeout]
	Model   string        // file of the artifact that the stack classifies with; or "" for the embedded one

	only  []string // names of checks, or nil for all
	model *classifier.Model
}

// DefaultTimeout is the timeout for a stack, unless another is given.
func DefaultTimeout(f target.Flags) time.Duration {
	if f.Stack == "" {
		return localTimeout
	}
	return deployedTimeout
}

// Register adds the flags to a program's.
func (o *Options) Register(set *flag.FlagSet) {
	o.Target.Register(set)
	set.StringVar(&o.Only, "only", "", "`names` of checks, with commas between them; what they need is run too (with -ask, names of questions)")
	set.BoolVar(&o.JSON, "json", false, "print one JSON document in place of the table")
	set.DurationVar(&o.Timeout, "timeout", 0, "for everything; a local stack gets 3m unless given, one on AWS 15m")
	set.StringVar(&o.Model, "model", "", "`file` of the artifact that the stack classifies with, if it is not the built-in one")
}

// Check returns what is wrong with how the flags are used, or nil. It must be called before [Run].
func (o *Options) Check() (err error) {
	if o.Timeout < 0 {
		return fmt.Errorf("-timeout %s is less than 0", o.Timeout)
	}
	if err := o.Target.Check(); err != nil {
		return err
	}
	if o.only, err = parseOnly(o.Only); err != nil {
		return err
	}
	if o.model, err = readModel(o.Model); err != nil {
		return err
	}
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout(o.Target))
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
