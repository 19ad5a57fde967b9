package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simple-sam-demo/local/stacktest/cloudwatch"
	"simple-sam-demo/shared/telemetry"
)

// histogram returns what CloudWatch is told of durations, in milliseconds.
func histogram(t rapid.TB, milliseconds []int64) (values, counts []float64) {
	t.Helper()
	var out bytes.Buffer
	m := newMeter(&out, slog.LevelInfo).Begin()
	for _, ms := range milliseconds {
		m.Observe(telemetry.Latency, time.Duration(ms)*time.Millisecond)
	}
	m.Write(context.Background())
	data, err := cloudwatch.Parse(out.Bytes()) // which allows 100 values
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(data, func(d cloudwatch.Datum) bool { return d.Name == telemetry.Latency })
	return data[i].Values, data[i].Counts
}

func TestUpToAHundredDifferentValuesAreExact(t *testing.T) {
	for _, times := range []int{1, 2} { // as a list, and as values with counts
		var durations []int64
		var wantValues, wantCounts []float64
		for ms := range int64(100) {
			durations = append(durations, slices.Repeat([]int64{ms * ms}, times)...)
			wantValues, wantCounts = append(wantValues, float64(ms*ms)), append(wantCounts, float64(times))
		}
		values, counts := histogram(t, durations)
		if diff := cmp.Diff([][]float64{wantValues, wantCounts}, [][]float64{values, counts}); diff != "" {
			t.Errorf("values and counts (-want +got):\n%s", diff)
		}
	}
}

// The local stack prints lines as text. A hundred latencies and their counts would hide the rest.
func TestAsTextLatenciesAreTheirLeastAndGreatest(t *testing.T) {
	for want, milliseconds := range map[string][]int64{
		" Latency=7\n":              {7},
		` Latency="3 to 30"` + "\n": {30, 3, 7},
		` Latency="0 to 5"` + "\n":  slices.Repeat([]int64{5, 0}, 100),
	} {
		var out bytes.Buffer
		m := telemetry.NewMeter(func(string) string { return "" }, slog.New(slog.NewTextHandler(&out, nil))).Begin()
		for _, ms := range milliseconds {
			m.Observe(telemetry.Latency, time.Duration(ms)*time.Millisecond)
		}
		m.Write(t.Context())
		text, _, _ := strings.Cut(out.String(), " _aws=")
		if !strings.HasSuffix(text+"\n", want) {
			t.Errorf("%s does not end with %s", text, want)
		}
	}
}

func TestMoreValuesKeepCountAndMeanAndAreOffByAFixedRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		greatest := rapid.SampledFrom([]int64{150, 60_000, 1 << 40}).Draw(t, "greatest")
		durations := rapid.SliceOfN(rapid.Int64Range(0, greatest), 101, 2000).Draw(t, "durations")
		values, counts := histogram(t, durations)
		slices.Sort(durations)
		ratio := math.Pow(float64(durations[len(durations)-1])/float64(max(durations[0], 1)), 1.0/99)
		var sum, wantSum float64
		next := 0 // of the durations, which the values stand for in order
		for i, value := range values {
			for range int(counts[i]) {
				d := float64(durations[next])
				if math.Abs(value-d) > max(d, 1)*(ratio-1)+1 { // 1 for rounding
					t.Fatalf("%v ms stands for %v ms, beyond the ratio %v", value, d, ratio)
				}
				sum, wantSum, next = sum+value, wantSum+d, next+1
			}
		}
		if next != len(durations) || math.Abs(sum-wantSum) > float64(len(durations)) {
			t.Fatalf("%d values with the sum %v, want %d with %v", next, sum, len(durations), wantSum)
		}
	})
}

// In a hundred buckets from a second to a quarter of an hour, the first two values would be in one.
func TestAFewValuesAreExactHoweverCloseTheyAre(t *testing.T) {
	want := []float64{1_000, 1_001, 900_000}
	var durations []int64
	for _, ms := range want {
		durations = append(durations, slices.Repeat([]int64{int64(ms)}, 50)...) // so many are told as values with counts
	}
	values, counts := histogram(t, durations)
	if diff := cmp.Diff(want, values); diff != "" || !slices.Equal(counts, []float64{50, 50, 50}) {
		t.Errorf("counts %v, values (-want +got):\n%s", counts, diff)
	}
}

// The means are whole milliseconds, rounded as in school. The buckets' bounds have a constant ratio, which is that of
// the greatest to the least value, to the power of 1/99.
func TestABucketStandsForItsMean(t *testing.T) {
	var durations []int64
	for ms := int64(1_000); ms <= 2_000; ms++ {
		durations = append(durations, ms)
	}
	values, counts := histogram(t, durations)
	width := math.Log(2) / 99
	next := 0
	for i, value := range values {
		first := durations[next]
		bucket, sum := math.Floor(math.Log(float64(first)/1_000)/width), int64(0)
		count := 0
		for ; next < len(durations) && math.Floor(math.Log(float64(durations[next])/1_000)/width) == bucket; next++ {
			sum += durations[next]
			count++
		}
		if want := math.Round(float64(sum) / float64(count)); value != want || counts[i] != float64(count) {
			t.Errorf("bucket %d has %g times %g ms, want %d times %g", i, counts[i], value, count, want)
		}
	}
	if next != len(durations) {
		t.Errorf("%d of %d values", next, len(durations))
	}
}
