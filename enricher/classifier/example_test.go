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

func ExampleModel_Predict() {
	m, err := classifier.Embedded()
	if err != nil {
		panic(err)
	}
	species, probability := m.Predict([4]float64{5.1, 3.5, 1.4, 0.2}) // cm
	fmt.Printf("%s %.2f\n", species, probability)
	// Output: setosa 0.97
}

// The model comes from a file, which may be replaced while the program runs.
func ExampleClassifier_Current() {
	log := slog.New(slog.DiscardHandler)
	c, err := classifier.New("model.json", aws.Config{}, log)
	if err != nil {
		panic(err)
	}
	metrics := telemetry.NewMeter(os.Getenv, log).Begin()
	fmt.Println(c.Current(context.Background(), metrics).Version())
	// Output: 2026-11-23.01
}
