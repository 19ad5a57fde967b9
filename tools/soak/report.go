package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// report writes what was seen, and returns an error if it is not as it must be.
func (s *soak) report(stdout io.Writer, svg string) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	growing := s.printTrends(stdout)
	s.printCounts(stdout)
	for _, fault := range s.first {
		fmt.Fprintln(stdout, "FAULT", fault)
	}
	if len(s.samples) > 0 {
		err = s.plot(svg)
	}
	switch {
	case err != nil:
		return err
	case s.faults > 0 && len(growing) == 0:
		return fmt.Errorf("%d faults", s.faults)
	case len(growing) > 0:
		return fmt.Errorf("%d faults, and %d measures keep growing: %s", s.faults, len(growing), strings.Join(growing, ", "))
	}
	return nil
}

// printTrends prints a row for each measure, and returns the names of those that grow.
func (s *soak) printTrends(w io.Writer) (growing []string) {
	var seen []observation
	for _, x := range s.samples {
		if x.After > s.plan.warmUp().Seconds() {
			seen = append(seen, x)
		}
	}
	if len(seen) < windows*fewestSamples {
		fmt.Fprintf(w, "There are %d samples after the warm-up of %s. To look for a trend, soak needs %d: give a longer -for.\n",
			len(seen), s.plan.warmUp().Round(time.Second), windows*fewestSamples)
		return nil
	}
	over := time.Duration((seen[len(seen)-1].After - seen[0].After) * float64(time.Second))
	crowded := trendIn(seen, others, over).grows(others.limit, over) || trendIn(seen, waiting, over).grows(waiting.limit, over)
	fmt.Fprintf(w, "| after %s of warm-up, in %s | at first | at the end | growth in an hour | p | |\n|---|---:|---:|---:|---:|---|\n",
		s.plan.warmUp().Round(time.Second), over.Round(time.Second))
	for _, panel := range s.plan.panels() {
		for _, m := range panel.measures {
			t := trendIn(seen, m, over)
			verdict := "no trend"
			switch grows := t.grows(m.limit, over); {
			case grows && crowded && m.shared:
				verdict = "grows, as other programs do"
			case grows:
				verdict = "GROWS"
				growing = append(growing, m.name)
			}
			fmt.Fprintf(w, "| %s | %s | %s | %+.3g | %.3f | %s |\n", m.name, short(t.first), short(t.last), t.perHour, t.p, verdict)
		}
	}
	return growing
}

// trendIn looks for a trend in enough samples.
func trendIn(seen []observation, m measure, over time.Duration) trend {
	var values []float64
	for _, x := range seen {
		values = append(values, m.of(x))
	}
	t, _ := trendOf(values, over)
	return t
}

// short writes a number with three digits or more.
func short(value float64) string {
	if value >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.3g", value)
}

// printCounts says what the run did.
func (s *soak) printCounts(w io.Writer) {
	acknowledged, deleted := s.ledger.counts()
	fmt.Fprintf(w, "\n%d requests at %g a second, in %s:\n", s.load.sent(), s.plan.rate, time.Since(s.begin).Round(time.Second))
	for _, k := range kinds {
		fmt.Fprintf(w, "%9d %s\n", s.load.counts[k.name], k.name)
	}
	fmt.Fprintf(w, `%d items acknowledged: %d looked at and deleted, %d looked at in the end
%d of them answered as known, because the writer's own call was repeated
%d spoiled items mended and redriven, %d messages without a key deleted, %d dead letters left
%d versions of the model; all items of the end have at least version %s
`, acknowledged, deleted, s.checked, s.load.repeated.Load(), s.poison.mended, s.poison.thrown, s.dead, s.models.published(), s.models.least())
	for _, e := range s.events {
		fmt.Fprintf(w, "%9s %s\n", e.after.Round(time.Second), e.what)
	}
}

// tell shows how far the run is.
func (s *soak) tell(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.samples) == 0 {
		return nil
	}
	x := s.samples[len(s.samples)-1]
	fmt.Fprintf(s.progress, "%s: %d requests, p50 %.1f ms, p99 %.1f ms, %.2f cores, %.0f MB, %.0f goroutines, %.0f descriptors, %.0f messages, %.0f dead letters, %.0f items, %d faults\n",
		time.Since(s.begin).Round(time.Second), s.load.sent(), x.AnswerP50, x.AnswerP99, x.Cores, x.Resident, x.Goroutines, x.Descriptors, x.Queue, x.DeadLetters, x.Items, s.faults)
	return nil
}
