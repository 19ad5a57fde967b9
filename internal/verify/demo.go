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

// lookTimeout is how long a stack may take to answer whether it is there. A busy machine makes it slow.
const lookTimeout = 10 * time.Second

// IsThere tells whether a stack answers at the target's API. The error says that it is broken, or wants another key.
func IsThere(ctx context.Context, t *target.Target) (bool, error) {
	client := clientOf(t)
	defer client.CloseIdleConnections()
	return isThere(ctx, newAPI(t, client))
}

func isThere(ctx context.Context, a *api) (bool, error) {
	within, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	got, err := a.get(within, item.Measurements{}.ID()) // which nobody can store
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case within.Err() != nil:
		return false, fmt.Errorf("%s has not answered within %s: stop what listens there, or choose another address with -api host:port", a.url, lookTimeout)
	case err != nil || got.header.Get("X-Amzn-Requestid") == "":
		return false, nil
	case got.wantsKey():
		return false, keyError(a)
	case got.status >= http.StatusInternalServerError:
		return false, fmt.Errorf("the stack that runs at %s is broken, it answers %s: see what it prints and start it again, or choose another address with -api host:port", a.url, got)
	}
	return got.status == http.StatusNotFound && got.field("message") != "", nil
}

// keyError says that the API wants a key, or another one.
func keyError(a *api) error {
	return fmt.Errorf("the stack that runs at %s answers \"Forbidden\": give its key with -api-key", a.url)
}

// checkAPIKey returns an error if the API wants another key. What else may be wrong with it, the checks say.
func checkAPIKey(ctx context.Context, a *api) error {
	within, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if got, err := a.get(within, item.Measurements{}.ID()); err == nil && got.wantsKey() {
		return keyError(a)
	}
	return nil
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
