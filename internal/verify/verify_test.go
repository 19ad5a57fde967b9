package verify

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
)

func scanOf(table string) *dynamodb.ScanInput { return &dynamodb.ScanInput{TableName: &table} }

func TestASoundStackHoldsAndNothingIsLeftBehind(t *testing.T) {
	for name, window := range map[string]string{"at once": "0", "with the window of the template": "1", "with a long window": "30"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, map[string]string{"BatchWindow": window}, nil)
				got := b.verify(t.Context(), t)
				if names, seen := got.failing(); got.status != 0 || !got.Good || names != nil || got.LeftBehind == nil || len(got.LeftBehind) > 0 {
					t.Errorf("status %d, fails %v: %s, left behind %q", got.status, names, seen, got.LeftBehind)
				}
				want := map[result]string{
					holds: "created known rejected batch classified latency dataset dead-letter trace redrive ",
					left:  "alarms roles key logs metrics ",
				}
				results := map[result]string{}
				for _, line := range got.Checks {
					results[line.Result] += line.Name + " "
				}
				if diff := cmp.Diff(want, results); diff != "" {
					t.Errorf("results (-want +got):\n%s", diff)
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

// demanding answers as API Gateway does to requests without the key.
func demanding(next http.RoundTripper, key string, exempt func(*http.Request) bool) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("X-Api-Key") != key && !exempt(r) {
			return &http.Response{StatusCode: http.StatusForbidden, Body: io.NopCloser(strings.NewReader(`{"message":"Forbidden"}`)), Request: r}, nil
		}
		return next.RoundTrip(r)
	})
}

func TestAKeyThatIsDemandedHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, nil)
		b.api = demanding(b.api, "secret", func(*http.Request) bool { return false })
		got := b.verify(t.Context(), t, "-api-key", "secret")
		if got.status != 0 || got.of("key").Result != holds {
			t.Errorf("status %d, key %v", got.status, got.of("key"))
		}
	})
}

func TestOnlyChosenChecksAndWhatTheyNeedAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, nil)
		got := b.verify(t.Context(), t, "-only", "trace,known")
		names := ""
		for _, line := range got.Checks {
			names += line.Name + " "
		}
		if want := "created known classified dead-letter trace "; names != want || got.status != 0 {
			t.Errorf("status %d, checks %s, want %s", got.status, names, want)
		}
		b.wantNothingLeft(t)
	})
}

func TestAStackThatAnswersNothingEndsByTheTimeoutWithATable(t *testing.T) {
	hangs := roundTripper(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for name, test := range map[string]struct {
		break_ func(*bed)
		want   string
	}{
		"the API":            {func(b *bed) { b.api = hangs }, "no answer"},
		"DynamoDB and SQS":   {func(b *bed) { b.aws = hangs }, "look up item"},
		"both of them":       {func(b *bed) { b.api, b.aws = hangs, hangs }, "deadline exceeded"},
		"DynamoDB afterward": {func(b *bed) { b.aws = hangsAfter(b.aws, 5, hangs) }, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				test.break_(b)
				begin := time.Now()
				got := b.verify(t.Context(), t, "-timeout", "20s")
				if took := time.Since(begin); took > 20*time.Second {
					t.Errorf("took %s, longer than its timeout", took)
				}
				names, seen := got.failing()
				if got.status != 1 || len(names) == 0 || !strings.Contains(seen, test.want) || len(got.Checks) != len(checks) {
					t.Errorf("status %d, %v fail, %d rows: %s", got.status, names, len(got.Checks), seen)
				}
			})
		})
	}
}

func TestATimeoutInTheMiddleIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := start(t, map[string]string{"BatchWindow": "30"}, nil).verify(t.Context(), t, "-timeout", "8s")
		row := got.of("classified")
		if got.status != 1 || row.Result != fails || !strings.HasSuffix(row.Seen[0], "not CLASSIFIED (the -timeout ended)") || got.of("latency").Seen[0] != "the -timeout ended" {
			t.Errorf("status %d: %+v", got.status, got.Checks)
		}
		stacktest.Wait(time.Minute)
	})
}

// hangsAfter lets some calls through.
func hangsAfter(next http.RoundTripper, calls int32, hangs roundTripper) http.RoundTripper {
	var made atomic.Int32
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if made.Add(1) > calls {
			return hangs(r)
		}
		return next.RoundTrip(r)
	})
}
