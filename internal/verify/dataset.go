package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/latency"
	"simple-sam-demo/shared/iris"
)

const (
	// localClients post at the same time, so that batches fill.
	localClients = 50

	// deployedClients are so few because new accounts have a reduced quota of concurrent executions. AWS
	// does not say how many; 10 have been seen, and the enricher needs some of them.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	deployedClients = 5
)

// trial is how one flower of the data set fared.
type trial struct {
	flower
	species string // as a botanist says
	created bool   // the POST was answered 201
	first   item   // as the POST has answered, if it was known
	err     error  // why there is no prediction
}

// trials are the whole data set's, on one stack.
type trials struct {
	api     *api
	model   *classifier.Model // that the stack is to classify with
	hint    string            // what to do when another model has classified a flower, or ""
	clients int
	all     []trial
}

func newTrials(a *api, m *classifier.Model) *trials {
	t := &trials{api: a, model: m, clients: localClients}
	if a.target.IsDeployed() {
		t.clients = deployedClients
	}
	for _, f := range dataset.Flowers() {
		m := iris.Measurements(f.Measurements)
		t.all = append(t.all, trial{flower: flower{measurements: m, id: m.ID()}, species: f.Species})
	}
	return t
}

// each does something with all flowers, with some at the same time.
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

// post posts all flowers.
func (t *trials) post(ctx context.Context) {
	t.each(func(i int) {
		one := &t.all[i]
		one.posted = time.Now()
		got, err := t.api.post(ctx, one.body())
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

// await looks at the flowers until each is settled, or its time is up. It calls settled for each.
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
		case one.seen.Status == iris.Failed:
			one.err = faults{fmt.Sprintf("item %s is FAILED: %s: %s", one.id, one.seen.FailureCode, one.seen.Reason)}
		case !ok && one.seen.Status != iris.Classified:
			one.err = faults{fmt.Sprintf("item %s is still %s after %s", one.id, one.seen.Status, time.Since(one.posted).Round(time.Second/10))}
		}
	})
}

// isSettled tells whether the enricher is done with a flower. One that was known may have been classified
// by an older model, or have failed: its POST lets the enricher look at it again.
func (t *trials) isSettled(one *trial) bool {
	switch one.seen.Status {
	case iris.Classified:
		return one.created || one.seen != one.first || one.seen.ModelVersion >= t.model.Version()
	case iris.Failed:
		return one.created || one.seen != one.first
	default:
		return false
	}
}

// confusion counts, for each species, the classes that the stack has found.
func (t *trials) confusion() (lines []string) {
	counts := map[[2]string]int{}
	species, classes := map[string]bool{}, map[string]bool{}
	for i := range t.all {
		one := &t.all[i]
		class, _ := t.model.Predict(one.measurements)
		species[one.species], classes[class] = true, true
		if one.seen.Status == iris.Classified {
			classes[one.seen.Target] = true
			counts[[2]string{one.species, one.seen.Target}]++
		}
	}
	line := fmt.Sprintf("%-12s", "species")
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		line += fmt.Sprintf("%12s", class)
	}
	lines = append(lines, line+"   <- classified as")
	for _, name := range slices.Sorted(maps.Keys(species)) {
		line := fmt.Sprintf("%-12s", name)
		for _, class := range slices.Sorted(maps.Keys(classes)) {
			line += fmt.Sprintf("%12d", counts[[2]string{name, class}])
		}
		lines = append(lines, line)
	}
	return lines
}

// latencies sums up the times of the new flowers, from what the writer and the enricher have stored.
func (t *trials) latencies() string {
	var took []time.Duration
	classified := 0
	for i := range t.all {
		one := &t.all[i]
		if one.seen.Status != iris.Classified {
			continue
		}
		classified++
		if latency, err := one.seen.latency(); err == nil && one.created {
			took = append(took, latency)
		}
	}
	switch {
	case classified == 0:
		return "no flower was classified, so no latency was measured"
	case len(took) == 0:
		return "the stack had classified these flowers before, so no latency was measured"
	}
	return fmt.Sprintf("POST to CLASSIFIED: p50 %s, p99 %s (of %d new flowers)", latency.Percentile(took, 50), latency.Percentile(took, 99), len(took))
}

// differences says what is not as the model has it, and how many flowers are.
func (t *trials) differences() (sum string, found faults) {
	asModel := 0
	for i := range t.all {
		one := &t.all[i]
		wrong := compare(t.model, &one.flower, one.seen, t.hint)
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
