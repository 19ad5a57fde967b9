package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// ids returns the ids of all items in the table.
func (b *bed) ids(t *testing.T) (ids []string) {
	t.Helper()
	out, err := b.DynamoDB.Scan(t.Context(), scanOf(b.Ref(b.Names.Table)))
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range out.Items {
		ids = append(ids, item["id"].(*types.AttributeValueMemberS).Value)
	}
	slices.Sort(ids)
	return ids
}

func TestItemsOfTheDataSetThatWereThereBeforeStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, map[string]string{"BatchWindow": "1", "BatchSize": "100"}, nil)
		rows := dataset.Rows()
		var posted []string
		for i := range 3 {
			m := rows[i*len(rows)/3].Measurements
			b.Request(t, http.MethodPost, names.Items(), sample.Object(m))
			posted = append(posted, m.ID())
		}
		slices.Sort(posted)
		stacktest.Wait(time.Second)
		_, err := b.DynamoDB.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{ // as an older model has left it
			TableName: aws.String(b.Ref(b.Names.Table)), Key: key(posted[0]), UpdateExpression: aws.String("SET model_version = :v, pred_target = :t"),
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":v": &types.AttributeValueMemberS{Value: "2001-01-01.01"}, ":t": &types.AttributeValueMemberS{Value: "another"},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got := b.verify(t.Context(), t, "-only", "dataset")
			if got.status != 0 || got.of("dataset").Seen[0] != asModel(len(rows)) {
				t.Errorf("status %d: %+v", got.status, got.Checks)
			}
			if diff := cmp.Diff(posted, b.ids(t)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		}
	})
}

// A data set may hold an item twice: then two POSTs of it are on their way at the same time.
func TestAnItemOfTheDataSetIsThisRunsIfItsPostsMayHaveMadeIt(t *testing.T) {
	for name, test := range map[string]struct {
		before   bool
		statuses []int // in which its POSTs end; 0 for no answer
		want     bool
	}{
		"it is created":                              {false, []int{201}, true},
		"somebody was faster":                        {false, []int{200}, false},
		"it was there before":                        {true, []int{200}, false},
		"it was there before, and nobody answers":    {true, []int{0}, false},
		"nobody answers":                             {false, []int{0}, true},
		"the API has no answer of the writer":        {false, []int{502}, true},
		"it is refused":                              {false, []int{403}, false},
		"the throttle lasts":                         {false, []int{429}, false},
		"it is created and found":                    {false, []int{201, 200}, true},
		"it is found and created":                    {false, []int{200, 201}, true},
		"one POST finds it, the other has no answer": {false, []int{200, 0}, true},
		"somebody was faster than both":              {false, []int{200, 200}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := &books{made: &made{items: map[string]bool{}}, absent: map[string]bool{"id": !test.before}, open: map[string]int{}, created: map[string]bool{}}
			for range test.statuses {
				if err := b.begin(t.Context(), "id"); err != nil {
					t.Fatal(err)
				}
			}
			for _, status := range test.statuses {
				b.end("id", status)
			}
			if got := b.made.items["id"]; got != test.want {
				t.Errorf("to be taken away: %v, want %v", got, test.want)
			}
		})
	}
}

// Somebody posts an item of the data set, and then the run is interrupted before it has posted the same.
func TestAnInterruptedRunLeavesAnItemThatItHasNotPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		b := start(t, nil, nil)
		rows := dataset.Rows()
		first, last := sample.Object(rows[0].Measurements), rows[len(rows)-1].Measurements
		next := b.api
		b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPost || ctx.Err() != nil {
				return next.RoundTrip(r)
			}
			text, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			if string(text) == first {
				b.Request(t, http.MethodPost, names.Items(), sample.Object(last))
				interrupt()
			}
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(strings.NewReader(string(text)))
			return next.RoundTrip(r)
		})
		got := b.verify(ctx, t, "-only", "dataset")
		if got.of("dataset").Result != notRun || len(got.LeftBehind) > 0 {
			t.Errorf("%+v, left behind %q", got.of("dataset"), got.LeftBehind)
		}
		if ids := b.ids(t); !slices.Equal(ids, []string{last.ID()}) {
			t.Errorf("items %q, want that of somebody else", ids)
		}
	})
}

