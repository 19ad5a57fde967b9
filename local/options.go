package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// options are the command line.
type options struct {
	template   string
	parameters map[string]string
	api, aws   string // host:port
	endpoint   string // URL of another AWS endpoint, or ""
	apiKey     string
	demo       bool
	given      map[string]bool // flags, by name
}

// anyStack tells whether the demo may run on a stack that is there already. It may not when a flag
// says what the stack is made of.
func (o options) anyStack() bool {
	return !o.given["template"] && !o.given["parameter"] && !o.given["endpoint"]
}

// useFreePorts is for a stack whose addresses nobody needs to know, unless they were given.
func (o *options) useFreePorts() {
	for name, address := range map[string]*string{"api": &o.api, "aws": &o.aws} {
		if !o.given[name] {
			*address = "127.0.0.1:0"
		}
	}
}

var errHelp = flag.ErrHelp

func flags(o *options) *flag.FlagSet {
	o.parameters = map[string]string{}
	f := flag.NewFlagSet("local", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.template, "template", "template.yaml", "the SAM template to run, a `file`; without this flag also one in a folder above")
	f.Func("parameter", "`Name=value` of a template parameter; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return errors.New("expected Name=value")
		}
		o.parameters[name] = value
		return nil
	})
	f.StringVar(&o.api, "api", "127.0.0.1:3000", "`host:port` of the API, or a port alone")
	f.StringVar(&o.aws, "aws", "127.0.0.1:4566", "`host:port` of the AWS endpoint (SQS and DynamoDB), or a port alone")
	f.StringVar(&o.endpoint, "endpoint", "", "`URL` of another AWS endpoint, a running emulator say, to use instead")
	f.StringVar(&o.apiKey, "api-key", "", "demand this `key` in the header x-api-key, as the deployed API does")
	f.BoolVar(&o.demo, "demo", false, "post the 150 iris flowers, wait until they are classified, report, and exit: on the stack that runs at -api, or else on one that is started for this, on free ports")
	return f
}

func parseOptions(args []string) (options, error) {
	var o options
	f := flags(&o)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	o.given = map[string]bool{}
	f.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	for name, given := range map[string]*string{"-api": &o.api, "-aws": &o.aws} {
		var err error
		if *given, err = address(*given); err != nil {
			return o, fmt.Errorf("can't listen on %s (%s): %w", *given, name, err)
		}
	}
	if o.endpoint != "" {
		u, err := url.Parse(o.endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return o, fmt.Errorf("-endpoint %q is not a URL like http://127.0.0.1:4566", o.endpoint)
		}
	}
	return o, nil
}

// address returns the host:port that a flag means.
func address(text string) (string, error) {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", text), nil
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return text, errors.New("an address is host:port, like 127.0.0.1:3000, or a port alone, like 3000")
	}
	return text, nil
}

func usage() string {
	var text bytes.Buffer
	fmt.Fprintln(&text, "Usage: go run ./local [flags]\n\nRuns the whole of template.yaml on this machine.")
	f := flags(&options{})
	f.SetOutput(&text)
	f.PrintDefaults()
	return text.String()
}
