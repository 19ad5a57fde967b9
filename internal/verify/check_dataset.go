package verify

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"simple-sam-demo/shared/item"
)

// unlessNamed leaves the data set out on AWS. Its items are not random: somebody may post one of them
// while this run has it, and would lose it when the run takes it away.
func unlessNamed(s *session) string {
	if !s.target.IsDeployed() || slices.Contains(s.only, "dataset") {
		return ""
	}
	return "on AWS only with -only dataset: somebody may post one of its items at the same time, and would lose it"
}

// checkDataSet posts the whole data set, and takes away the items that were not there before.
func checkDataSet(ctx context.Context, s *session) (string, error) {
	t := newTrials(s.api, s.model)
	t.hint = modelHint
	absent, err := s.absent(ctx, t)
	if err != nil {
		return "", err
	}
	t.books = &books{made: s.made, absent: absent, open: map[string]int{}, created: map[string]bool{}}
	t.post(ctx)
	t.await(ctx, func() {})
	ids := s.settleAccounts(t)
	sum, wrong := t.differences()
	if ctx.Err() != nil {
		return "", faults{sum + " (" + whyEnded(ctx) + ")"}
	}
	seen := append(append([]string{sum}, t.confusion()...), t.latencies())
	if len(wrong) > 0 {
		return "", comparison{wrong, seen}
	}
	s.made.awaitQuiet(ctx)
	_ = s.made.takeItems(ctx, ids) // what this leaves is tried again at the end, and told
	return strings.Join(seen, "\n"), nil
}

// comparison is an error that shows what was counted, too.
type comparison struct {
	wrong faults
	seen  []string
}

func (c comparison) Error() string { return c.wrong.Error() }

func (c comparison) lines() []string { return append(c.wrong.lines(), c.seen...) }

// absent returns the ids of those items that are not stored.
func (s *session) absent(ctx context.Context, t *trials) (ids map[string]bool, err error) {
	var all []string
	for i := range t.all {
		all = append(all, t.all[i].id)
	}
	stored, err := s.storedAll(ctx, all)
	ids = map[string]bool{}
	for id, item := range stored {
		ids[id] = item == nil
	}
	return ids, err
}

// books tell which items of the data set are this run's to delete: those that its POSTs have made, or may have made. The
// data set may have an item twice. Nil keeps no books. Calls may be made at the same time.
type books struct {
	mu      sync.Mutex
	made    *made
	absent  map[string]bool // ids that were not stored before
	open    map[string]int  // how many POSTs of an item may still make it
	created map[string]bool // ids
}

// begin notes that an item is about to be posted, unless the run is over.
func (b *books) begin(ctx context.Context, id string) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.open[id]++
	if b.absent[id] {
		b.made.item(id)
	}
	return nil
}

// end notes the status that the POST was answered with, or 0 if it has no answer. Without an answer, or when something went
// wrong in the stack, the item may be stored all the same. An item that a POST has found is somebody else's, unless another
// POST of this run may have made it.
func (b *books) end(id string, status int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if status == 0 || status >= http.StatusInternalServerError {
		return
	}
	b.open[id]--
	b.created[id] = b.created[id] || status == http.StatusCreated
	if b.open[id] == 0 && !b.created[id] {
		delete(b.made.items, id)
	}
}

// settleAccounts counts what was caused, and returns the ids of the items that were created.
func (s *session) settleAccounts(t *trials) (created []string) {
	classified := map[string]bool{}
	for i := range t.all {
		one := &t.all[i]
		switch {
		case one.created:
			created = append(created, one.id)
			s.counted["ItemsCreated"]++
		case one.first.ID != "":
			s.counted["ItemsExisting"]++
		}
		if one.seen.Status == item.Classified && (one.created || one.seen != one.first) {
			classified[one.id] = true
		}
	}
	s.counted["ItemsClassified"] += len(classified)
	return created
}
