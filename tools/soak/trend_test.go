package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// series makes up the samples of an hour.
func series(seed uint64, value func(part float64, random *rand.Rand) float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	values := make([]float64, 300)
	for i := range values {
		values[i] = value(float64(i)/float64(len(values)), random)
	}
	return values
}

// growing counts the seeds with which a made-up hour has a trend, of 300.
func growing(t *testing.T, limit growthLimit, value func(part float64, random *rand.Rand) float64) (found int) {
	t.Helper()
	for seed := range uint64(300) {
		trend, ok := trendOf(series(seed, value), time.Hour)
		if !ok {
			t.Fatal("too few values")
		}
		if trend.grows(limit, time.Hour) {
			found++
		}
	}
	return found
}

var limit = growthLimit{perDay: 0.5, atAll: 0.5}

func noisy(random *rand.Rand, level float64) float64 { return level * (1 + 0.1*random.NormFloat64()) }

func TestNoTrendIsFoundIn(t *testing.T) {
	for name, value := range map[string]func(part float64, random *rand.Rand) float64{
		"nothing":             func(float64, *rand.Rand) float64 { return 0 },
		"a constant":          func(float64, *rand.Rand) float64 { return 31 },
		"noise":               func(_ float64, r *rand.Rand) float64 { return noisy(r, 100) },
		"noise with spikes":   func(_ float64, r *rand.Rand) float64 { return 100 / (1e-6 + r.Float64()) },
		"a sawtooth":          func(part float64, r *rand.Rand) float64 { return noisy(r, 100+50*math.Mod(part*17, 1)) },
		"a slow wave":         func(part float64, r *rand.Rand) float64 { return noisy(r, 100+20*math.Sin(part*4*math.Pi)) },
		"a fall":              func(part float64, r *rand.Rand) float64 { return noisy(r, 100-30*part) },
		"growth that ends":    func(part float64, r *rand.Rand) float64 { return 100*min(1, 0.9+part) + r.NormFloat64() },
		"a little, for sure":  func(part float64, _ *rand.Rand) float64 { return 100 + part },
		"a little of nothing": func(part float64, _ *rand.Rand) float64 { return 0.4 * part },
	} {
		t.Run(name, func(t *testing.T) {
			if found := growing(t, limit, value); found > 0 {
				t.Errorf("found with %d of 300 seeds", found)
			}
		})
	}
}

func TestAStepIsNoTrendWheneverItComes(t *testing.T) {
	for _, at := range []float64{0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			found := growing(t, limit, func(part float64, r *rand.Rand) float64 {
				if part < at {
					return 100 + r.NormFloat64()
				}
				return 130 + r.NormFloat64()
			})
			if found > 0 {
				t.Errorf("found with %d of 300 seeds", found)
			}
		})
	}
}

func TestATrendIsFoundIn(t *testing.T) {
	for name, value := range map[string]func(part float64, random *rand.Rand) float64{
		"a leak under noise":      func(part float64, r *rand.Rand) float64 { return noisy(r, 100+30*part) },
		"a leak under a sawtooth": func(part float64, r *rand.Rand) float64 { return noisy(r, 100+30*part+20*math.Mod(part*17, 1)) },
		"a leak in stairs":        func(part float64, r *rand.Rand) float64 { return 100 + 20*math.Floor(part*20)/20 + r.NormFloat64() },
		"a leak that begins late": func(part float64, r *rand.Rand) float64 {
			return 100 + 60*max(0, part-0.4) + r.NormFloat64()
		},
		"goroutines that stay": func(part float64, _ *rand.Rand) float64 { return math.Floor(30 + 12*part) },
		"a queue that fills":   func(part float64, _ *rand.Rand) float64 { return math.Floor(100 * part) },
	} {
		t.Run(name, func(t *testing.T) {
			if found := growing(t, limit, value); found < 295 {
				t.Errorf("found with %d of 300 seeds only", found)
			}
		})
	}
}

// The numbers were computed by hand: of the ten pairs nine grow, so S = 8; the variance is 5*4*15/18.
func TestTheStatisticsAreThoseOfThePapers(t *testing.T) {
	values := []float64{1, 3, 2, 4, 5}
	if got, want := theilSen(values), 1.0; got != want {
		t.Errorf("slope %v, want %v", got, want)
	}
	if got, want := mannKendall(values), math.Erfc(7/math.Sqrt(50.0/3)/math.Sqrt2)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("p %v, want %v", got, want)
	}
	// Two values are equal: S = 5, and the variance is less by 2*1*9/18.
	if got, want := mannKendall([]float64{1, 2, 2, 3}), math.Erfc(4/math.Sqrt(4*3*13/18.0-1)/math.Sqrt2)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("p with equal values %v, want %v", got, want)
	}
}

func TestTooFewSamplesHaveNoTrend(t *testing.T) {
	if _, ok := trendOf(make([]float64, windows*fewestSamples-1), time.Hour); ok {
		t.Error("there is one")
	}
}
