package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

// AtAPI returns the target of a local stack of which only the API is known: enough for [Demo].
func AtAPI(url, key string) *target.Target {
	return &target.Target{AWS: awsclient.AtEndpoint(url), API: url, APIKey: key}
}

// IsThere tells whether a stack answers at the target's API. The error says that it wants another key.
func IsThere(ctx context.Context, t *target.Target) (bool, error) {
	client := clientOf(t)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	got, err := newAPI(t, client).get(ctx, item.Measurements{}.ID()) // which nobody can store
	if err != nil || got.header.Get("X-Amzn-Requestid") == "" {
		return false, nil
	}
	if got.status == http.StatusForbidden && got.field("message") == "Forbidden" {
		return false, fmt.Errorf("the stack that runs at %s answers %q: give its key with -api-key", t.API, got.field("message"))
	}
	return got.status == http.StatusNotFound && got.field("message") != "", nil
}

// Demo is the check dataset for people who watch: it posts the items of the data set to a stack's API,
// waits until each is classified, and prints what came of them. The items stay. The error says what is
// not as the model has it.
func Demo(ctx context.Context, t *target.Target, m *classifier.Model, stdout, stderr io.Writer) error {
	client := clientOf(t)
	defer client.CloseIdleConnections()
	all := newTrials(newAPI(t, client), m)
	all.hint = " (on a stack that runs, -demo compares with the built-in model)"
	bar := commandline.NewBar(stderr, len(all.all), "items classified")
	all.post(ctx)
	all.await(ctx, func() { _ = bar.Add(1) }) // a broken terminal is no reason to stop
	_ = bar.Finish()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, line := range all.confusion() {
		fmt.Fprintln(stdout, line)
	}
	sum, wrong := all.differences()
	fmt.Fprintf(stdout, "\n%s\n%s\n", all.latencies(), sum)
	if len(wrong) > 0 {
		return faults(wrong.lines())
	}
	return nil
}
