package writer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// report is the answer to a batch.
type report struct {
	Created, Existing, Rejected, Failed int
	Results                             []result
}

type result struct {
	Index, Status int
	ID, Message   string
}

// What a client is told of an element.
const (
	created  = "Item created."
	exists   = "Item exists."
	tryAgain = "Temporarily unavailable. Try again."
)

// post posts a batch that is answered element by element.
func post(t *testing.T, s *stacktest.Stack, body string) report {
	t.Helper()
	got := s.Request(t, "POST", s.Names.Batch, body)
	if got.Status != 200 {
		t.Fatalf("answered %d %v, want 200", got.Status, got.Body)
	}
	return decode(t, got.Body)
}

func decode(t *testing.T, body any) (r report) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantReport compares a report with one made of the results, which are numbered here.
func wantReport(t *testing.T, got report, results ...result) {
	t.Helper()
	counts := map[int]int{}
	for i := range results {
		results[i].Index = i
		counts[results[i].Status]++
	}
	want := report{counts[201], counts[200], counts[400], counts[503], results}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// wantClassified fails the test unless these items, and no others, are classified.
func wantClassified(t *testing.T, s *stacktest.Stack, items ...item.Measurements) {
	t.Helper()
	for _, m := range items {
		if got := s.Request(t, "GET", s.Names.Items+"/"+m.ID(), ""); got.Body["status"] != "CLASSIFIED" {
			t.Errorf("item %v is %v", m, got.Body)
		}
	}
	stored, err := s.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(s.Ref(s.Names.Table))})
	if err != nil || int(stored.Count) != len(items) {
		t.Errorf("%d items are stored, want %d; %v", stored.Count, len(items), err)
	}
	s.WantEmpty(t, "EnrichQueue", "EnrichDeadLetterQueue")
}

func TestEveryElementOfABatchIsAnsweredInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		faulty, faults := sample.Faulty()
		known, a, b := sample.Nth(0), sample.Nth(1), sample.Nth(2)
		s.Request(t, "POST", s.Names.Items, sample.Object(known))
		got := post(t, s, batch(
			sample.Object(a),
			faulty,
			sample.Object(known),
			"null",
			sample.Otherwise(b),
			sample.Object(a),
			with(`"`+strings.Repeat("1", 64<<10)+`"`),
			`{"id":"`+b.ID()+`",`+sample.Object(b)[1:],
			sample.Object(b),
			"[]",
		))
		wantReport(t, got,
			result{Status: 201, ID: a.ID(), Message: created},
			result{Status: 400, Message: "Invalid body: " + faults.Error()},
			result{Status: 200, ID: known.ID(), Message: exists},
			result{Status: 400, Message: "Invalid body: expected a JSON object."},
			result{Status: 201, ID: b.ID(), Message: created},
			result{Status: 200, ID: a.ID(), Message: exists},
			result{Status: 400, Message: "Invalid body: larger than 65536 bytes."},
			result{Status: 400, Message: "Invalid body: unknown key id in body."},
			result{Status: 200, ID: b.ID(), Message: exists},
			result{Status: 400, Message: "Invalid body: expected a JSON object."},
		)
		stacktest.Wait(time.Second)
		wantClassified(t, s, known, a, b)
	})
}

func TestARejectedElementHasTheMessageOfASinglePost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		bad := []string{"5", `"x"`, "{}", with("null"), with(number(sample.Below(last))), plus(`"note":"x"`), with(`"` + strings.Repeat("1", 64<<10) + `"`)}
		for i, got := range post(t, s, batch(bad...)).Results {
			if want := s.Request(t, "POST", s.Names.Items, bad[i]).Body["message"]; got.Status != 400 || got.Message != want {
				t.Errorf("%.40s: answered %d %s, want 400 %s", bad[i], got.Status, got.Message, want)
			}
		}
		if n := s.Calls("WriterFunction", "SQS.SendMessageBatch") + s.Calls("WriterFunction", "DynamoDB.PutItem"); n != 0 {
			t.Errorf("bad elements led to %d AWS calls, want none", n)
		}
	})
}

func TestTheKeysOfResultsAreAsDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		got := s.Request(t, "POST", s.Names.Batch, batch(example, "5"))
		want := map[string]any{"created": 1.0, "existing": 0.0, "rejected": 1.0, "failed": 0.0, "results": []any{
			map[string]any{"index": 0.0, "status": 201.0, "id": exampleID, "message": created},
			map[string]any{"index": 1.0, "status": 400.0, "message": "Invalid body: expected a JSON object."},
		}}
		if diff := cmp.Diff(want, got.Body); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	})
}

func TestABatchOfAnySizeIsClassified(t *testing.T) {
	for _, n := range []int{1, 10, 11, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Start(t, nil, nil)
				var all []item.Measurements
				var want []result
				for i := range n {
					all = append(all, sample.Nth(i))
					want = append(want, result{Status: 201, ID: sample.Nth(i).ID(), Message: created})
				}
				wantReport(t, post(t, s, objects(n)), want...)
				stacktest.Wait(5 * time.Second)
				wantClassified(t, s, all...)
			})
		})
	}
}

func TestARepeatedItemIsCreatedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		elements := make([]string, 100)
		want := make([]result, 100)
		for i := range elements {
			m := sample.Nth(i % 10)
			elements[i] = sample.Object(m)
			want[i] = result{Status: 200, ID: m.ID(), Message: exists}
			if i < 10 {
				want[i] = result{Status: 201, ID: m.ID(), Message: created}
			}
		}
		wantReport(t, post(t, s, batch(elements...)), want...)
	})
}

func TestABatchThatIsNoneIsAnswered4xxAndLeavesNothing(t *testing.T) {
	const wanted = " expected a JSON array of 1 to 100 objects."
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for name, test := range map[string]struct {
			body string
			want int
			text string
		}{
			"empty":         {"", 400, "body is empty." + wanted},
			"not JSON":      {"[" + example, 400, "can't decode body." + wanted},
			"not UTF-8":     {"\xff\xfe[", 400, "can't decode body." + wanted},
			"trailing data": {batch(example) + batch(example), 400, "can't decode body." + wanted},
			"one a line":    {example + "\n" + example, 400, "can't decode body." + wanted},
			"an object":     {example, 400, wanted[1:]},
			"null":          {"null", 400, wanted[1:]},
			"a string":      {`"[]"`, 400, wanted[1:]},
			"no elements":   {" [ ] ", 400, "array is empty." + wanted},
			"101 elements":  {objects(101), 400, "array has 101 elements." + wanted},
			"too large":     {batch(example) + strings.Repeat(" ", 1<<20), 413, "larger than 1048576 bytes."},
		} {
			got := s.Request(t, "POST", s.Names.Batch, test.body)
			if want := "Invalid body: " + test.text; got.Status != test.want || got.Body["message"] != want {
				t.Errorf("%s: answered %d %v, want %d %q", name, got.Status, got.Body, test.want, want)
			}
		}
		if n := s.Calls("WriterFunction", "SQS.SendMessageBatch") + s.Calls("WriterFunction", "DynamoDB.PutItem"); n != 0 {
			t.Errorf("bad input led to %d AWS calls, want none", n)
		}
	})
}

func TestABatchHoldsAHundredLargeElements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		var large []string
		for i := range 100 {
			large = append(large, fmt.Sprintf("%-10000s", sample.Object(sample.Nth(i)))) // spaces up to 10,000 bytes
		}
		if got := post(t, s, batch(large...)); got.Created != 100 {
			t.Errorf("%d of 100 are created", got.Created)
		}
	})
}

// An item of many features is large. With more than some two hundred, this fails: then a client has to post
// fewer items at once, and docs/api.md has to say so, or the writer has to take more than 1 MiB.
func TestABatchHoldsAHundredItemsOfTheLongestNumbers(t *testing.T) {
	const longest = 24 // characters that a float64 needs at most, as in -2.2250738585072014e-308
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		var long []string
		for i := range 100 {
			var members []string
			for f, feature := range item.Features {
				number := strconv.FormatFloat(sample.Nth(i)[f], 'e', 17, 64) // with digits that nobody needs
				members = append(members, fmt.Sprintf("%q:%-*s", feature.Name, longest, number))
			}
			long = append(long, "{"+strings.Join(members, ",")+"}")
		}
		if got := post(t, s, batch(long...)); got.Created != 100 {
			t.Errorf("%d of 100 are created", got.Created)
		}
	})
}

// API Gateway looks for a path and method together, so this is a GET of the item "batch".
func TestABatchCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		if got := s.Request(t, "GET", s.Names.Batch, ""); got.Status != 404 || got.Body["message"] != "Item not found." {
			t.Errorf("GET is answered %d %v, want 404", got.Status, got.Body)
		}
		if got := s.Request(t, "PUT", s.Names.Batch, ""); got.Status != 403 {
			t.Errorf("PUT is answered %d %v, want 403", got.Status, got.Body)
		}
	})
}

// docs/api.md: a batch has up to 1 MiB, and an element of it up to 64 KiB.
func TestABatchOfTheLargestSizeIsTakenAndAByteMoreIsNot(t *testing.T) {
	const one, all = 65_536, 1_048_576
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		object := sample.Object(sample.Nth(1))
		elements := batch(padded(object, one), padded(object, one+1))
		tooMuch := elements + strings.Repeat(" ", all+1-len(elements))
		if got := s.Request(t, "POST", s.Names.Batch, tooMuch); got.Status != 413 || got.Body["message"] != "Invalid body: larger than 1048576 bytes." {
			t.Errorf("answered %d %v, want 413", got.Status, got.Body)
		}
		wantReport(t, post(t, s, tooMuch[:all]),
			result{Status: 201, ID: sample.Nth(1).ID(), Message: created},
			result{Status: 400, Message: "Invalid body: larger than 65536 bytes."})
	})
}
