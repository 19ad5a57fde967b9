// Command sim proves that the pipeline loses nothing: it runs the real functions, queue,
// table and event source mapping in one process, in fake time, disturbs them in every
// way that it knows, and checks what came of it. Everything random comes from a seed, so
// that each run can be repeated. docs/reliability.md says what is checked.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"simple-sam-demo/local/template"
)

type options struct {
	seeds, items int
	first        uint64
	pairs        bool
	mistakes     bool
	explain      bool
}

func main() {
	var o options
	flag.IntVar(&o.seeds, "seeds", 20, "how many seeds to run, from -seed on")
	flag.IntVar(&o.items, "items", 200, "how many flowers clients post in a run")
	flag.Uint64Var(&o.first, "seed", 1, "the first seed")
	flag.BoolVar(&o.pairs, "pairs", false, "run every fault and every ordered pair of faults at every site instead")
	flag.BoolVar(&o.mistakes, "mistakes", false, "build deliberate mistakes into the functions instead, and see each of them caught")
	flag.BoolVar(&o.explain, "explain", true, "look for the shortest trace of a violation, and print it")
	flag.Parse()
	if flag.NArg() > 0 || o.seeds < 1 || o.items < 1 {
		fmt.Fprintln(os.Stderr, "sim takes flags only, and -seeds and -items of at least 1")
		flag.Usage()
		os.Exit(2)
	}
	// testing/synctest wants a testing.T.
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "sim", F: func(t *testing.T) { os.Exit(o.run(t)) }}}, nil, nil,
	)
}

// run returns the exit status.
func (o options) run(t *testing.T) int {
	switch {
	case o.mistakes:
		return catchMistakes(os.Stdout)
	case o.pairs:
		return runPairs(t, os.Stdout)
	default:
		return runSeeds(t, o, os.Stdout)
	}
}

// root returns the repository's folder.
var root = sync.OnceValue(func() string {
	path, err := template.Find()
	must(err)
	return filepath.Dir(path)
})
