package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"

	"simple-sam-demo/internal/commandline"
)

// options are the command line.
type options struct {
	template   string
	parameters map[string]string
	api, aws   string // host:port
	endpoint   string // URL of another AWS endpoint, or ""
	apiKey     string
	demo       bool
	worker     bool
	console    string          // host:port of the page, or noConsole, or "" if there is no port for it
	given      map[string]bool // flags, by name
}

// enricherEnabled is the template's parameter that says whether the function consumes the queue.
const enricherEnabled = "EnricherEnabled"

// anyStack tells whether the demo may run on a stack that is there already. It may not when a flag
// says what the stack is made of.
func (o options) anyStack() bool {
	return !o.worker && !o.given["template"] && !o.given["parameter"] && !o.given["endpoint"]
}

// useFreePorts is for a stack whose addresses nobody needs to know, unless they were given.
func (o *options) useFreePorts() {
	for name, address := range map[string]*string{"api": &o.api, "aws": &o.aws} {
		if !o.given[name] {
			*address = "127.0.0.1:0"
		}
	}
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path:  "./local",
		About: "Runs the whole of template.yaml on this machine.",
		Flags: func(f *flag.FlagSet) {
			o.parameters = map[string]string{}
			f.StringVar(&o.template, "template", "template.yaml", "the SAM template to run, a `file`; without this flag also one in a folder above")
			f.Func("parameter", "`Name=value` of a template parameter; may be repeated", func(text string) error {
				name, value, ok := strings.Cut(text, "=")
				if !ok || name == "" {
					return errors.New("expected Name=value")
				}
				if value == `""` { // as sam has it
					return fmt.Errorf("write %s= for an empty value, without quotes", name)
				}
				o.parameters[name] = value
				return nil
			})
			f.StringVar(&o.api, "api", "127.0.0.1:3000", "`host:port` of the API, or a port alone for this machine only")
			f.StringVar(&o.aws, "aws", "127.0.0.1:4566", "`host:port` of the AWS endpoint (SQS and DynamoDB), or a port alone for this machine only")
			f.StringVar(&o.endpoint, "endpoint", "", "`URL` of another AWS endpoint, a running emulator say, to use instead")
			f.StringVar(&o.apiKey, "api-key", "", "demand this `key` in the header x-api-key, as the deployed API does")
			f.StringVar(&o.console, "console", "", "`host:port` of the page that shows the stack, or a port alone, or none; the port after the API's unless given")
			f.BoolVar(&o.worker, "worker", false, "let a worker consume the queue in the place of the enricher's function; with -parameter EnricherEnabled=true, both do")
			f.BoolVar(&o.demo, "demo", false, "post the items of the data set, wait until they are classified, report, and exit: on the stack that runs at -api, or else on one that is started for this, on free ports")
		},
		Check: o.check,
	}
}

// check finds values that cannot be used, and completes the addresses.
func (o *options) check(f *flag.FlagSet) (err error) {
	o.given = map[string]bool{}
	f.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	for name, given := range map[string]*string{"-api": &o.api, "-aws": &o.aws} {
		if *given, err = commandline.Address(name, *given); err != nil {
			return err
		}
	}
	switch {
	case o.endpoint != "" && o.given["aws"]:
		return errors.New("-aws has no effect with -endpoint: leave one of the two out")
	case !o.given["console"]:
		o.console = nextTo(o.api)
	case o.demo:
		return errors.New("-console has no effect with -demo: leave one of the two out")
	case o.console != noConsole:
		if o.console, err = commandline.Address("-console", o.console); err != nil {
			return err
		}
	}
	if o.endpoint != "" {
		u, err := url.Parse(o.endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("-endpoint %q is not a URL like http://127.0.0.1:4566", o.endpoint)
		}
	}
	return nil
}
