// Command diagram draws what a SAM template connects: the routes of the API, the functions, queues and
// tables, who calls whom, and where alarms go. It reads only the template, with the defaults of its
// parameters. So the picture does not show what only the code says, such as the order of two calls. Run it
// from the repository's root:
//
//	go run ./tools/diagram [-template file] [-o file]
//
// The same template gives the same bytes on every machine. Graphviz places the boxes. Its exit code is 2 if
// it is called wrongly, and 1 if it fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/template"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var path, output string
	program := commandline.Program{
		Path: "./tools/diagram", About: "Draws what a SAM template connects.",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&path, "template", "template.yaml", "the SAM template to draw, a `file`")
			f.StringVar(&output, "o", "docs/architecture.svg", "the `file` to write the picture to; - means standard output")
		},
	}
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	svg, err := draw(ctx, path)
	switch {
	case err != nil:
	case output == "-":
		_, err = stdout.Write(svg)
	default:
		err = os.WriteFile(output, svg, 0o644)
	}
	return program.End(ctx, err, stderr)
}

// draw returns the picture of a template file as SVG.
func draw(ctx context.Context, path string) ([]byte, error) {
	tmpl, err := template.Read(path, nil)
	if err != nil {
		return nil, err
	}
	g, err := read(tmpl)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", path, err)
	}
	return g.svg(ctx)
}
