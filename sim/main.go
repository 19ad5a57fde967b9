// Command sim simulates the whole pipeline in one process, and checks that it loses nothing. It runs
// the real functions, queue, table and event source mapping in fake time, lets everything go wrong
// that it knows of, and compares what came of it with what must always hold. All chance comes from a
// seed, so each run can be repeated. docs/reliability.md says what goes wrong and what is checked.
//
// It is no benchmark: nothing here says how fast anything is. tools/bench does.
//
// To read it, begin with [world.run] in world.go, which is the course of one simulation. From there:
//
//   - begin (happenings.go, client.go, crowd.go) is what clients and others do;
//   - network.RoundTrip (network.go) is where the functions' AWS calls meet faults (fault.go);
//   - ledger (ledger.go, metrics.go) keeps what happened, and finds at once what must not happen;
//   - checkQuiet and checkEnd (checks.go) look at the table and the queues in the end.
//
// seeds.go, pairs.go and mistakes.go are the three things that the command line can ask for.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/sim/processes"
)

func main() {
	if !processes.IsAWS() { // else it has been AWS for another process of this program
		commandline.MainWithTest(run)
	}
}

// run does all that main does, and returns the exit status.
func run(ctx context.Context, t *testing.T, args []string, stdout, stderr io.Writer) int {
	var o options
	if status, ok := o.program().Parse(args, stdout, stderr); !ok {
		return status
	}
	defer context.AfterFunc(ctx, func() { fmt.Fprintln(stderr, "\nsim: finishing what is under way; Ctrl-C again ends it at once") })()
	o.stdout, o.stderr = orElse{stdout, stderr}, stderr
	switch {
	case o.processes:
		return o.runProcesses(ctx)
	case o.mistakes:
		return o.catchMistakes(ctx)
	case o.pairs:
		return o.runPairs(ctx, t)
	case o.record != "":
		return o.extendRecord(ctx, t)
	case o.steps != "":
		return o.writeSteps(ctx, t)
	default:
		return o.runSeeds(ctx, t)
	}
}

type options struct {
	seeds, items   int
	first          uint64
	consumer       consumer
	lean           lean
	record         string
	steps, mistake string
	coverage       bool
	pairs          bool
	mistakes       bool
	processes      bool
	hasten         bool
	explain        bool
	stdout, stderr io.Writer
}

// mostItems keeps the items of one kind of client apart from those of another: clients that post one item have the
// numbers below 10,000, crowds those from 1,000 times their number on, and the others those above 8,000,000.
const mostItems = 7_000

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path: "./sim",
		About: "Simulates the whole pipeline with faults, and checks that it loses nothing.\n" +
			"It runs seeds, unless -pairs, -mistakes or -processes asks for something else.",
		Flags: func(f *flag.FlagSet) {
			f.Uint64Var(&o.first, "seed", 1, "the first seed")
			f.IntVar(&o.seeds, "seeds", 20, "how many seeds to run, from -seed on")
			f.IntVar(&o.items, "items", 200, "how many items the clients of one run post")
			f.Var(&o.consumer, "consumer", "`who` consumes the queue: function, worker or both; if it is not given, each seed draws it, and with -processes it is both")
			f.Var(&o.lean, "lean", "a `combination` that the runs are to reach, as a record names it: call/fault/time")
			f.BoolVar(&o.coverage, "coverage", false, "print how often each fault struck at each call, and when")
			f.StringVar(&o.record, "record", "", "keep the sums in a `file`, and go on with the seeds that are not in it yet; some runs lean to what none has reached")
			f.StringVar(&o.steps, "steps", "", "write what happened to each item to a `file`, step by step, for sim/protocol/check.py")
			f.StringVar(&o.mistake, "mistake", "", "with -steps: build the mistake of this `name` into the functions first, see -mistakes")
			f.BoolVar(&o.pairs, "pairs", false, "run every single fault and every ordered pair of faults, which takes minutes")
			f.BoolVar(&o.mistakes, "mistakes", false, "build deliberate mistakes into the functions, and see that each is caught, which takes minutes")
			f.BoolVar(&o.processes, "processes", false, "run the built programs as processes and kill them, on Linux; -seed draws what is done to them, but such a run can't be repeated exactly")
			f.BoolVar(&o.hasten, "hasten", false, "with -processes: let SQS give messages back at once that nobody deals with any more, so that a run takes seconds and not minutes")
			f.BoolVar(&o.explain, "explain", true, "when something is violated, look for the shortest course of events that does it, and print it")
		},
		Check: o.check,
	}
}

// check finds flags that can't be used, also those that a mode would not look at.
func (o *options) check(f *flag.FlagSet) error {
	if _, err := template.Find(); err != nil {
		return fmt.Errorf("%w: run sim in the repository", err)
	}
	switch {
	case o.processes:
		return o.checkProcesses(f)
	case o.pairs && o.mistakes:
		return errors.New("-pairs and -mistakes exclude each other: run one after the other")
	case o.pairs:
		return commandline.Allow(f, "-pairs", "pairs", "mistakes", "explain", "consumer")
	case o.mistakes:
		return commandline.Allow(f, "-mistakes", "pairs", "mistakes")
	case o.hasten:
		return errors.New("-hasten has an effect with -processes alone: add it")
	case o.record != "" && o.lean.String() != "":
		return errors.New("-record and -lean exclude each other: a record draws to what its runs lean")
	case o.steps != "":
		if err := commandline.Allow(f, "-steps", "steps", "mistake", "seed", "seeds", "items", "consumer"); err != nil {
			return err
		}
		return commandline.CheckOutput("-steps", o.steps)
	case o.mistake != "":
		return errors.New("-mistake has no effect without -steps: -mistakes tries all mistakes")
	case o.seeds < 1:
		return fmt.Errorf("-seeds %d: it must be at least 1", o.seeds)
	case o.items < 1 || o.items > mostItems:
		return fmt.Errorf("-items %d: it must be from 1 to %d", o.items, mostItems)
	case o.record != "":
		return commandline.CheckOutput("-record", o.record)
	}
	return nil
}

// failed prints an error. It returns the exit status.
func (o options) failed(err error) int {
	fmt.Fprintln(o.stderr, "sim:", err)
	return commandline.Failed
}

// orElse writes to another writer what the first does not take. Ctrl-C ends also the program that
// reads a pipe, and what was done so far is still to be seen.
type orElse struct{ first, other io.Writer }

func (w orElse) Write(text []byte) (int, error) {
	n, err := w.first.Write(text)
	if err != nil {
		_, err = w.other.Write(text[n:])
	}
	return len(text), err
}

// root returns the repository's folder.
var root = sync.OnceValue(func() string {
	path, err := template.Find()
	must(err)
	return filepath.Dir(path)
})
