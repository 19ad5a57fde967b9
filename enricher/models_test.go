package enricher_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/enricher"
	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
)

const v1, v2, v3 = "2030-01-01.01", "2030-01-02.01", "2030-01-03.01"

// classifies enqueues another item and returns the model version that classified it,
// and how long that took.
func classifies(t *testing.T, s *stacktest.Stack) (version string, took time.Duration) {
	t.Helper()
	seed := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds() // fake time: another each time
	id := store(t, s, sample.Nth(int(seed%sample.Different)))
	start := time.Now()
	s.Send(t, message(id))
	for took < time.Minute {
		stacktest.Wait(time.Millisecond)
		took = time.Since(start)
		if got := get(t, s, id); got.Prediction != nil {
			return got.Prediction.ModelVersion, took
		}
	}
	t.Fatal("the item is not classified")
	return "", 0
}

func wantVersion(t *testing.T, s *stacktest.Stack, want string) {
	t.Helper()
	if got, took := classifies(t, s); got != want || took > time.Second {
		t.Errorf("version %s classified an item in %s, want %s at once", got, took, want)
	}
}

// wantNextVersion has a check begin, and looks at what the batches after it have.
func wantNextVersion(t *testing.T, s *stacktest.Stack, want string) {
	t.Helper()
	stacktest.Wait(classifier.CheckInterval)
	classifies(t, s)
	stacktest.Wait(2 * awsclient.CallTimeout)
	wantVersion(t, s, want)
}

func startWithBucket(t *testing.T) (*stacktest.Stack, *bucket) {
	t.Helper()
	b := &bucket{object: artifact(t, v1)}
	return stacktest.Start(t, map[string]string{"ModelUri": objectURI}, b.disturb), b
}

func TestANewModelInS3ServesSomeMinutesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		b.put(artifact(t, v2))
		wantNextVersion(t, s, v2)
		wantLines(t, s, 3)
		want := map[string]float64{"ItemsClassified": 3, "Latency": s.Sums("EnricherFunction")["Latency"]}
		stored, err := s.Table.Scan(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range stored.Items {
			want["classes."+classOf(t, one.Measurements)]++
		}
		wantMetrics(t, s, want)
		wantNextVersion(t, s, v2)
		if got := b.statuses(); !strings.HasSuffix(got, " 304") {
			t.Errorf("requests %q, want the last answered 304", got)
		}
	})
}

// docs/model.md: "at most every five minutes".
func TestANewModelIsLookedForAfterFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		if got := b.statuses(); strings.Contains(got, "304") {
			t.Errorf("at the start: requests %q, want none but those that load the model", got)
		}
		b.set(func(*bucket) {})
		stacktest.Wait(5*time.Minute - time.Second)
		wantVersion(t, s, v1)
		if got := b.statuses(); got != "" {
			t.Errorf("before that: requests %q", got)
		}
		stacktest.Wait(time.Second)
		wantVersion(t, s, v1)
		stacktest.Wait(time.Second) // for the answer
		if got := b.statuses(); !strings.HasSuffix(got, " 304") {
			t.Errorf("requests %q, want one answered 304", got)
		}
	})
}

func TestAnUnchangedModelCostsAnEmptyAnswerEveryFewMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		b.set(func(*bucket) {})
		for range 11 {
			stacktest.Wait(time.Minute)
			wantVersion(t, s, v1)
		}
		got := strings.Split(b.statuses(), ", ")
		if len(got) != 2 || got[0] != got[1] || !strings.HasSuffix(got[0], " 304") {
			t.Errorf("requests %q, want two with the tag, answered 304", got)
		}
	})
}

func TestABadModelIsRefusedAndTheOldOneServes(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *bucket){
		"invalid": func(_ *testing.T, b *bucket) { b.object = "{}" },
		"empty":   func(_ *testing.T, b *bucket) { b.object = " " },
		"too large": func(t *testing.T, b *bucket) {
			b.object = artifact(t, v3) + strings.Repeat(" ", classifier.MaxArtifactBytes)
		},
		"older": func(t *testing.T, b *bucket) { b.object = artifact(t, "2020-01-01.01") },
		"of the same version": func(t *testing.T, b *bucket) {
			b.object = strings.Replace(artifact(t, v1), `"source": "`, `"source": "another `, 1)
		},
		"gone":                       func(_ *testing.T, b *bucket) { b.object = "" },
		"forbidden":                  func(_ *testing.T, b *bucket) { b.fails = http.StatusForbidden },
		"in a bucket's other region": func(_ *testing.T, b *bucket) { b.fails = http.StatusMovedPermanently },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, b := startWithBucket(t)
				wantVersion(t, s, v1)
				b.set(func(b *bucket) { spoil(t, b) })
				for range 3 {
					wantNextVersion(t, s, v1)
				}
				if n := s.Sums("EnricherFunction")["ModelRefused"]; n != 1 {
					t.Errorf("ModelRefused = %v, want 1 for one artifact", n)
				}
				b.set(func(b *bucket) { b.object, b.fails = artifact(t, v2), 0 })
				wantNextVersion(t, s, v2)
			})
		})
	}
}

