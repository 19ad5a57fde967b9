package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestTheReadRateIsKept(t *testing.T) {
	const rate = 2 // units a second; so a page is 70 items
	for name, test := range map[string]struct {
		items, bytes int
	}{
		"of usual items": {1500, 10},
		"of large items": {150, 8000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := built(t)
				for i := range test.items {
					storeLarge(t, b, i, test.bytes)
				}
				m := &meter{t: t, rate: rate, start: time.Now()}
				b.fault = m.measure
				if r := b.backfill(t.Context(), t, "-rate", "2", "-segments", "3", "-dry-run"); r.err != nil {
					t.Fatal(r.err)
				}
				// Nothing waits after the last page, so its cost does not count. The pacer rounds to
				// the nanosecond at each page, so the test allows a microsecond.
				took, least, most := time.Since(m.start).Seconds(), (m.units-m.page)/rate, (m.units+m.page)/rate
				if took < least-1e-6 || took > most {
					t.Errorf("%v units took %v s, want %v to %v s", m.units, took, least, most)
				}
			})
		})
	}
}

// meter adds up the capacity that scans consume.
type meter struct {
	t     *testing.T
	rate  float64
	start time.Time

	mu    sync.Mutex
	units float64
	page  float64 // units of the most expensive page
}

func (m *meter) measure(operation string, _ int, call func() (*http.Response, error)) (*http.Response, error) {
	response, err := call()
	if err != nil || operation != "Scan" {
		return response, err
	}
	var out struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	response, err = stacktest.EditAnswer(response, err, func(body []byte) []byte {
		if err := json.Unmarshal(body, &out); err != nil {
			m.t.Error(err)
		}
		return body
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.units += out.ConsumedCapacity.CapacityUnits
	m.page = max(m.page, out.ConsumedCapacity.CapacityUnits)
	if most := m.rate*time.Since(m.start).Seconds() + 2*m.page; m.units > most {
		m.t.Errorf("%v units are consumed after %s, want at most %v", m.units, time.Since(m.start), most)
	}
	return response, err
}

// storeLarge stores an item that some useless bytes make large.
func storeLarge(t *testing.T, b *bed, number, bytes int) {
	t.Helper()
	_, err := b.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(b.Ref(b.Names.Table)),
		Item: map[string]types.AttributeValue{
			"id": text(fmt.Sprintf("%032x", number)), "created_at": text("1999"), "notes": text(strings.Repeat("x", bytes)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithoutATerminalProgressIsALineNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		for i := range 1000 {
			classified(t, b.Stack, i, older)
		}
		for flag, verb := range map[string]string{"-dry-run": "to enqueue", "-dry-run=false": "enqueued"} {
			r := b.backfill(t.Context(), t, "-rate", "1", "-model-version", newer, flag)
			if r.err != nil {
				t.Fatal(r.err)
			}
			wantIn(t, "stderr", r.stderr, " of about 1000 items scanned, ", " keys "+verb+"\n", "Looking in "+names.Table(), "Their keys go to "+b.Ref("EnrichQueue"))
			if again := strings.Contains(r.stderr, "run it again"); again != (verb == "enqueued") {
				t.Errorf("%s: stderr %q", flag, r.stderr)
			}
		}
	})
}

// DynamoDB counts a table's items about every six hours, so a young table says that it has none.
func TestATableWhoseItemsAreNotCountedIsNotReadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := built(t)
		for i := range 300 {
			storeLarge(t, b, i, 10)
		}
		start, atOnce := time.Now(), 0
		b.fault = func(operation string, _ int, call func() (*http.Response, error)) (*http.Response, error) {
			if operation == "Scan" {
				if time.Since(start) < time.Second {
					atOnce++
				}
				time.Sleep(100 * time.Millisecond) // so that all pages are asked for before the first answer
			}
			response, err := call()
			if operation == "DescribeTable" {
				return stacktest.EditAnswer(response, err, replacing(`"ItemCount":300`, `"ItemCount":0`))
			}
			return response, err
		}
		if r := b.backfill(t.Context(), t, "-rate", "1", "-segments", "20", "-dry-run"); r.err != nil || atOnce > 2 {
			t.Errorf("%d pages in the first second at one unit a second, %v", atOnce, r.err)
		}
	})
}
