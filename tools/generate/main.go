// Command generate writes the files that follow from the item and from template.yaml: the sample events,
// docs/openapi.yaml, and the policy in docs/authorization.md. It prints the files that it changed. Run it
// from the repository's root after each change of the item, its model, or the names in the template;
// `make generate` draws docs/architecture.svg as well:
//
//	go run ./tools/generate
//
// Its exit code is 2 if it is called wrongly, and 1 if it fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/generated"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	program := commandline.Program{
		Path: "./tools/generate", About: "Writes the files that follow from the item and from template.yaml.",
		Flags: func(*flag.FlagSet) {},
	}
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	changed, err := generated.Write(".")
	for _, path := range changed {
		fmt.Fprintln(stdout, path)
	}
	return program.End(ctx, err, stderr)
}
