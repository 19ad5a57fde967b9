package letters

import (
	"context"
	"slices"
	"strings"
	"time"
)

const (
	// PageSize is how many letters a page has at most.
	PageSize = 100

	// pageBytes is about how much memory the letters of a page take at most. One has up to 1 MiB.
	pageBytes = 8 << 20

	// downloadTime is how long a download may take: less than messages stay hidden.
	downloadTime = Visibility - 5*time.Second
)

// Page is a part of the letters.
type Page struct {
	Letters []Letter
	Read    int      // how many letters were read to find these
	Whole   bool     // no more were visible than those that were read, nor counted by SQS
	Seen    []string // the ids of the letters of this page and of those before it
	At      time.Time
}

// Read returns up to [PageSize] letters with a failure code, or of any for "", that are not among those
// seen before. [NoReason] stands for letters without a code. On the first page it does not wait for
// letters when SQS counts none.
func (b *Box) Read(ctx context.Context, code string, before []string) (Page, error) {
	skip := make(map[string]bool, len(before))
	for _, id := range before {
		skip[id] = true
	}
	page := Page{At: time.Now(), Seen: slices.Clip(before)}
	size := 0
	var err error
	page.Read, page.Whole, err = b.look(ctx, effort{time: lookTime, onlyList: len(before) == 0}, func(l Letter, _ func()) verdict {
		if skip[l.ID] {
			return goOn
		}
		if !l.has(code) {
			return goOn
		}
		page.Letters = append(page.Letters, l)
		page.Seen = append(page.Seen, l.ID)
		if size += l.size(); len(page.Letters) == PageSize || size > pageBytes {
			return stop
		}
		return goOn
	})
	slices.SortStableFunc(page.Letters, func(a, b Letter) int { return strings.Compare(b.FailedAt, a.FailedAt) })
	return page, err
}

// NoReason is the code of letters that carry none.
const NoReason = "none"

func (l Letter) has(code string) bool {
	return code == "" || l.Code == code || code == NoReason && l.Code == ""
}

// Find returns the letter with an id. It fails with [ErrGone] or [ErrUnread] when it does not find the
// letter.
func (b *Box) Find(ctx context.Context, id string) (Letter, error) {
	var found *Letter
	_, whole, err := b.look(ctx, effort{time: lookTime}, func(l Letter, _ func()) verdict {
		if l.ID != id {
			return goOn
		}
		found = &l
		return stop
	})
	switch {
	case err != nil:
		return Letter{}, err
	case found != nil:
		return *found, nil
	case whole:
		return Letter{}, ErrGone
	default:
		return Letter{}, ErrUnread
	}
}

// Each calls see with every letter that has a code. It ends with the first error of see. whole tells
// whether it read all letters that were visible, and SQS counted no more.
func (b *Box) Each(ctx context.Context, code string, see func(Letter) error) (whole bool, err error) {
	var seeErr error
	_, whole, err = b.look(ctx, effort{time: downloadTime}, func(l Letter, _ func()) verdict {
		if l.has(code) {
			if seeErr = see(l); seeErr != nil {
				return stop
			}
		}
		return goOn
	})
	if seeErr != nil {
		return false, seeErr
	}
	return whole, err
}
