package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/verify"
	"simple-sam-demo/shared/awsclient"
)

// runDemo runs the demo on the stack that runs at -api, or else on one that it starts.
func runDemo(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.anyStack() {
		running := verify.AtAPI("http://"+o.api, o.apiKey)
		found, err := verify.IsThere(ctx, running)
		if err != nil {
			return err
		}
		if found && o.given["aws"] {
			return fmt.Errorf("-aws has no effect on the stack that runs at http://%s: leave -aws out, or choose another address with -api host:port", o.api)
		}
		if found {
			fmt.Fprintf(stdout, "the stack that runs at http://%s is used\n", o.api)
			model, err := classifier.Embedded()
			if err != nil {
				return err
			}
			return verify.Demo(ctx, running, model, stdout, stderr)
		}
	}
	o.useFreePorts()
	return withStack(ctx, o, stderr, func(b banner) error {
		fmt.Fprintf(stdout, "the demo has started a stack of its own, with the API on http://%s\n", b.api)
		model, err := modelAt(ctx, b)
		if err != nil {
			return err
		}
		return verify.Demo(ctx, verify.AtAPI("http://"+b.api, o.apiKey), model, stdout, stderr)
	})
}

// modelAt returns the model that the enricher of a stack has loaded.
func modelAt(ctx context.Context, b banner) (*classifier.Model, error) {
	served, err := classifier.New(b.modelURI, awsclient.AtEndpoint(b.endpoint), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return served.Current(ctx, nil), nil // it has only begun, and looks for no newer one
}
