package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
)

// speedOf is a model with which a full batch takes the function 20 ms.
func speedOf(cpu time.Duration) modelSpeed {
	return modelSpeed{Memory: 256, WorkerCPU: []time.Duration{cpu, cpu, cpu}, Functions: invocations{enricherFunction: {
		{kind: kind{Items: 1}, Later: 12 * time.Millisecond}, {kind: kind{Items: 100}, Later: 20 * time.Millisecond},
	}}}
}

// 10,000 invocations, each a request and 20 ms of a quarter of a GB, and the smallest task for an hour.
const (
	fullBatches = 1e4 * (0.20/1e6 + 0.020*0.25*0.0000133334)
	smallest    = 0.25*0.03238 + 0.5*0.00356 + 0.005
)

func near(got, want float64) bool { return math.Abs(got-want) <= 0.011*want }

func TestTheWorkerIsCheaperFromWhereInvocationsCostMoreThanATask(t *testing.T) {
	m := speedOf(50 * time.Microsecond)
	want := smallest / 3600 / (fullBatches / 1e6) // items a second
	if got := m.Crossing(); !near(got.First, want) || got.Always != got.First {
		t.Errorf("it is cheaper from %+v on, want %v", got, want)
	}
	want = (0.3*(smallest-0.005) + 0.005) / 3600 / (fullBatches / 1e6)
	if got := m.SpotCrossing(); !near(got.First, want) {
		t.Errorf("on Spot it is cheaper from %+v on, want %v", got, want)
	}
}

// A task takes 1,750 items a second at most, and the second one costs more than the invocations at first.
func TestAboveTheFirstCrossingTheWorkerCanBeDearerAgain(t *testing.T) {
	m := speedOf(100 * time.Microsecond)
	c := m.Crossing()
	if c.First > 1_750 || c.Always < 1_750 || m.worker(1_760, 0).Dollars < m.function(1_760) {
		t.Errorf("it is cheaper from %v on, and always from %v on", c.First, c.Always)
	}
}

func TestAWorkerThatIsNeverCheaperHasNoCrossing(t *testing.T) {
	if got := speedOf(time.Second).Crossing(); got != (crossing{}) || about(got.First) != "no number of" {
		t.Errorf("it is cheaper from %+v on", got)
	}
}

func TestTheCheapestTasksAreChosenThatHaveTimeLeft(t *testing.T) {
	m := speedOf(50 * time.Microsecond)
	for rate, want := range map[float64]fleet{
		1:      {taskSizes[0], 1, smallest / 3600 * 1e6},
		3_499:  {taskSizes[0], 1, smallest / 3600 * 1e6 / 3_499},
		3_501:  {taskSizes[1], 1, (0.5*0.03238 + 0.00356 + 0.005) / 3600 * 1e6 / 3_501},
		13_999: {taskSizes[2], 1, (0.03238 + 2*0.00356 + 0.005) / 3600 * 1e6 / 13_999},
		14_001: {taskSizes[1], 3, 3 * (0.5*0.03238 + 0.00356 + 0.005) / 3600 * 1e6 / 14_001},
	} {
		if got := m.worker(rate, 0); got.Size != want.Size || got.Tasks != want.Tasks || !near(got.Dollars, want.Dollars) {
			t.Errorf("for %v items a second: %+v, want %+v", rate, got, want)
		}
	}
}

// The formula is compared with a run of the local stack, whose mapping has as many pollers as Lambda has at first.
// A window may end a part of a second later, so batches of few items can be larger by a third.
func TestABatchHasWhatComesToOnePollerInTheWindow(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for _, every := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond} {
		l := load{"", 200, 1, every}
		c, err := counted(t, measured.invocationsWith(256), map[string]string{"BatchSize": "100", "BatchWindow": "1"}, l)
		if err != nil {
			t.Fatal(err)
		}
		want := float64(l.items) / float64(c.invocations[enricherFunction])
		if got, _ := speedOf(0).batchAt(1 / every.Seconds()); math.Abs(got-want) > 0.35*want {
			t.Errorf("with an item every %v a batch has %v items, and %v in a run", every, got, want)
		}
	}
	if got, _ := speedOf(0).batchAt(10_000); got != batchSize {
		t.Errorf("a batch has %v items, want %d", got, batchSize)
	}
}

func TestTheLargeModelIsAModel(t *testing.T) {
	text, err := forest()
	if err != nil {
		t.Fatal(err)
	}
	model, err := classifier.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for i := range 100 {
		class, _ := model.Predict(sample.Nth(i))
		answers[class] = true
	}
	if len(answers) < 2 {
		t.Errorf("it answers only %v", answers)
	}
}

func TestTheRatioIsTheMedianOfTheTurns(t *testing.T) {
	cpu := func(all ...time.Duration) (turns []usage) {
		for _, c := range all {
			turns = append(turns, usage{CPU: c})
		}
		return turns
	}
	got := summary(workerCase{10, 1}, cpu(10, 100, 20), cpu(5, 100, 5), cpu(20, 150, 10))
	if got.Ratio != 1.5 || got.HandlerRatio != 0.5 || got.Function.CPU != 20 {
		t.Errorf("%+v", got)
	}
}

func TestDollarsHaveTwoDigitsAtLeast(t *testing.T) {
	for dollars, want := range map[float64]string{4.1319: "$4.13", 0.041: "$0.041", 0.00283: "$0.0028", 12: "$12.00"} {
		if got := cents(dollars); got != want {
			t.Errorf("%v is written %s, want %s", dollars, got, want)
		}
	}
	if got := about(1_549.5); got != "1,500" {
		t.Errorf("1,549.5 is about %s", got)
	}
}

func TestACrossingSaysFromWhereOnTheWorkerStaysCheaper(t *testing.T) {
	for c, want := range map[crossing]string{
		{1_549.5, 1_549.5}: "from 1,500 items a second on",
		{1_549.5, 2_640}:   "from 1,500 items a second on, and stays so from 2,600 on",
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
