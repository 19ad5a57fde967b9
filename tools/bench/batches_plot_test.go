package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestThePictureHasALineForEachFigureAndTheSameBytesEachTime(t *testing.T) {
	var batches []batchSpeed
	for _, delay := range delays {
		for _, items := range []int{1, 10, 100} {
			batches = append(batches, batchSpeed{items, delay, speed{Batch: 20 * time.Millisecond}, speed{Batch: 10 * time.Millisecond}})
		}
	}
	var drawn [2]string
	for i := range drawn {
		path := filepath.Join(t.TempDir(), "plot.svg")
		if err := plotBatches(batches, path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		drawn[i] = string(text)
	}
	if drawn[0] != drawn[1] {
		t.Error("the second picture has other bytes")
	}
	for _, want := range []string{
		">items in a batch<", ">items a second<", ">the enricher, 1 ms a call<", ">bare SDK calls, 5 ms a call<",
		">1<", ">10<", ">100<", ">10,000<", "prefers-color-scheme: dark",
		`d="M76.0 266.0L341.0 157.4L606.0 48.7"`, // 50, 500 and 5,000 items a second, between 10 and 10,000
	} {
		if !strings.Contains(drawn[0], want) {
			t.Errorf("no %q in:\n%s", want, drawn[0])
		}
	}
	for decoder := xml.NewDecoder(strings.NewReader(drawn[0])); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("it is no XML: %v", err)
		}
	}
}
