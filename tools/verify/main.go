// Command verify is the acceptance run: it posts items to a stack, waits, looks at what became of
// them, and prints a table of what holds and what does not. From the repository's root:
//
//	go run ./tools/verify -stack simple-sam-demo
//	go run ./tools/verify -endpoint http://127.0.0.1:4566 -api http://127.0.0.1:3000
//
// This program reads the command line. The checks are in the package verify, internal/verify. It exits 0
// if everything holds, 2 if it is called wrongly, and else 1. docs/verify.md says more, and what each check shows.
//
// With -ask it asks instead what AWS's documentation leaves open: see package internal/questions.
package main

import (
	"context"
	"flag"
	"io"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/verify"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o verify.Options
	var questions askOptions
	program := commandline.Program{
		Path:  "./tools/verify",
		Usage: "-stack NAME | -endpoint URL -api URL  [flags]",
		About: "Posts items to a stack, and says what holds and what does not.\n" + verify.About() + aboutQuestions(),
		Flags: func(f *flag.FlagSet) {
			o.Register(f)
			questions.register(f)
		},
		Check: func(*flag.FlagSet) error { return questions.check(&o) },
	}
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	if questions.on {
		return questions.ask(ctx, o, stdout, stderr)
	}
	return verify.Run(ctx, o, stdout, stderr)
}
