package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/console"
	"simple-sam-demo/shared/awsclient"
)

// noConsole is the value of -console that leaves the page out.
const noConsole = "none"

// nextTo returns the address of the page when none is given: the port after the API's, on this
// machine only, or "" if that was the last port. A free one goes with a free one.
func nextTo(api string) string {
	_, text, _ := net.SplitHostPort(api) // it was checked
	port, _ := strconv.Atoi(text)
	switch port {
	case 65535:
		return ""
	case 0:
	default:
		port++
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// serveConsole serves the page of a stack until stop is called, and notes its address in the banner. An
// address that nobody has asked for may be in use.
func serveConsole(ctx context.Context, o options, b *banner) (stop func(), err error) {
	switch o.console {
	case noConsole:
		return func() {}, nil
	case "":
		b.console = "none, as no port comes after the API's; -console host:port chooses an address"
		return func() {}, nil
	}
	listener, err := commandline.Listen("-console", o.console)
	if err != nil && !o.given["console"] {
		b.console = "none, as " + o.console + " is in use; -console host:port chooses another address"
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := consoleStack(ctx, *b)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	b.console = "http://" + commandline.Reachable(listener)
	b.warn(listener, "the page (-console)")
	ctx, end := context.WithCancel(ctx)
	server := startServer(listener, console.New(ctx, s, console.Options{Exposed: commandline.IsExposed(listener)}))
	return func() {
		end() // of the streams to the browsers
		server.stop(grace)
	}, nil
}

// consoleStack says how the page reaches the stack: as any other client on this machine.
func consoleStack(ctx context.Context, b banner) (console.Stack, error) {
	s := console.Stack{
		AWS: awsclient.AtEndpoint(b.endpoint), HTTP: awsclient.EndpointClient(0), API: "http://" + b.api, APIKey: b.apiKey,
		Table: b.table, QueueURL: b.queue, DeadLettersURL: b.deadLetterQueue,
	}
	for url, arn := range map[string]*string{s.QueueURL: &s.QueueARN, s.DeadLettersURL: &s.DeadLetterARN} {
		out, err := sqs.NewFromConfig(s.AWS).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
		})
		if err != nil {
			return s, fmt.Errorf("look up queue %s for the page: %w", url, err)
		}
		*arn = out.Attributes[string(types.QueueAttributeNameQueueArn)]
	}
	if parts := strings.Split(s.QueueARN, ":"); len(parts) == 6 {
		s.Region, s.Account = parts[3], parts[4]
	}
	return s, nil
}
