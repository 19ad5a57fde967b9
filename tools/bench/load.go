package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"simple-sam-demo/shared/iris"
)

// perBatch is how many flowers a request may have.
const perBatch = 100

// mostFlowers is how many different flowers there are.
const mostFlowers = 1_000_000

// poster posts flowers to an API.
type poster struct {
	client  *http.Client
	url     string
	clients int // that post at the same time
}

// postAll posts flowers, so many in each request, and returns how long each request took.
func (p poster) postAll(ctx context.Context, items, each int) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	requests := items / each
	taken := make([]time.Duration, requests)
	next := make(chan int)
	var running sync.WaitGroup
	for range p.clients {
		running.Go(func() {
			for i := range next {
				begin := time.Now()
				if err := p.post(ctx, i*each, each); err != nil {
					cancel(err)
				}
				taken[i] = time.Since(begin)
			}
		})
	}
	for i := range requests {
		next <- i
	}
	close(next)
	running.Wait()
	return taken, context.Cause(ctx)
}

// post posts n flowers in one request. The first has a number, and the others have the next ones.
func (p poster) post(ctx context.Context, from, n int) error {
	path, body, status := "/v0/iris", flower(from), http.StatusCreated
	if n > 1 {
		path, body, status = "/v0/iris/batch", flowers(from, n), http.StatusOK
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != status, n > 1 && !strings.Contains(string(answer), `"rejected":0,"failed":0,`):
		return fmt.Errorf("%s answered %s %.200s", path, response.Status, answer)
	}
	return nil
}

// flowers returns n flowers as the API takes a batch. The first has a number, and the others the next ones.
func flowers(from, n int) string {
	var list []string
	for i := range n {
		list = append(list, flower(from+i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// measurements returns the measurements of a flower. They differ for all n from 0 up to mostFlowers.
func measurements(n int) iris.Measurements {
	return iris.Measurements{float64(1+n%1000) / 10, float64(1+n/1000%1000) / 10, 1.4, 0.2}
}

// flower returns a flower as the API takes it.
func flower(n int) string {
	var fields []string
	for i, feature := range iris.Features {
		fields = append(fields, fmt.Sprintf("%q:%v", feature, measurements(n)[i]))
	}
	return "{" + strings.Join(fields, ",") + "}"
}
