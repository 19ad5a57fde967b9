package console

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

const (
	// sampleSize is how many items the scatter shows at most. More would be a blot.
	sampleSize = 2000

	// sampleParts is how many parts of the table it reads for that. One has up to 1 MB, and 2,000 items take
	// half of one, unless somebody has stored long texts.
	sampleParts = 10

	localSampleAge    = time.Second
	deployedSampleAge = 10 * time.Second // reading 2,000 items takes some 60 units
)

// sampler reads the table's first items, for all browsers at once.
type sampler struct {
	table *table.Table

	mu     sync.Mutex
	sample part
}

// part is some of the table's items.
type part struct {
	Items []item.Item
	Whole bool    // it is all of them
	Units float64 // read capacity units that it took
	err   error
	at    time.Time
}

// get returns a sample that is not older than an age.
func (s *sampler) get(ctx context.Context, age time.Duration) (part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sample.at.IsZero() && time.Since(s.sample.at) < age {
		return s.sample, s.sample.err
	}
	s.sample = s.read(context.WithoutCancel(ctx)) // for the others, too, who wait for it
	return s.sample, s.sample.err
}

func (s *sampler) read(ctx context.Context) (next part) {
	after := ""
	for range sampleParts {
		page, err := s.table.Scan(ctx, after, sampleSize-len(next.Items))
		if err != nil {
			return part{err: err, at: time.Now()}
		}
		next.Items, next.Units = append(next.Items, page.Items...), next.Units+page.Units
		if after = page.Next; after == "" || len(next.Items) >= sampleSize {
			break
		}
	}
	next.Whole, next.at = after == "", time.Now()
	return next
}

func (s *server) sampleAge() time.Duration {
	if s.stack.IsDeployed() {
		return deployedSampleAge
	}
	return localSampleAge
}

// scatterPage is the scatter, and what moves beside it.
type scatterPage struct {
	Live live
	Plot plot
}

func (s *server) showScatter(r *http.Request) (any, error) {
	p, err := s.plot(r)
	return scatterPage{s.live(s.watcher.Once(r.Context())), p}, err
}

// showPlot serves the scatter alone, unless the browser has it already.
func (s *server) showPlot(w http.ResponseWriter, r *http.Request) {
	p, err := s.plot(r)
	if err != nil {
		p = s.noPlot(err)
	}
	// When the whole stack does not answer, the page around the scatter says so.
	if r.FormValue("have") == p.Version || err != nil && s.watcher.Last().Err != nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.write(w, http.StatusOK, "scatter", "plot", p)
}

// noPlot says in the place of the scatter why there is none. The browser gets it once for each reason.
func (s *server) noPlot(err error) plot {
	p, a := newPlot(nil), s.advise(err)
	p.Advice, p.Version = &a, hashOf(a.Title, a.Do)
	return p
}

func (s *server) plot(r *http.Request) (plot, error) {
	sample, err := s.sampler.get(r.Context(), s.sampleAge())
	if err != nil {
		return plot{}, err
	}
	p := newPlot(sample.Items)
	p.Whole, p.Units, p.ReadOnly = sample.Whole, sample.Units, s.options.ReadOnly
	var drawn []any
	for _, g := range p.Groups {
		drawn = append(drawn, g.Name, g.Count, g.Path)
	}
	p.Version = hashOf(drawn...)
	return p, nil
}

func hashOf(parts ...any) string {
	hash := fnv.New64a()
	fmt.Fprint(hash, parts...)
	return fmt.Sprintf("%x", hash.Sum64())
}
