package classifier_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/shared/telemetry"
)

// The model comes from a file, which may be replaced while the program runs.
func ExampleClassifier_Current() {
	log := slog.New(slog.DiscardHandler)
	c, err := classifier.New("model.json", aws.Config{}, log)
	if err != nil {
		panic(err)
	}
	embedded, err := classifier.Embedded() // of the same file
	if err != nil {
		panic(err)
	}
	metrics := telemetry.NewMeter(os.Getenv, log).Begin()
	fmt.Println(c.Current(context.Background(), metrics).Version() == embedded.Version())
	// Output: true
}
