// Command train fits the model to the rows of the data set that are marked train. It writes the artifact that is
// compiled into the enricher. It prints how many of all rows that artifact classifies correctly. Run it from the repository's root:
//
//	go run ./tools/train [-scale] [-version YYYY-MM-DD.NN] [-o path]
//
// With -scale, the model is fitted to measurements that are scaled to the mean 0 and the deviation 1. The
// artifact then carries the means and the deviations. Features of very different size need that.
//
// The same data, flags and version give the same bytes on every machine. The tool is run by hand. It is no part of the
// deployed system, and it publishes nothing: docs/model.md says how to publish an artifact. Its exit code
// is 2 if it is called wrongly, and 1 if it fails.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/commandline"
)

func main() { commandline.Main(run) }

// run does all that main does, and returns the exit code. It lasts less than a second, and so it is
// not stopped when the context ends.
func run(_ context.Context, args []string, stdout, stderr io.Writer) int {
	var opts options
	program := opts.program()
	if status, ok := program.Parse(args, stdout, stderr); !ok {
		return status
	}
	return program.End(context.Background(), train(opts, stdout, stderr), stderr)
}

type options struct {
	version string // of the artifact, in the form that classifier.CheckVersion demands
	output  string // path of the artifact, or "-" for standard output
	scale   bool   // fit to scaled measurements
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path: "./tools/train", About: "Fits the model and writes the artifact that the enricher embeds.",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&o.version, "version", "2026-11-23.01", "version of the model, `YYYY-MM-DD.NN`; it must be higher than the versions in use")
			f.BoolVar(&o.scale, "scale", false, "scale each feature to mean 0 and deviation 1 before the fit; needed for features of very different size")
			f.StringVar(&o.output, "o", "enricher/classifier/model.json", "`path` of the file to write the artifact to; - means standard output")
		},
		Check: func(*flag.FlagSet) error { return classifier.CheckVersion(o.version) },
	}
}

// train writes the artifact, and a report of how good it is. The report goes to stdout. If the artifact
// itself goes to stdout, the report goes to stderr.
func train(opts options, stdout, stderr io.Writer) error {
	rows := dataset.Rows()
	a, err := fitArtifact(opts.version, rows, opts.scale)
	if err != nil {
		return err
	}
	// Measure the artifact as the enricher will read it, with its rounded numbers.
	m, err := classifier.Parse(a.encode())
	if err != nil {
		return err
	}
	c := evaluate(m, a.classes, rows)
	a.trainAccuracy, a.testAccuracy = c.train.share(), c.test.share()

	report := stdout
	if opts.output == "-" {
		report = stderr
		_, err = stdout.Write(a.encode())
	} else {
		err = os.WriteFile(opts.output, a.encode(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write artifact: %w", err)
	}
	return c.print(report)
}
