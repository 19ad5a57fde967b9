package stack

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/reader"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/writer"
)

// starter starts a function the way its lambda/main.go does.
type starter func(getenv func(string) string, cfg aws.Config, log *slog.Logger) (handle any, err error)

// starters is the one place that knows which package a logical id stands for: the
// template knows it only as the name of a binary.
var starters = map[string]starter{
	"WriterFunction":   starts(writer.New, func(h *writer.Handler) any { return h.Handle }),
	"ReaderFunction":   starts(reader.New, func(h *reader.Handler) any { return h.Handle }),
	"EnricherFunction": starts(enricher.New, func(h *enricher.Handler) any { return h.Handle }),
}

func starts[H any](start func(func(string) string, aws.Config, *slog.Logger) (H, error), handle func(H) any) starter {
	return func(getenv func(string) string, cfg aws.Config, log *slog.Logger) (any, error) {
		h, err := start(getenv, cfg, log)
		if err != nil {
			return nil, err
		}
		return handle(h), nil
	}
}

// names are the other logical ids that programs of this module know.
var names = map[string]string{
	"EnrichQueue":           "AWS::SQS::Queue",
	"EnrichDeadLetterQueue": "AWS::SQS::Queue",
}

// checkNames refuses a template that calls something by another name than this module.
func checkNames(t *template.Template) error {
	for _, id := range slices.Sorted(maps.Keys(names)) {
		if has := t.LogicalIDs(names[id]); !slices.Contains(has, id) {
			return fmt.Errorf("the template has no %s called %s, as local/stack/functions.go has it, but %s",
				names[id], id, cmp.Or(strings.Join(has, ", "), "none"))
		}
	}
	for _, id := range t.LogicalIDs("AWS::Serverless::Function") {
		if _, ok := starters[id]; !ok {
			return fmt.Errorf("function %s of the template has no handler in local/stack/functions.go, which has %s",
				id, strings.Join(slices.Sorted(maps.Keys(starters)), ", "))
		}
	}
	return nil
}

func newFunction(cfg Config, f template.Function) (*lambda.Function, error) {
	start, env, awsConfig, log := starters[f.LogicalID], getenv(f), cfg.FunctionAWS(f.LogicalID), functionLogger(cfg, f)
	function := &lambda.Function{
		Name:    f.LogicalID,
		Timeout: f.Timeout,
		Log:     log,
		Start: func() (awslambda.Handler, error) {
			handle, err := start(env, awsConfig, log)
			if err != nil {
				return nil, err
			}
			return awslambda.NewHandler(handle), nil
		},
	}
	if cfg.Environment != nil {
		function.Start = cfg.Environment(f.LogicalID, function.Start)
	}
	// A first start here tells of a missing variable before the first request does.
	_, err := function.Start()
	return function, err
}

// getenv looks up the environment variables that a function has on Lambda.
func getenv(f template.Function) func(name string) string {
	return func(name string) string { return f.Environment[name] }
}

// FunctionAWS is the SDK's configuration of a function.
func (c Config) FunctionAWS(logicalID string) aws.Config {
	cfg := c.callerAWS(logicalID, awsclient.AttemptTimeout)
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		// As on AWS, where the session of a function's role is called like the function, SQS
		// shows who has sent a message.
		return aws.Credentials{AccessKeyID: roleID + ":" + logicalID, SecretAccessKey: "local"}, nil
	})
	return cfg
}

// callerAWS is the SDK's configuration of whoever makes AWS calls, with an HTTP client of its
// own. timeout is for one HTTP exchange; 0 is none.
func (c Config) callerAWS(caller string, timeout time.Duration) aws.Config {
	cfg, transport := c.AWS.Config(), c.AWS.transport()
	if c.Transport != nil {
		transport = c.Transport(caller, transport)
	}
	cfg.HTTPClient = &http.Client{Transport: transport, Timeout: timeout}
	if c.Retryer != nil {
		cfg.Retryer = c.Retryer
	}
	return cfg
}
