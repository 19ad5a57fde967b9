package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// options are the command line.
type options struct {
	template   string
	parameters parameters
	api, aws   string // host:port
	endpoint   string // URL of another AWS endpoint, or ""
	apiKey     string
	demo       bool
}

// parameters are values for the template's parameters.
type parameters map[string]string

func (p parameters) String() string { return "" }

func (p parameters) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("expected Name=value")
	}
	p[name] = value
	return nil
}

var errHelp = flag.ErrHelp

func flags(o *options) *flag.FlagSet {
	o.parameters = parameters{}
	f := flag.NewFlagSet("local", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.template, "template", "template.yaml", "the SAM template to run, a `file`")
	f.Var(o.parameters, "parameter", "`Name=value` of a template parameter; may be repeated")
	f.StringVar(&o.api, "api", "127.0.0.1:3000", "`host:port` of the API")
	f.StringVar(&o.aws, "aws", "127.0.0.1:4566", "`host:port` of the AWS endpoint (SQS and DynamoDB)")
	f.StringVar(&o.endpoint, "endpoint", "", "`URL` of another AWS endpoint, a running emulator say, to use instead")
	f.StringVar(&o.apiKey, "api-key", "", "demand this `key` in the header x-api-key, as the deployed API does")
	f.BoolVar(&o.demo, "demo", false, "post the 150 iris flowers, wait until they are classified, report, and exit")
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
	if o.endpoint != "" {
		u, err := url.Parse(o.endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return o, fmt.Errorf("-endpoint %q is not a URL like http://127.0.0.1:4566", o.endpoint)
		}
	}
	return o, nil
}

func usage() string {
	var text bytes.Buffer
	fmt.Fprintln(&text, "Usage: go run ./local [flags]\n\nRuns the whole of template.yaml on this machine.")
	f := flags(&options{})
	f.SetOutput(&text)
	f.PrintDefaults()
	return text.String()
}
