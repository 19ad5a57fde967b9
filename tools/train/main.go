// Command train fits the iris model to the flowers that are marked train in the data set. It writes the
// artifact that is compiled into the enricher. It prints how many of all 150 flowers that artifact
// classifies correctly. Run it from the repository's root:
//
//	go run ./tools/train [-version YYYY-MM-DD.NN] [-o path]
//
// The same version gives the same bytes on every machine. The tool is run by hand. It is no part of the
// deployed system, and it publishes nothing: docs/model.md says how to publish an artifact. Its exit code
// is 2 if it is called wrongly, and 1 if it fails.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/enricher/classifier/dataset"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run does all that main does, and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "train: %v (see train -h)\n", err)
		return 2
	}
	if err := train(opts, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "train: %v\n", err)
		return 1
	}
	return 0
}

type options struct {
	version string // of the artifact, in the form that classifier.CheckVersion demands
	output  string // path of the artifact, or "-" for standard output
}

// parseOptions prints the usage if help is asked for, and nothing else. The flag package itself would print
// each error with the whole usage. One line is clearer.
func parseOptions(args []string, help io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&opts.version, "version", "2026-11-23.01", "version of the model, `YYYY-MM-DD.NN`; it must be higher than the versions in use")
	flags.StringVar(&opts.output, "o", "enricher/classifier/iris.json", "`path` of the file to write the artifact to; - means standard output")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(help)
		fmt.Fprintln(help, "usage: train [-version YYYY-MM-DD.NN] [-o path]")
		flags.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if opts.output == "" {
		return options{}, errors.New("-o is empty: give a path, or - for standard output")
	}
	return opts, classifier.CheckVersion(opts.version)
}

// train writes the artifact, and a report of how good it is. The report goes to stdout. If the artifact
// itself goes to stdout, the report goes to stderr.
func train(opts options, stdout, stderr io.Writer) error {
	flowers := dataset.Flowers()
	a, err := fitArtifact(opts.version, flowers)
	if err != nil {
		return err
	}
	// Measure the artifact as the enricher will read it, with its rounded numbers.
	m, err := classifier.Parse(a.encode())
	if err != nil {
		return err
	}
	c := evaluate(m, a.classes, flowers)
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