func TestWhenS3IsOutOfReachNothingIsRefused(t *testing.T) {
	for name, disturb := range map[string]func(*bucket){
		"hanging":   func(b *bucket) { b.hangs = true },
		"throttled": func(b *bucket) { b.fails = http.StatusServiceUnavailable },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, b := startWithBucket(t)
				wantVersion(t, s, v1)
				b.set(disturb)
				for range 3 {
					stacktest.Wait(classifier.CheckInterval)
					if version, took := classifies(t, s); version != v1 || took > 10*time.Millisecond {
						t.Errorf("version %s classified an item in %s", version, took)
					}
				}
				b.set(func(b *bucket) { b.object, b.fails, b.hangs = artifact(t, v2), 0, false })
				wantNextVersion(t, s, v2)
				if n := s.Sums("EnricherFunction")["ModelRefused"]; n != 0 {
					t.Errorf("ModelRefused = %v", n)
				}
			})
		})
	}
}

func TestABatchHasOneModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{object: artifact(t, v1)}
		slow := func(caller, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation == "DynamoDB.BatchGetItem" {
				<-time.After(500 * time.Millisecond) // in which S3 answers
			}
			return b.disturb(caller, operation, r, next)
		}
		s := stacktest.Start(t, map[string]string{"ModelUri": objectURI}, slow)
		wantVersion(t, s, v1)
		b.put(artifact(t, v2))
		stacktest.Wait(classifier.CheckInterval)
		wantVersion(t, s, v1)
		wantVersion(t, s, v2)
	})
}

func TestAFileThatIsReplacedServesSomeMinutesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "model.json")
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(artifact(t, v1))
		s := stacktest.Start(t, map[string]string{"ModelUri": path}, nil)
		wantVersion(t, s, v1)
		write(artifact(t, v2) + " ")
		wantVersion(t, s, v1)
		stacktest.Wait(classifier.CheckInterval)
		wantVersion(t, s, v2) // at once: a file is not asked for beside the batch
		write("{}")
		stacktest.Wait(classifier.CheckInterval)
		wantVersion(t, s, v2)
		if n := s.Sums("EnricherFunction")["ModelRefused"]; n != 1 {
			t.Errorf("ModelRefused = %v, want 1", n)
		}
	})
}

func TestAModelThatCannotBeLoadedAtStartSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		uri  string
		in   *bucket
		want string
	}{
		"no key":        {"s3://models", &bucket{}, "load model: s3://models: expected s3://bucket/key"},
		"no bucket":     {"s3:///key", &bucket{}, "expected s3://bucket/key"},
		"no object":     {objectURI, &bucket{}, "load model: " + objectURI + ": S3 answered 404 NoSuchKey: no"},
		"not allowed":   {objectURI, &bucket{fails: 403}, "S3 answered 403 AccessDenied: no"},
		"other region":  {objectURI, &bucket{fails: 301}, "S3 answered 301 PermanentRedirect: no"},
		"throttled":     {objectURI, &bucket{fails: 503}, "artifact out of reach"},
		"hangs":         {objectURI, &bucket{hangs: true}, "artifact out of reach"},
		"no artifact":   {objectURI, &bucket{object: "{}"}, "model artifact: field"},
		"too large":     {objectURI, &bucket{object: artifact(t, v1) + strings.Repeat(" ", classifier.MaxArtifactBytes+1-len(artifact(t, v1)))}, "longer than 4194304 bytes"},
		"no file":       {"absent.json", &bucket{}, "load model: absent.json: open absent.json: no such file"},
		"a folder":      {".", &bucket{}, "load model: .: read .: is a directory"},
		"file too long": {longFile(t), &bucket{}, "longer than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := awsclient.AtEndpoint("http://embedded")
				cfg.HTTPClient = &http.Client{Transport: inmemory.Transport{Handler: test.in}, Timeout: awsclient.AttemptTimeout}
				getenv := func(name string) string { return map[string]string{"MODEL_URI": test.uri}[name] }
				start := time.Now()
				_, err := enricher.New(getenv, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want …%s…", err, test.want)
				}
				if took := time.Since(start); took > awsclient.CallTimeout {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func longFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "long.json")
	if err := os.WriteFile(path, bytes.Repeat([]byte(" "), classifier.MaxArtifactBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// oneLeaf is a forest that says the same of every item.
func oneLeaf(t *testing.T, version string) string {
	t.Helper()
	var features []string
	for _, f := range item.Features {
		features = append(features, f.Name)
	}
	text, err := json.Marshal(map[string]any{
		"version": version, "kind": classifier.RandomForest, "features": features, "classes": []string{"leaf", "another"},
		"trees":   []any{map[string]any{"features": []int{-1}, "thresholds": []int{}, "leaves": [][]float64{{1, 0}}}},
		"trained": map[string]any{"source": "none", "objective": "none", "rows": 1, "train_accuracy": 1, "test_accuracy": 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAModelOfAnotherKindServesAndAfterItOneOfTheFirstKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := startWithBucket(t)
		wantVersion(t, s, v1)
		b.put(oneLeaf(t, v2))
		wantNextVersion(t, s, v2)
		if n := s.Sums("EnricherFunction")["classes.leaf"]; n != 1 {
			t.Errorf("the forest has classified %v items, want 1", n)
		}
		b.put(artifact(t, v3))
		wantNextVersion(t, s, v3)
		if n := s.Sums("EnricherFunction")["classes.leaf"]; n != 2 { // the batch that looked for the model had the forest
			t.Errorf("the forest has classified %v items, want 2", n)
		}
	})
}
