package verify

import (
	"context"
	"slices"
	"strings"

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
	if err := s.noteAbsent(ctx, t); err != nil {
		return "", err
	}
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

// noteAbsent notes those items that are not stored. From now on they are this run's to delete.
func (s *session) noteAbsent(ctx context.Context, t *trials) error {
	var ids []string
	for i := range t.all {
		ids = append(ids, t.all[i].id)
	}
	stored, err := s.storedAll(ctx, ids)
	for id, item := range stored {
		if item == nil {
			s.made.item(id)
		}
	}
	return err
}

// settleAccounts counts what was caused, and returns the ids of the items that this run has made. Those
// that somebody else has made since they were noted are not this run's to delete. If another POST of the item got no
// answer, that POST has made it.
func (s *session) settleAccounts(t *trials) (created []string) {
	known, unanswered, classified := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range t.all {
		one := &t.all[i]
		switch {
		case one.created:
			created = append(created, one.id)
			s.counted["ItemsCreated"]++
		case one.first.ID != "":
			known[one.id] = true
			s.counted["ItemsExisting"]++
		case one.err != nil:
			unanswered[one.id] = true
		}
		if one.seen.Status == item.Classified && (one.created || one.seen != one.first) {
			classified[one.id] = true
		}
	}
	s.counted["ItemsClassified"] += len(classified)
	for id := range known {
		if !slices.Contains(created, id) && !unanswered[id] {
			delete(s.made.items, id)
		}
	}
	return created
}
