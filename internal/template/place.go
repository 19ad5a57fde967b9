package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// place is the path to a value in a template: keys and indexes, such as "Resources.Q.Properties.Tags[0].Key".
type place string

func (p place) key(name string) place {
	if p == "" {
		return place(name)
	}
	return p + "." + place(name)
}

func (p place) index(i int) place { return p + place("["+strconv.Itoa(i)+"]") }

// parent returns the place that contains p. The parent of a section is "".
func (p place) parent() place {
	return p[:max(strings.LastIndexAny(string(p), ".["), 0)]
}

// String returns the place as an error shows it: the resource, a colon, and the path inside it.
func (p place) String() string {
	if inside, ok := strings.CutPrefix(string(p), "Resources."); ok {
		return strings.Replace(inside, ".", ": ", 1)
	}
	return string(p)
}

// source knows the line of each place in the file.
type source struct {
	lines map[place]int
	moved map[place]place // the place in Globals of each value that was merged into a resource
}

// written returns the place where the author wrote the value that is now at p.
func (s *source) written(p place) place {
	for q := p; q != ""; q = q.parent() {
		if from, ok := s.moved[q]; ok {
			return from + p[len(q):]
		}
	}
	return p
}

// fault returns an error of one line: the place of the fault, and what is wrong.
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

// suggestion returns "; did you mean …?" if a known name is similar, else "".
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

// editDistance returns the number of edits that turn one text into the other. An edit adds, removes
// or changes a letter, or swaps two neighbours.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1) // rows[i][j] is the distance of the first i and the first j letters
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
