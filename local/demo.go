package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/latency"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

const (
	demoClients  = 50                    // that post at the same time, so that batches fill
	shortPause   = 2 * time.Millisecond  // between the first two looks at an item; each is twice as long
	longestPause = 64 * time.Millisecond // as the one before, up to this
	demoPatience = 30 * time.Second      // for one item
)

// outcome is what became of one flower.
type outcome struct {
	flower  dataset.Row
	target  string        // as classified by the stack
	latency time.Duration // from POST to CLASSIFIED, as a client sees it; 0 if that did not happen
	err     error
}

// runDemo runs the demo on the stack that runs at -api, or else on one that it starts.
func runDemo(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.anyStack() {
		at, err := findStack(ctx, "http://"+o.api, o.apiKey)
		if err != nil {
			return err
		}
		if at.running {
			fmt.Fprintf(stdout, "the stack that runs at http://%s is used\n", o.api)
			return demo(ctx, "http://"+o.api, o.apiKey, at.signed, stdout, stderr)
		}
	}
	o.useFreePorts()
	return withStack(ctx, o, stderr, func(b banner) error {
		return demo(ctx, "http://"+b.api, o.apiKey, b.signed, stdout, stderr)
	})
}

// found says what answers at an address: whether it is a local stack, and whether requests must be signed.
type found struct{ running, signed bool }

// findStack looks for a local stack at an API's URL. If the stack demands a signature, it answers an unsigned
// request with "Missing Authentication Token". Then findStack asks once more, with a signature.
func findStack(ctx context.Context, api, key string) (found, error) {
	status, message := ask(ctx, awsclient.DirectTransport(), api, key)
	signed := status == http.StatusForbidden && message == "Missing Authentication Token"
	if signed {
		status, message = ask(ctx, apigateway.Signer{Next: awsclient.DirectTransport()}, api, key)
	}
	if status == http.StatusForbidden && message == "Forbidden" {
		return found{}, fmt.Errorf("the stack that runs at %s answers %q: give its key with -api-key", api, message)
	}
	return found{running: status == http.StatusNotFound, signed: signed}, nil
}

// ask asks for an item that nobody can store. It returns the status and the message of the answer. The status
// is 0 if nobody answers, or if the answer does not look like that of a local stack.
func ask(ctx context.Context, transport http.RoundTripper, api, key string) (status int, message string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/v0/iris/"+item.Measurements{}.ID(), nil)
	if err != nil {
		return 0, ""
	}
	request.Header.Set("X-Api-Key", key)
	client := &http.Client{Transport: transport, Timeout: 2 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	var answer struct{ Message string }
	err = json.NewDecoder(response.Body).Decode(&answer)
	if err != nil || answer.Message == "" || response.Header.Get("X-Amzn-Requestid") == "" {
		return 0, ""
	}
	return response.StatusCode, answer.Message
}

// demo posts the 150 flowers, waits until each is classified and reports. Its error
// says what was not as the reference model has it.
func demo(ctx context.Context, api, key string, signed bool, stdout, stderr io.Writer) error {
	direct := awsclient.DirectTransport()
	defer direct.CloseIdleConnections()
	var transport http.RoundTripper = direct
	if signed {
		transport = apigateway.Signer{Next: direct}
	}
	client := demoClient{http: &http.Client{Transport: transport}, url: api + "/v0/iris", key: key}
	flowers := dataset.Rows()
	outcomes := make([]outcome, len(flowers))
	bar := commandline.NewBar(stderr, len(flowers), "flowers classified")
	var running sync.WaitGroup
	next := make(chan int)
	for range demoClients {
		running.Go(func() {
			for i := range next {
				outcomes[i] = client.classify(ctx, flowers[i])
				_ = bar.Add(1) // a broken terminal is no reason to stop
			}
		})
	}
	for i := range flowers {
		next <- i
	}
	close(next)
	running.Wait()
	_ = bar.Finish()
	if ctx.Err() != nil {
		return errors.New("demo interrupted")
	}
	return report(stdout, outcomes)
}

type demoClient struct {
	http     *http.Client
	url, key string
}

// classify posts a flower and looks at it until it is classified.
func (c demoClient) classify(ctx context.Context, flower dataset.Row) outcome {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	o := outcome{flower: flower}
	measurements := map[string]float64{}
	for i, feature := range item.Features {
		measurements[feature.Name] = flower.Measurements[i]
	}
	body, err := json.Marshal(measurements)
	if err != nil {
		o.err = err
		return o
	}
	start := time.Now()
	posted, err := c.call(ctx, http.MethodPost, c.url, body)
	known := posted.Status != item.Pending
	for pause := shortPause; err == nil && posted.Status == item.Pending; pause = min(2*pause, longestPause) {
		time.Sleep(pause)
		posted, err = c.call(ctx, http.MethodGet, c.url+"/"+posted.ID, nil)
	}
	o.target, o.err = posted.Target, err
	switch {
	case err != nil:
	case posted.Status != item.Classified:
		o.err = fmt.Errorf("item %s is %s", posted.ID, posted.Status)
	case !known:
		o.latency = time.Since(start)
	}
	return o
}

type demoItem struct {
	ID     string      `json:"id"`
	Status item.Status `json:"status"`
	Target string      `json:"pred_target"`
}

func (c demoClient) call(ctx context.Context, method, url string, body []byte) (demoItem, error) {
	var item demoItem
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return item, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", c.key)
	response, err := c.http.Do(request)
	if err != nil {
		return item, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return item, err
	}
	if response.StatusCode/100 != 2 {
		return item, fmt.Errorf("%s %s: %s %s", method, url, response.Status, text)
	}
	return item, json.Unmarshal(text, &item)
}

// report prints the confusion table and the latencies.
func report(w io.Writer, outcomes []outcome) error {
	classes := []string{"setosa", "versicolor", "virginica"}
	confusion := map[[2]string]int{}
	var latencies []time.Duration
	var wrong []error
	asReference := 0
	for _, o := range outcomes {
		confusion[[2]string{o.flower.Class, o.target}]++
		if o.latency > 0 {
			latencies = append(latencies, o.latency)
		}
		switch {
		case o.err != nil:
			wrong = append(wrong, o.err)
		case o.target != o.flower.PredTarget:
			wrong = append(wrong, fmt.Errorf("%v is classified as %s; the reference model says %s", o.flower.Measurements, o.target, o.flower.PredTarget))
		default:
			asReference++
		}
	}
	fmt.Fprintf(w, "%-12s", "species")
	for _, c := range classes {
		fmt.Fprintf(w, "%12s", c)
	}
	fmt.Fprintln(w, "   <- classified as")
	for _, species := range classes {
		fmt.Fprintf(w, "%-12s", species)
		for _, c := range classes {
			fmt.Fprintf(w, "%12d", confusion[[2]string{species, c}])
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	switch {
	case len(latencies) > 0:
		percentile := func(p int) time.Duration { return latency.Percentile(latencies, p).Round(100 * time.Microsecond) }
		fmt.Fprintf(w, "POST to CLASSIFIED: p50 %s, p99 %s (of %d new flowers)\n", percentile(50), percentile(99), len(latencies))
	case len(wrong) < len(outcomes):
		fmt.Fprintln(w, "the stack had classified these flowers before, so no latency was measured")
	}
	fmt.Fprintf(w, "%d of %d are predicted as by the reference model\n", asReference, len(outcomes))
	const shown = 5 // of what went wrong; more of the same would bury it
	if len(wrong) > shown {
		wrong = append(wrong[:shown:shown], fmt.Errorf("and %d more", len(wrong)-shown))
	}
	return errors.Join(wrong...)
}
