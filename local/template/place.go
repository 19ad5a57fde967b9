package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// place is where something stands in a template: the keys and the indices that lead to
// it, as "Resources.Q.Properties.Tags[0].Key".
type place string

func (p place) key(name string) place {
	if p == "" {
		return place(name)
	}
	return p + "." + place(name)
}

func (p place) index(i int) place { return p + place("["+strconv.Itoa(i)+"]") }

// parent returns what is around a place, at last "".
func (p place) parent() place {
	return p[:max(strings.LastIndexAny(string(p), ".["), 0)]
}

// String is how an error names a place: a resource first, and then what is in it.
func (p place) String() string {
	if inside, ok := strings.CutPrefix(string(p), "Resources."); ok {
		return strings.Replace(inside, ".", ": ", 1)
	}
	return string(p)
}

// source knows where in the file each place is.
type source struct {
	lines map[place]int
	moved map[place]place // where what was merged into a resource was written
}

// written returns where what is at a place was written.
func (s *source) written(p place) place {
	for q := p; q != ""; q = q.parent() {
		if from, ok := s.moved[q]; ok {
			return from + p[len(q):]
		}
	}
	return p
}

// fault is one line that says where something is wrong, and what.
func (s *source) fault(at place, format string, arguments ...any) error {
	at = s.written(at)
	what := fmt.Sprintf(format, arguments...)
	if at != "" {
		what = fmt.Sprintf("%s: %s", at, what)
	}
	for q := at; q != ""; q = q.parent() {
		if line, ok := s.lines[q]; ok {
			return fmt.Errorf("line %d: %s", line, what)
		}
	}
	return fmt.Errorf("%s", what)
}

// suggestion asks whether a known name was meant, when one is near.
func suggestion(name string, known []string) string {
	best, distance := "", 1+min(3, max(1, len(name)/4))
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// editDistance counts the letters to add, drop, change or swap with the next one that make
// one text the other.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1) // rows[i][j] is of the first i and j letters
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
		for j := 1; j <= len(b); j++ {
			if i == 0 {
				rows[i][j] = j
				continue
			}
			changed := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			rows[i][j] = min(changed, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
