package commandline_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/commandline"
)

// program returns one with some flags, and where it keeps the value of -seeds.
func program() (commandline.Program, *int) {
	seeds := new(int)
	return commandline.Program{
		Path: "./tools/example", About: "Shows what a program does.",
		Flags: func(f *flag.FlagSet) {
			f.IntVar(seeds, "seeds", 20, "how many `seeds` there are")
			f.Bool("pairs", false, "run pairs instead")
			f.String("key", "", "the `key` to give")
			f.Func("set", "a `value` to set", func(string) error { return nil })
		},
		Check: func(f *flag.FlagSet) error {
			if f.Lookup("pairs").Value.String() == "true" {
				return commandline.Allow(f, "-pairs", "pairs")
			}
			return nil
		},
	}, seeds
}

func TestHelpIsPrintedToStdoutAndIsNoError(t *testing.T) {
	for _, flag := range []string{"-help", "--help", "-h"} {
		p, _ := program()
		var stdout, stderr bytes.Buffer
		if status, ok := p.Parse([]string{flag}, &stdout, &stderr); status != 0 || ok || stderr.Len() > 0 {
			t.Errorf("%s: status %d, %t, stderr %q", flag, status, ok, stderr.String())
		}
		const want = "Usage: go run ./tools/example [flags]\n\nShows what a program does.\n\n" +
			"  -key key\n    \tthe key to give\n  -pairs\n    \trun pairs instead\n  -seeds seeds\n    \thow many seeds there are (default 20)\n  -set value\n    \ta value to set\n"
		if diff := cmp.Diff(want, stdout.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", flag, diff)
		}
	}
}

func TestBackquotesInAUsageTextNameAValueAlone(t *testing.T) {
	for name, declare := range map[string]func(f *flag.FlagSet){
		"a flag without a value": func(f *flag.FlagSet) { f.Bool("worker", false, "as `local` does") },
		"a name of two words":    func(f *flag.FlagSet) { f.Int("seeds", 1, "run `go test` so often") },
		"two names":              func(f *flag.FlagSet) { f.Int("seeds", 1, "from `first` to `last`") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it is taken")
				}
			}()
			commandline.Program{Path: "./tools/example", Flags: declare}.Parse(nil, io.Discard, io.Discard)
		})
	}
}

func TestWhatIsWrongIsSaidInOneLineWithStatusTwo(t *testing.T) {
	for want, args := range map[string][]string{
		"flag provided but not defined: -seed":                       {"-seed", "7"},
		`invalid value "x" for flag -seeds: parse error`:             {"-seeds", "x"},
		"flag needs an argument: -seeds":                             {"-seeds"},
		`unexpected argument "7"`:                                    {"7"},
		`unexpected argument "now"`:                                  {"-seeds", "7", "now"},
		"-key is empty: give a value, or leave it out":               {"-set", "1", "-key", ""},
		"-seeds has no effect with -pairs: leave one of the two out": {"-pairs", "-seeds", "7"},
	} {
		p, _ := program()
		var stdout, stderr bytes.Buffer
		status, ok := p.Parse(args, &stdout, &stderr)
		if line := "example: " + want + " (go run ./tools/example -help lists the flags)\n"; status != 2 || ok || stdout.Len() > 0 || stderr.String() != line {
			t.Errorf("%q: status %d, %t, stdout %q, stderr %q, want %q", args, status, ok, stdout.String(), stderr.String(), line)
		}
	}
}

func TestAProgramGoesOnWithTheValuesOfItsFlags(t *testing.T) {
	p, seeds := program()
	var out bytes.Buffer
	if _, ok := p.Parse([]string{"-seeds", "7"}, &out, &out); !ok || *seeds != 7 || out.Len() > 0 {
		t.Errorf("%t with %d seeds, and %q", ok, *seeds, out.String())
	}
}

func TestTheStatusSaysHowAProgramEnded(t *testing.T) {
	over, stop := context.WithCancel(t.Context())
	stop()
	failed := errors.New("no disk")
	for name, test := range map[string]struct {
		ctx    context.Context
		err    error
		status int
		stderr string
	}{
		"well":                         {t.Context(), nil, 0, ""},
		"with an error":                {t.Context(), failed, 1, "example: no disk\n"},
		"interrupted":                  {over, failed, 130, "example: interrupted\n"},
		"interrupted when it was done": {over, nil, 0, ""},
	} {
		p, _ := program()
		var stderr strings.Builder
		if status := p.End(test.ctx, test.err, &stderr); status != test.status || stderr.String() != test.stderr {
			t.Errorf("%s: status %d and %q, want %d and %q", name, status, stderr.String(), test.status, test.stderr)
		}
	}
}

func TestABarIsShownOnATerminalOnly(t *testing.T) {
	var out bytes.Buffer
	bar := commandline.NewBar(&out, 2, "seeds")
	for range 2 {
		if err := bar.Add(1); err != nil {
			t.Error(err)
		}
	}
	if err := bar.Finish(); err != nil || out.Len() > 0 {
		t.Errorf("error %v, and it wrote %q", err, out.String())
	}
}
