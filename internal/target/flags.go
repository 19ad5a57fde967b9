package target

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
)

// Flags are the command line's answer to the question which stack is meant.
type Flags struct {
	Stack    string // name of a CloudFormation stack, or ""
	Endpoint string // URL in place of AWS, or ""
	API      string // URL, or "" for the stack's output
	APIKey   string // or "" for the stack's own
}

// Register adds -stack, -endpoint, -api and -api-key to a program's flags.
func (f *Flags) Register(set *flag.FlagSet) {
	set.StringVar(&f.Stack, "stack", "", "`name` of the CloudFormation stack to look at")
	set.StringVar(&f.Endpoint, "endpoint", "", "`URL` of a local stack's SQS and DynamoDB to use in place of AWS")
	set.StringVar(&f.API, "api", "", "`URL` of the API; with -stack, that of its output unless given")
	set.StringVar(&f.APIKey, "api-key", "", "`key` to send as x-api-key; with -stack, the stack's own unless given")
}

// Check returns what is wrong with how the flags are used, or nil.
func (f *Flags) Check() error {
	for _, given := range []struct{ name, url string }{{"-endpoint", f.Endpoint}, {"-api", f.API}} {
		if given.url != "" && !isURL(given.url) {
			return fmt.Errorf("%s %q is not a URL like http://127.0.0.1:4566", given.name, given.url)
		}
	}
	switch {
	case f.Stack == "" && f.Endpoint == "":
		return errors.New("which stack? Give -stack NAME for one on AWS, or -endpoint URL and -api URL for a local one")
	case f.Stack == "" && f.API == "":
		return errors.New("-endpoint needs -api, the URL of the local stack's API, which `go run ./local` prints")
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