func TestAnInterruptedRunLeavesTheItemsThatWereThereBefore(t *testing.T) {
	rows := dataset.Rows()
	last := rows[len(rows)-1].Measurements
	for _, call := range []int{100, 180, 300, 400} { // while it looks, posts and waits
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b := start(t, map[string]string{"BatchWindow": "1", "BatchSize": "100"}, nil)
			b.Request(t, http.MethodPost, names.Items(), sample.Object(last))
			breaking := &breaking{left: call, interrupt: cancel}
			b.api, b.aws = breaking.over(b.api), breaking.over(b.aws)
			got := b.verify(ctx, t, "-only", "dataset")
			if got.of("dataset").Result != notRun || len(got.LeftBehind) > 0 {
				t.Errorf("at call %d: %+v, left behind %q", call, got.Checks, got.LeftBehind)
			}
			if ids := b.ids(t); !slices.Equal(ids, []string{last.ID()}) {
				t.Errorf("at call %d: items %q, want the one that was there before", call, ids)
			}
		})
	}
}

func TestAnItemThatSomebodyPostsJustBeforeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, nil)
		var once sync.Once
		next := b.api
		b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost && r.ContentLength == int64(len(known)) {
				once.Do(func() { b.Request(t, http.MethodPost, names.Items(), known) })
			}
			return next.RoundTrip(r)
		})
		if got := b.verify(t.Context(), t, "-only", "dataset"); got.status != 0 {
			t.Errorf("status %d: %+v", got.status, got.Checks)
		}
		if got := b.ids(t); !slices.Equal(got, []string{knownID}) {
			t.Errorf("items %q, want that of somebody else", got)
		}
	})
}

// The throttle is the template's: so many requests a second, and so many at once, or fewer for a small data set.
func TestOnAWSTheDataSetIsPostedOnlyWhenNamedAndWithinTheThrottle(t *testing.T) {
	const rate, took = 50, 30 * time.Millisecond
	burst := float64(min(100, len(dataset.Rows())/2))
	synctest.Test(t, func(t *testing.T) {
		b, _ := startCloud(t)
		var mu sync.Mutex
		atOnce, most, throttled := 0, 0, 0
		tokens, last := burst, time.Now()
		next := b.api
		b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			tokens, last = min(burst, tokens+time.Since(last).Seconds()*rate), time.Now()
			tokens--
			tooMany := tokens < 0
			if tooMany {
				tokens++
				throttled++
			}
			mu.Unlock()
			defer func() { mu.Lock(); atOnce--; mu.Unlock() }()
			time.Sleep(took)
			if tooMany {
				return &http.Response{StatusCode: http.StatusTooManyRequests, Body: io.NopCloser(strings.NewReader(`{"message":"Too Many Requests"}`)), Request: r}, nil
			}
			return next.RoundTrip(r)
		})
		got := b.verify(t.Context(), t, "-api-key", "secret", "-only", "dataset,metrics", "-timeout", "15m")
		row := got.of("dataset")
		if got.status != 0 || row.Result != holds || row.Seconds > 10 || got.of("metrics").Result != holds {
			t.Errorf("status %d: %+v", got.status, got.Checks)
		}
		if most != deployedClients || throttled == 0 {
			t.Errorf("%d requests at once, want %d; %d were throttled, want some", most, deployedClients, throttled)
		}
		b.wantNothingLeft(t)

		unnamed := b.verify(t.Context(), t, "-api-key", "secret").of("dataset")
		if unnamed.Result != left || !strings.HasPrefix(unnamed.Seen[0], "on AWS only with -only dataset") {
			t.Errorf("unnamed: %+v", unnamed)
		}
	})
}

func TestTheDataSetSaysWhichItemsAreNotClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, nil)
		next := b.api
		b.api = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, knownID) {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"id":%q,"status":"PENDING"}`, knownID))), Request: r}, nil
			}
			return next.RoundTrip(r)
		})
		rows := dataset.Rows()
		row := b.verify(t.Context(), t, "-only", "dataset").of("dataset")
		want := []string{
			"item " + knownID + " is still PENDING after 59.8s",
			asModel(len(rows) - 1),
		}
		if row.Result != fails || len(row.Seen) < len(want) {
			t.Fatalf("%+v", row)
		}
		if diff := cmp.Diff(want, row.Seen[:len(want)]); diff != "" {
			t.Errorf("what is seen (-want +got):\n%s", diff)
		}
	})
}

// asModel says that so many items of the data set are classified as the embedded model has them.
func asModel(n int) string {
	return fmt.Sprintf("%d of %d are classified as model %s has them", n, len(dataset.Rows()), embedded.Version())
}
