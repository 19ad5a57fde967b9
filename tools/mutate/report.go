package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
)

// outcomes are the columns of the report.
var outcomes = []string{caughtOwn, caughtOthers, caughtSecond, endless, survived, noProgram}

// report prints how many mutants of each package came to what, and the survivors without a reason. Its error
// says that there are some, or reasons that nobody needs: for mutants that are caught, or that are no mutants of the
// files in some folders. Without folders it does not look for the latter, because only a part was tried.
func report(w io.Writer, all []*mutation, known *results, reasons map[string]string, folders map[string]bool) error {
	counts := map[string]map[string]int{}
	var unexplained, unneeded []string
	seen := map[string]bool{}
	for _, m := range all {
		name := m.name()
		seen[name] = true
		r, _ := known.get(name)
		if counts[m.importPath] == nil {
			counts[m.importPath] = map[string]int{}
		}
		counts[m.importPath][r.Outcome]++
		switch _, explained := reasons[name]; {
		case r.Outcome == survived && !explained && r.Reached:
			unexplained = append(unexplained, name)
		case r.Outcome == survived && !explained:
			unexplained = append(unexplained, name+" (no test reaches it)")
		case r.Outcome != survived && explained:
			unneeded = append(unneeded, name+" ("+r.Outcome+")")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		file, _, _ := strings.Cut(name, " ")
		if !seen[name] && folders[path.Dir(file)] {
			unneeded = append(unneeded, name+" (there is no such mutant)")
		}
	}
	table(w, counts)
	for _, name := range unexplained {
		fmt.Fprintln(w, "survived without a reason:", name)
	}
	for _, name := range unneeded {
		fmt.Fprintln(w, "needs no reason any more:", name)
	}
	if len(unexplained)+len(unneeded) > 0 {
		return errors.New("write a test for each mutant that survived, or a reason; and remove reasons that nobody needs")
	}
	return nil
}

func table(w io.Writer, counts map[string]map[string]int) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(columns, "package\tmutants")
	for _, outcome := range outcomes {
		fmt.Fprint(columns, "\t", outcome)
	}
	fmt.Fprintln(columns)
	for _, importPath := range slices.Sorted(maps.Keys(counts)) {
		sum := 0
		for _, n := range counts[importPath] {
			sum += n
		}
		fmt.Fprintf(columns, "%s\t%d", importPath, sum)
		for _, outcome := range outcomes {
			fmt.Fprint(columns, "\t", counts[importPath][outcome])
		}
		fmt.Fprintln(columns)
	}
	columns.Flush()
}
