package verify

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/latency"
	"simple-sam-demo/shared/item"
)

const (
	// localClients post at the same time, so that batches fill.
	localClients = 50

	// deployedClients are so few because new accounts have a reduced quota of concurrent executions. AWS
	// does not say how many; 10 have been seen, and the enricher needs some of them.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	deployedClients = 5
)

// trial is how one item of the data set fared.
type trial struct {
	probe
	row     dataset.Row
	created bool  // the POST was answered 201
	first   shown // as the POST has answered, if it was known
	err     error // why there is no prediction
}

// trials are the whole data set's, on one stack.
type trials struct {
	api      *api
	model    *classifier.Model // that the stack is to classify with
	embedded bool              // the model is the one that was compiled in
	hint     string            // what to do when another model has classified an item, or ""
	clients  int
	books    *books // of what is made, or nil if it is to stay
	all      []trial
}

func newTrials(a *api, m *classifier.Model) *trials {
	t := &trials{api: a, model: m, clients: localClients}
	if embedded, err := classifier.Embedded(); err == nil {
		t.embedded = m.Version() == embedded.Version()
	}
	if a.target.IsDeployed() {
		t.clients = deployedClients
	}
	for _, row := range dataset.Rows() {
		m := row.Measurements
		t.all = append(t.all, trial{probe: probe{measurements: m, id: m.ID()}, row: row})
	}
	return t
}

// each does something with all items, with some at the same time.
func (t *trials) each(do func(i int)) { eachOf(len(t.all), t.clients, do) }

// eachOf does something n times, with some at the same time.
func eachOf(n, clients int, do func(i int)) {
	var running sync.WaitGroup
	next := make(chan int)
	for range min(n, clients) {
		running.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	running.Wait()
}

// post posts all items.
func (t *trials) post(ctx context.Context) {
	t.each(func(i int) {
		one := &t.all[i]
		if one.err = t.books.begin(ctx, one.id); one.err != nil {
			return
		}
		one.posted = time.Now()
		got, err := t.api.post(ctx, one.body())
		t.books.end(one.id, got.status)
		switch {
		case err != nil:
			one.err = err
		case got.status == http.StatusCreated && got.field("id") == one.id:
			one.created = true
		case got.status == http.StatusOK && got.field("id") == one.id:
			one.first, one.err = got.item()
		default:
			one.err = faults{fmt.Sprintf("POST of %v is answered %s, not 201 or 200 with the id %s", one.measurements, got, one.id)}
		}
	})
}

// await looks at the items until each is settled, or its time is up. It calls settled for each.
func (t *trials) await(ctx context.Context, settled func()) {
	t.each(func(i int) {
		one := &t.all[i]
		defer settled()
		if one.err != nil {
			return
		}
		ok, err := poll(ctx, time.Until(one.posted.Add(objective)), 500*time.Millisecond, func() (ok bool, err error) {
			one.seen, err = t.api.show(ctx, one.id)
			return t.isSettled(one), err
		})
		switch {
		case err != nil:
			one.err = err
		case one.seen.Status == item.Failed:
			one.err = faults{fmt.Sprintf("item %s is FAILED: %s: %s", one.id, one.seen.FailureCode, one.seen.Reason)}
		case !ok && one.seen.Status != item.Classified:
			one.err = faults{fmt.Sprintf("item %s is still %s after %s", one.id, one.seen.Status, time.Since(one.posted).Round(time.Second/10))}
		}
	})
}

// isSettled tells whether the enricher is done with an item. One that was known may have been classified
// by an older model, or have failed: its POST lets the enricher look at it again.
func (t *trials) isSettled(one *trial) bool {
	switch one.seen.Status {
	case item.Classified:
		return one.created || one.seen != one.first || one.seen.ModelVersion >= t.model.Version()
	case item.Failed:
		return one.created || one.seen != one.first
	default:
		return false
	}
}

// confusion counts, for each class, the classes that the stack has found.
func (t *trials) confusion() (lines []string) {
	counts := map[[2]string]int{}
	known, found := map[string]bool{}, map[string]bool{}
	for i := range t.all {
		one := &t.all[i]
		predicted, _ := t.model.Predict(one.measurements)
		known[one.row.Class], found[predicted] = true, true
		if one.seen.Status == item.Classified {
			found[one.seen.Target] = true
			counts[[2]string{one.row.Class, one.seen.Target}]++
		}
	}
	line := fmt.Sprintf("%-12s", "class")
	for _, class := range slices.Sorted(maps.Keys(found)) {
		line += fmt.Sprintf("  %10s", class)
	}
	lines = append(lines, line+"   <- classified as")
	for _, name := range slices.Sorted(maps.Keys(known)) {
		line := fmt.Sprintf("%-12s", name)
		for _, class := range slices.Sorted(maps.Keys(found)) {
			line += fmt.Sprintf("  %*d", max(10, utf8.RuneCountInString(class)), counts[[2]string{name, class}])
		}
		lines = append(lines, line)
	}
	return lines
}

// latencies sums up the times of the new items, from what the writer and the enricher have stored.
func (t *trials) latencies() string {
	var took []time.Duration
	classified := 0
	for i := range t.all {
		one := &t.all[i]
		if one.seen.Status != item.Classified {
			continue
		}
		classified++
		if latency, err := one.seen.latency(); err == nil && one.created {
			took = append(took, latency)
		}
	}
	switch {
	case classified == 0:
		return "no item was classified, so no latency was measured"
	case len(took) == 0:
		return "the stack had classified these items before, so no latency was measured"
	}
	return fmt.Sprintf("POST to CLASSIFIED: p50 %s, p99 %s (of %d new items)", latency.Percentile(took, 50), latency.Percentile(took, 99), len(took))
}

// compareReference says in what a classified item is not as the reference model of the data set has it. It
// says nothing where the stack has another model than the embedded one, which was fitted to the data set.
func (t *trials) compareReference(one *trial) (found faults) {
	const tolerance = 1e-3 // the reference model has stopped a little short of the optimum
	if !t.embedded || !one.row.HasReference() {
		return nil
	}
	want := one.row.Probabilities[one.row.PredTarget]
	if one.seen.Target != one.row.PredTarget || math.Abs(one.seen.Probability-want) > tolerance {
		found.add("item %s is classified as %s with %.4f; the reference model says %s with %.4f", one.id, one.seen.Target, one.seen.Probability, one.row.PredTarget, want)
	}
	return found
}

// differences says what is not as the model has it, and how many items are.
func (t *trials) differences() (sum string, found faults) {
	asModel := 0
	for i := range t.all {
		one := &t.all[i]
		wrong := append(compare(t.model, &one.probe, one.seen, t.hint), t.compareReference(one)...)
		switch {
		case one.err != nil:
			found = append(found, one.err.Error())
		case len(wrong) > 0:
			found = append(found, wrong...)
		default:
			asModel++
		}
	}
	return fmt.Sprintf("%d of %d are classified as model %s has them", asModel, len(t.all), t.model.Version()), found
}
