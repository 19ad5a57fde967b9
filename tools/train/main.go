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
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"simple-sam-demo/local/commandline"
	"simple-sam-demo/shared/dataset"
	"simple-sam-demo/shared/model"
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
	version string // of the artifact, as model.CheckVersion wants it
	output  string // path of the artifact, or "-" for standard output
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path: "./tools/train", About: "Fits the iris model and writes the artifact that the enricher embeds.",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&o.version, "version", "2026-11-23.01", "version of the model, `YYYY-MM-DD.NN`")
			f.StringVar(&o.output, "o", "shared/model/iris.json", "`path` to write the artifact to, - for standard output")
		},
		Check: func(*flag.FlagSet) error {
			if o.output == "" {
				return errors.New("-o is empty")
			}
			return model.CheckVersion(o.version)
		},
	}
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
	m, err := model.Parse(a.encode())
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
