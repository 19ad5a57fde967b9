package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

const (
	// objective is how long 99% of the items may take from their POST until they are classified
	// (docs/metrics.md, and the alarms of template.yaml).
	objective = 60 * time.Second

	newInBatch = 8
)

type batchAnswer struct {
	Created  int       `json:"created"`
	Existing int       `json:"existing"`
	Rejected int       `json:"rejected"`
	Failed   int       `json:"failed"`
	Results  []element `json:"results"`
}

// element is what a batch says of one of its elements.
type element struct {
	Index   int    `json:"index"`
	Status  int    `json:"status"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

func withoutBatch(*session) string {
	if names.Batch() == "" {
		return "template.yaml has no route for a batch"
	}
	return ""
}

// checkBatch posts new items, one of them twice, one that is known, and one that is bad.
func checkBatch(ctx context.Context, s *session) (string, error) {
	probes, err := s.newProbes(ctx, newInBatch)
	if err != nil {
		return "", err
	}
	want := batchAnswer{Created: newInBatch, Existing: 2, Rejected: 1}
	var bodies []string
	add := func(body string, result element) {
		result.Index = len(bodies)
		bodies = append(bodies, body)
		want.Results = append(want.Results, result)
	}
	now := time.Now()
	for _, f := range probes {
		f.posted = now
		add(f.body(), element{Status: 201, ID: f.id, Message: "Item created."})
	}
	faulty, wrong := sample.Faulty()
	add(faulty, element{Status: 400, Message: "Invalid body: " + wrong.Error()})
	add(probes[0].body(), element{Status: 200, ID: probes[0].id, Message: "Item exists."})
	add(s.probes[0].body(), element{Status: 200, ID: s.probes[0].id, Message: "Item exists."})
	got, err := s.api.do(ctx, call{method: http.MethodPost, path: names.Batch(), body: "[" + strings.Join(bodies, ",") + "]"})
	if err != nil {
		return "", err
	}
	var decoded batchAnswer
	if err := json.Unmarshal([]byte(got.text), &decoded); err != nil || got.status != http.StatusOK {
		return "", faults{fmt.Sprintf("POST of a batch is answered %s, not 200 with results", got)}
	}
	for name, n := range map[string]int{"ItemsCreated": decoded.Created, "ItemsExisting": decoded.Existing, "ItemsRejected": decoded.Rejected} {
		s.counted[name] += n
	}
	if decoded.Created == newInBatch {
		s.probes = append(s.probes, probes...)
	}
	return fmt.Sprintf("%d created, 2 existing, 1 rejected, in their order", newInBatch), want.differences(decoded).err()
}

// differences says what another answer has otherwise.
func (b batchAnswer) differences(got batchAnswer) (found faults) {
	for _, count := range []struct {
		name      string
		want, got int
	}{
		{"created", b.Created, got.Created}, {"existing", b.Existing, got.Existing}, {"rejected", b.Rejected, got.Rejected},
		{"failed", b.Failed, got.Failed}, {"results", len(b.Results), len(got.Results)},
	} {
		if count.want != count.got {
			found.add("the batch says %d %s, not %d", count.got, count.name, count.want)
		}
	}
	for i := range min(len(b.Results), len(got.Results)) {
		if b.Results[i] != got.Results[i] {
			found.add("the result of element %d is %+v, not %+v", i, got.Results[i], b.Results[i])
		}
	}
	return found
}

// checkClassified waits for all items of the run, and compares each with the model.
func checkClassified(ctx context.Context, s *session) (string, error) {
	var found faults
	classes := map[string]int{}
	for _, f := range s.probes {
		patience := max(time.Second, time.Until(f.posted.Add(objective)))
		got, err := s.waitFor(ctx, f.id, item.Classified, patience)
		if err != nil {
			return "", err
		}
		f.seen = got
		s.counted["ItemsClassified"]++
		found = append(found, compare(s.model, f, got, modelHint)...)
		classes[got.Target]++
	}
	return fmt.Sprintf("%d items as model %s has them: %s", len(s.probes), s.model.Version(), listed(classes)), found.err()
}

// modelHint says what to do if the stack is to classify with another model.
const modelHint = " (-model names another artifact)"

// compare says in what a classified item is not as the model has it. The hint follows if another model has
// classified it.
func compare(m *classifier.Model, f *probe, got shown, hint string) (found faults) {
	const tolerance = 1e-9 // processors round differently
	target, probability := m.Predict(f.measurements)
	switch {
	case got.ModelVersion != m.Version(): // what it says is another thing then
		found.add("item %s is classified by model %s, not %s%s", f.id, got.ModelVersion, m.Version(), hint)
	case got.Target != target || math.Abs(got.Probability-probability) > tolerance:
		found.add("item %s is classified as %s with %.4f; the model says %s with %.4f", f.id, got.Target, got.Probability, target, probability)
	}
	return found
}

func listed(counts map[string]int) string {
	var parts []string
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, name))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// checkLatency compares the times that the writer and the enricher have stored: how often this run
// has looked is not part of them.
func checkLatency(_ context.Context, s *session) (string, error) {
	var found faults
	var took []time.Duration
	for _, f := range s.probes {
		latency, err := f.seen.latency()
		switch {
		case err != nil:
			found.add("item %s has created_at %q and classified_at %q", f.id, f.seen.CreatedAt, f.seen.ClassifiedAt)
		case latency > objective:
			found.add("item %s took %s, longer than the objective of %s", f.id, latency, objective)
		}
		took = append(took, latency)
	}
	slices.Sort(took)
	return fmt.Sprintf("%s to %s for %d items; the objective is %s", took[0], took[len(took)-1], len(took), objective), found.err()
}
