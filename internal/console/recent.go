package console

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"simple-sam-demo/internal/console/letters"
)

const (
	keptPages  = 4  // with their letters, some megabytes each
	keptTrails = 16 // with their ids
)

// recent remembers the last pages of letters that were shown, so that one can be opened, and where a
// page ended, so that the next one can go on. SQS itself has no order and no way to ask for a message.
type recent struct {
	mu     sync.Mutex
	pages  []letters.Page
	trails []trail
}

// trail is where a page ended: the letters seen until there.
type trail struct {
	name string
	seen []string
}

// keep remembers a page, and returns the name of where it ended.
func (r *recent) keep(p letters.Page) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := trail{rand.Text(), p.Seen}
	r.pages = append(r.pages[max(0, len(r.pages)+1-keptPages):], p)
	r.trails = append(r.trails[max(0, len(r.trails)+1-keptTrails):], t)
	return t.name
}

// trail returns the letters that were seen before a page, none for the first page.
func (r *recent) trail(name string) (seen []string, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.trails {
		if t.name == name {
			return t.seen, true
		}
	}
	return nil, name == ""
}

// letter returns a letter of the last pages, and when it was seen.
func (r *recent) letter(id string) (letters.Letter, time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range slices.Backward(r.pages) {
		for _, l := range p.Letters {
			if l.ID == id {
				return l, p.At, true
			}
		}
	}
	return letters.Letter{}, time.Time{}, false
}

// forget drops letters that are gone.
func (r *recent) forget(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, p := range r.pages {
		r.pages[i].Letters = slices.DeleteFunc(slices.Clone(p.Letters), func(l letters.Letter) bool { return slices.Contains(ids, l.ID) })
	}
}
