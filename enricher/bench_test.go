package enricher_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"simple-sam-demo/local/stacktest"
)

// replay makes an endpoint cost next to nothing: it repeats the first answer to each
// operation, so that items stay unclassified.
type replay struct {
	mu      sync.Mutex
	answers map[string][]byte
	headers map[string]http.Header
}

func (p *replay) fault(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers[operation] == nil {
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if p.answers[operation], err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
		p.headers[operation] = response.Header
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: p.headers[operation], Request: r,
		Body: io.NopCloser(bytes.NewReader(p.answers[operation])), ContentLength: int64(len(p.answers[operation])),
	}, nil
}

// BenchmarkBatch is what the enricher itself costs. tools/bench compares it with the SDK's calls
// alone.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{10, 100} {
		p := &replay{answers: map[string][]byte{}, headers: map[string]http.Header{}}
		s := stacktest.Build(b, nil, p.fault, io.Discard)
		event := stored(b, s, 1, n)
		h := newHandler(b, s)
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if out, err := h.Handle(b.Context(), event); err != nil || len(out.BatchItemFailures) > 0 {
					b.Fatal(err, out)
				}
			}
		})
	}
}
