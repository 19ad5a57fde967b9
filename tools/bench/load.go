package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
)

// perBatch is how many items a request may have.
const perBatch = 100

// mostItems is how many items the local part posts at most.
const mostItems = 1_000_000

// poster posts items to an API.
type poster struct {
	client  *http.Client
	url     string
	clients int // that post at the same time
}

// postAll posts items, so many in each request, and returns how long each request took.
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

// post posts n items in one request. The first has a number, and the others have the next ones.
func (p poster) post(ctx context.Context, from, n int) error {
	path, body, status := names.Items(), sample.Object(sample.Nth(from)), http.StatusCreated
	if n > 1 {
		path, body, status = names.Batch(), array(from, n), http.StatusOK
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

// array returns n items as the API takes a batch. The first has a number, and the others the next ones.
func array(from, n int) string {
	var list []string
	for i := range n {
		list = append(list, sample.Object(sample.Nth(from+i)))
	}
	return "[" + strings.Join(list, ",") + "]"
}
