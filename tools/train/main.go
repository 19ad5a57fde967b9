// Command train fits the iris model on the flowers marked train and writes its artifact, which the
// enricher embeds. It prints how well the artifact does on all 150 flowers. From the repository's
// root:
//
//	go run ./tools/train [-version YYYY-MM-DD.NN] [-o path]
//
// The same version gives the same bytes on every machine. It is run by hand, and no part of the
// deployed system. It exits 2 if it is called wrongly, 1 if it fails.
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
	version string // of the artifact, as classifier.CheckVersion wants it
	output  string // path of the artifact, or "-" for standard output
}

// parseOptions prints the usage on help, and nothing else: the flag package would print both the
// error and the whole usage, where one line is clearer.
func parseOptions(args []string, help io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&opts.version, "version", "2026-11-23.01", "version of the model, `YYYY-MM-DD.NN`")
	flags.StringVar(&opts.output, "o", "enricher/classifier/iris.json", "`path` to write the artifact to, - for standard output")
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
		return options{}, errors.New("-o is empty")
	}
	return opts, classifier.CheckVersion(opts.version)
}

// train writes the artifact, and a report of how good it is to stdout; to stderr if the artifact
// itself goes to stdout.
func train(opts options, stdout, stderr io.Writer) error {
	flowers := dataset.Flowers()
	a, err := fitArtifact(opts.version, flowers)
	if err != nil {
		return err
	}
	// What is measured is the artifact as the enricher will read it, its rounding included.
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
