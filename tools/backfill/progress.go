package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"simple-sam-demo/internal/commandline"
)

// progress shows how far a backfill is. On a terminal it shows a bar, and elsewhere it prints a line from
// time to time.
type progress struct {
	w     io.Writer
	items int // roughly how many the table has
	verb  string
	bar   *progressbar.ProgressBar

	mu    sync.Mutex
	shown time.Time
}

// between is the time between two lines.
const between = 10 * time.Second

func newProgress(w io.Writer, items int, verb string) *progress {
	p := &progress{w: w, items: items, verb: verb, shown: time.Now()}
	if commandline.IsTerminal(w) {
		if items == 0 { // the table is empty, or DynamoDB has not counted yet
			items = -1
		}
		p.bar = commandline.NewBar(w, items, "items scanned")
	}
	return p
}

func (p *progress) show(c count) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.bar != nil:
		scanned := c.Scanned
		if p.items > 0 {
			scanned = min(scanned, p.items)
		}
		_ = p.bar.Set(scanned) // a broken terminal is no reason to stop
	case time.Since(p.shown) >= between:
		p.shown = time.Now()
		fmt.Fprintf(p.w, "%d of about %d items scanned, %d keys %s\n", c.Scanned, p.items, c.Enqueued, p.verb)
	}
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
