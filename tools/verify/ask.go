package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/questions"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/internal/verify"
	"simple-sam-demo/shared/awsclient"
)

// plan says what will be done where, and what it costs.
const plan = `%s

%s
(at AWS's prices of November 2026 in us-east-1, without a free tier).
The queues and the table are its own, with random names, and are deleted at the end. The API gets only requests that change nothing.

`

const (
	// How long a question waits for something that may never happen.
	localPatience    = 500 * time.Millisecond
	deployedPatience = 10 * time.Second

	// longestClearing is how long it may take to delete the queues and the table. DynamoDB takes some seconds
	// to create a table, and deletes none that it still creates.
	longestClearing = time.Minute

	// apiTimeout is how long to wait for an answer of the API. API Gateway itself waits 29 s for a function.
	apiTimeout = 30 * time.Second
)

// askOptions are the flags of -ask, which asks questions in place of doing checks.
type askOptions struct {
	on     bool
	yes    bool
	record string   // file to write answers to, or ""
	only   []string // names of questions
}

func (a *askOptions) register(f *flag.FlagSet) {
	f.BoolVar(&a.on, "ask", false, "ask what AWS's documentation leaves open, with queues and a table of its own, in place of the checks")
	f.BoolVar(&a.yes, "yes", false, "with -ask: do it, which costs what the command says without -yes")
	f.StringVar(&a.record, "record", "", "with -ask and -stack: also write the answers of AWS into this `file`, which has the questions already, as internal/questions/answers.json and its copies")
}

// aboutQuestions lists the questions for the help.
func aboutQuestions() string {
	return "\nThe questions of -ask: " + strings.Join(questions.Names(), ", ") + "."
}

// check returns what is wrong with the flags of a run with or without -ask.
func (a *askOptions) check(o *verify.Options) error {
	switch {
	case !a.on && (a.yes || a.record != ""):
		return errors.New("-yes and -record have no effect without -ask")
	case !a.on:
		return o.Check()
	case o.Timeout < 0:
		return fmt.Errorf("-timeout %s is less than 0", o.Timeout)
	case o.Model != "":
		return errors.New("-model has no effect with -ask: leave one of the two out")
	case a.record != "" && (o.Target.Stack == "" || o.Target.Endpoint != ""):
		return errors.New("-record needs -stack without -endpoint: it is for the answers of AWS")
	}
	if a.record != "" {
		if err := checkRecord(a.record); err != nil {
			return err
		}
	}
	place := o.Target
	place.API = cmp.Or(place.API, place.Endpoint) // without an API, there are just fewer questions
	if err := place.Check(); err != nil {
		return err
	}
	o.Timeout = cmp.Or(o.Timeout, verify.DefaultTimeout(o.Target))
	a.only = questions.Names()
	if o.Only != "" {
		a.only = strings.Split(o.Only, ",")
	}
	for _, name := range a.only {
		if questions.Find(name) == nil {
			return fmt.Errorf("-only %s: there is no question of that name, but %s", name, strings.Join(questions.Names(), ", "))
		}
	}
	return nil
}

// checkRecord finds a file that can't be read or written, before anything is asked.
func checkRecord(file string) error {
	text, err := os.ReadFile(file)
	if err == nil {
		_, err = questions.Record(text, nil, "", "", time.Now())
	}
	if err != nil {
		return fmt.Errorf("-record %s: %w", file, err)
	}
	return commandline.CheckOutput("-record", file)
}

// ask says what it costs, asks the questions, and returns the exit status.
func (a *askOptions) ask(ctx context.Context, o verify.Options, stdout, stderr io.Writer) int {
	start := time.Now()
	lookup, cancel := context.WithDeadline(ctx, start.Add(o.Timeout))
	defer cancel()
	t, err := findForQuestions(lookup, o.Target)
	if err != nil {
		return commandline.Program{Path: "./tools/verify"}.End(ctx, err, stderr)
	}
	if a.record != "" && t.Elsewhere() != "" {
		fmt.Fprintf(stderr, "verify: -record is for the answers of AWS, and AWS_ENDPOINT_URL or the profile says that the stack is%s\n", t.Elsewhere())
		return commandline.WrongUsage
	}
	r := &askReport{w: stdout, json: o.JSON, place: nameOf(t), region: t.AWS.Region, cost: questions.CostOf(a.only, t.API != "")}
	patience := localPatience
	if !isLoopback(o.Target.Endpoint) {
		patience = deployedPatience
		where := r.place
		if t.IsDeployed() {
			where = t.String()
		}
		fmt.Fprintf(stderr, plan, where, r.cost)
		if !a.yes {
			fmt.Fprintln(stderr, "verify: nothing has been asked: -yes asks")
			return commandline.WrongUsage
		}
	}
	leftBehind := a.askAt(ctx, questions.NewPlace(t.AWS, apiOf(t), patience), start, o, r, stderr)
	status := r.finish(time.Since(start), leftBehind)
	if err := r.record(a.record, "go run ./tools/verify -ask"); err != nil {
		fmt.Fprintf(stderr, "verify: %v\n", err)
		return commandline.Failed
	}
	return status
}

// askAt asks the questions at a place, and deletes what was made for them. It returns what it could not delete.
func (a *askOptions) askAt(ctx context.Context, place *questions.Place, start time.Time, o verify.Options, r *askReport, stderr io.Writer) (leftBehind []string) {
	end := start.Add(o.Timeout)
	reserve := min(longestClearing, o.Timeout/4)
	asking, done := context.WithDeadline(ctx, end.Add(-reserve))
	defer done()
	r.begin()
	place.Ask(asking, a.only, r.add)
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "verify: interrupted; deleting the queues and the table. A second Ctrl-C leaves them")
		end = time.Now().Add(longestClearing)
	}
	clearing, cleared := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cleared()
	return place.Clear(clearing)
}

// findForQuestions looks up a stack. An endpoint needs none: SQS and DynamoDB are enough.
func findForQuestions(ctx context.Context, f target.Flags) (*target.Target, error) {
	if f.Stack != "" {
		return target.Find(ctx, f)
	}
	config, err := target.LoadConfig(ctx, f.Endpoint)
	return &target.Target{AWS: config, API: strings.TrimRight(f.API, "/"), APIKey: f.APIKey}, err
}

// nameOf names who answers. The account is not in it, because the answers may be published.
func nameOf(t *target.Target) string {
	if t.IsDeployed() {
		return "AWS, region " + t.AWS.Region + t.Elsewhere()
	}
	return aws.ToString(t.AWS.BaseEndpoint)
}

// apiOf returns the API of a target, or nil if it has none.
func apiOf(t *target.Target) *questions.API {
	if t.API == "" {
		return nil
	}
	client := &http.Client{Timeout: apiTimeout}
	if !t.IsDeployed() {
		client.Transport = awsclient.DirectTransport()
	}
	return &questions.API{Client: client, URL: t.API, Key: t.APIKey, Credentials: t.AWS.Credentials, Region: t.AWS.Region}
}

// isLoopback tells whether an endpoint is on this machine, where nothing costs anything.
func isLoopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
