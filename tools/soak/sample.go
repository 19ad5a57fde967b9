package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"simple-sam-demo/internal/latency"
	"simple-sam-demo/local/stack"
)

// observation is what was seen at a moment, and since the sample before. Times are in milliseconds.
type observation struct {
	After float64 `json:"after_seconds"`
	vitals
	Cores       float64 `json:"cores"`         // that the stack used since the sample before
	OtherCores  float64 `json:"others_cores"`  // that other programs used, without soak
	CoresWanted float64 `json:"waiting_cores"` // that the stack could have used beside its own
	AnswerP50   float64 `json:"answer_p50_ms"`
	AnswerP99   float64 `json:"answer_p99_ms"`
	ClassP50    float64 `json:"classified_p50_ms"` // from the POST
	ClassP99    float64 `json:"classified_p99_ms"`
	Queue       float64 `json:"queue"` // messages, in flight or not
	DeadLetters float64 `json:"dead_letters"`
	Items       float64 `json:"items"`
}

// observe takes a sample.
func (s *soak) observe(ctx context.Context) error {
	var x, before observation
	before.vitals = s.atBegin
	if n := len(s.samples); n > 0 {
		before = s.samples[n-1]
	}
	var err error
	if x.vitals, err = s.vitals(); err != nil {
		return err
	}
	x.After = time.Since(s.begin).Seconds()
	x.Cores = (x.Processor - before.Processor) / (x.After - before.After)
	x.OtherCores = (x.Others - before.Others) / (x.After - before.After)
	x.CoresWanted = (x.Waiting - before.Waiting) / (x.After - before.After)
	answers, found := s.load.since()
	x.AnswerP50, x.AnswerP99 = percentiles(answers, before.AnswerP50, before.AnswerP99)
	x.ClassP50, x.ClassP99 = percentiles(found, before.ClassP50, before.ClassP99)
	for url, n := range map[string]*float64{s.target.Queue.URL: &x.Queue, s.target.DeadLetterQueue.URL: &x.DeadLetters} {
		backlog, err := stack.BacklogOf(ctx, s.queues, url)
		if err != nil {
			return err
		}
		*n = float64(backlog.Total())
	}
	described, err := s.table.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.target.Table})
	if err != nil {
		return fmt.Errorf("count the items: %w", err)
	}
	x.Items = float64(aws.ToInt64(described.Table.ItemCount)) // on AWS it would be hours old
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, x)
	return json.NewEncoder(s.record).Encode(x)
}

// percentiles are those of some times, in milliseconds, or those of before if there are none.
func percentiles(times []time.Duration, p50, p99 float64) (_, _ float64) {
	if len(times) == 0 {
		return p50, p99
	}
	return latency.Percentile(times, 50).Seconds() * 1000, latency.Percentile(times, 99).Seconds() * 1000
}

// measure is something that a trend is looked for in.
type measure struct {
	name   string
	legend string // in its panel, or "" if it is alone there
	of     func(observation) float64
	limit  growthLimit
	shared bool // other programs disturb it: it says nothing if they do so more and more
}

// others is what other programs use of the processor, and waiting is what they keep the stack from using.
var (
	others  = measure{"other programs (cores)", "others", func(s observation) float64 { return s.OtherCores }, growthLimit{0.5, 0.1}, true}
	waiting = measure{"waiting for a core (cores)", "waiting", func(s observation) float64 { return s.CoresWanted }, growthLimit{0.5, 0.1}, true}
)

// panel is a part of the picture.
type panel struct {
	title    string
	measures []measure
	log      bool // the axis is logarithmic
}

// panels are all measures. The limits say what nobody would worry about. A table that keeps its size is one of
// them, or the memory would say nothing.
func (p plan) panels() []panel {
	items := p.rate * itemsPerRequest() // a second
	return []panel{
		{"Processor, in cores", []measure{
			{"the stack (cores)", "stack", func(s observation) float64 { return s.Cores }, growthLimit{1, 0.1}, false},
			others, waiting,
		}, false},
		{"Memory, in MB", []measure{
			{"resident memory (MB)", "resident", func(s observation) float64 { return s.Resident }, growthLimit{0.5, 10}, false},
			{"live heap (MB)", "live heap", func(s observation) float64 { return s.Heap }, growthLimit{0.5, 5}, false},
		}, false},
		{"Goroutines", []measure{
			{"goroutines", "", func(s observation) float64 { return s.Goroutines }, growthLimit{0.5, 5}, false},
		}, false},
		{"File descriptors", []measure{
			{"file descriptors", "", func(s observation) float64 { return s.Descriptors }, growthLimit{0.5, 5}, false},
		}, false},
		{"Answer of the API, in ms", []measure{
			{"answer p50 (ms)", "p50", func(s observation) float64 { return s.AnswerP50 }, growthLimit{1, 1}, true},
			{"answer p99 (ms)", "p99", func(s observation) float64 { return s.AnswerP99 }, growthLimit{1, 20}, true},
		}, true},
		{"From POST to CLASSIFIED, in ms", []measure{
			{"classified p50 (ms)", "p50", func(s observation) float64 { return s.ClassP50 }, growthLimit{1, 100}, true},
			{"classified p99 (ms)", "p99", func(s observation) float64 { return s.ClassP99 }, growthLimit{1, 500}, true},
		}, true},
		{"Messages in the queue", []measure{
			{"messages", "", func(s observation) float64 { return s.Queue }, growthLimit{1, 5 * items}, false},
		}, false},
		{"Dead letters", []measure{
			{"dead letters", "", func(s observation) float64 { return s.DeadLetters }, growthLimit{1, p.rate}, false},
		}, false},
		{"Items in the table", []measure{
			{"items", "", func(s observation) float64 { return s.Items }, growthLimit{0.5, 5 * items}, false},
		}, false},
	}
}
