package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/local/stacktest"
)

// deaf is a browser that leaves what it is sent unread, and does not go away.
type deaf struct {
	header   http.Header
	deadline time.Time
}

func (d *deaf) Header() http.Header                 { return d.header }
func (d *deaf) WriteHeader(int)                     {}
func (d *deaf) SetWriteDeadline(at time.Time) error { d.deadline = at; return nil }
func (d *deaf) FlushError() error                   { _, err := d.Write(nil); return err }
func (d *deaf) Write([]byte) (int, error) {
	if d.deadline.IsZero() {
		select {}
	}
	stacktest.Wait(time.Until(d.deadline))
	return 0, os.ErrDeadlineExceeded
}

// ask lets a deaf browser ask for something.
func (b *bed) ask(ctx context.Context, path string) (answered <-chan any) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		b.page.ServeHTTP(&deaf{header: http.Header{}}, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+path, nil))
	}()
	return done
}

func TestNobodyLooksForABrowserThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		<-b.ask(t.Context(), "/events/overview")
		before := b.calls.Load()
		stacktest.Wait(time.Minute)
		if calls := b.calls.Load() - before; calls != 0 {
			t.Errorf("%d calls", calls)
		}
	})
}

func TestADownloadThatNobodyReadsKeepsNobodyFromTheDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 20, "x", nil)
		answered := b.ask(t.Context(), "/dead-letters.jsonl")
		synctest.Wait()
		if w := b.send(http.MethodGet, "/dead-letters", nil, nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("meanwhile: %d", w.Code)
		} else {
			wantIn(t, "the page", w.Body.String(), "Somebody else is looking at the dead letters")
		}
		if end := <-answered; end != http.ErrAbortHandler {
			t.Errorf("it ends with %v", end)
		}
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "All 20 that were visible")
	})
}

func TestADownloadEndsWithTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 20, "x", nil)
		w := httptest.NewRecorder()
		defer func() {
			if end := recover(); end != http.ErrAbortHandler {
				t.Errorf("it ends with %v", end)
			}
			if dead := b.Backlog(t, "EnrichDeadLetterQueue"); dead.Visible != 20 {
				t.Errorf("%d are visible", dead.Visible)
			}
		}()
		b.page.ServeHTTP(stopping{w, b.stop}, httptest.NewRequest(http.MethodGet, "http://"+host+"/dead-letters.jsonl", nil))
	})
}

// stopping is an answer during which the program is stopped.
type stopping struct {
	http.ResponseWriter
	stop func()
}

func (w stopping) Write(text []byte) (int, error) {
	w.stop()
	synctest.Wait()
	return w.ResponseWriter.Write(text)
}

func TestAnEndpointThatHangsIsSaidInSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		token := b.token(t)
		b.hangs.Store(true)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for _, path := range requests(method) {
				if strings.HasPrefix(path, "/events/") || path == "/try/all" { // streams; the API, which does not hang
					continue
				}
				start := time.Now()
				w := b.send(method, path, map[string][]string{"token": {token}, "id": {"x"}, "task": {"x"}}, nil)
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("%s %s: %d after %s", method, path, w.Code, took)
				}
				if w.Code >= 500 {
					wantIn(t, path, w.Body.String(), "There was no answer in time")
				}
			}
		}
	})
}

func TestManyBrowsersWaitForAHangingTableAsLongAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.hangs.Store(true)
		start := time.Now()
		for range 20 { // one after another, as the first of them keeps the others waiting
			b.send(http.MethodGet, "/scatter/plot", nil, nil)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the last one after %s", took)
		}
	})
}

// What is read for one browser is for the others, too, who wait for it.
func TestABrowserThatGoesAwaySpoilsNobodysScatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		gone, leave := context.WithCancel(t.Context())
		leave()
		r := httptest.NewRequestWithContext(gone, http.MethodGet, "http://"+host+"/scatter/plot", nil)
		b.page.ServeHTTP(httptest.NewRecorder(), r)
		b.get(t, "/scatter/plot")
	})
}

// Else the page reads, and keeps, the whole of them again and again.
func TestItemsWithLongTextsAreReadInPart(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	long := &dynamodbtypes.AttributeValueMemberS{Value: strings.Repeat("x", 390_000)}
	for i := range 60 {
		item := map[string]dynamodbtypes.AttributeValue{
			"id": &dynamodbtypes.AttributeValueMemberS{Value: fmt.Sprintf("%032x", i)}, "failure_code": long,
		}
		if _, err := b.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(b.Ref(b.Names.Table)), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	before := b.calls.Load()
	wantIn(t, "the scatter", b.get(t, "/scatter/plot"), "A sample: the first")
	if calls := b.calls.Load() - before; calls > 10 {
		t.Errorf("%d calls", calls)
	}
}

// One can send it again by hand: `aws sqs send-message` takes attributes in this form.
func TestADownloadHasTheTypesOfTheAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		url, number, body := b.Ref("EnrichDeadLetterQueue"), "12345678901234567890123456789012345678", "<b>\t\x7f\u2028"
		sent := map[string]types.MessageAttributeValue{
			"count": {DataType: aws.String("Number.big"), StringValue: &number},
			"photo": {DataType: aws.String("Binary.png"), BinaryValue: []byte{0, 255, '<'}},
			"note":  {DataType: aws.String("String"), StringValue: aws.String("<i>")},
		}
		if _, err := b.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: sent}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Body       string
			Attributes map[string]types.MessageAttributeValue
		}
		if err := json.Unmarshal([]byte(b.get(t, "/dead-letters.jsonl")), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fmt.Sprint(body), got.Body); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		for name, want := range sent {
			a := got.Attributes[name]
			if aws.ToString(a.DataType) != *want.DataType || aws.ToString(a.StringValue) != aws.ToString(want.StringValue) || string(a.BinaryValue) != string(want.BinaryValue) {
				t.Errorf("%s: %+v", name, a)
			}
		}
	})
}

// Somebody has put them there by hand. The functions do not know them, so they have no page.
func TestAnItemWithAForeignKeyIsListed(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	for _, id := range []string{"a/b?c#d", "..", "ähnlich wie ein Schlüssel"} {
		b.spoil(t, id)
	}
	list := b.get(t, "/items")
	wantIn(t, "the items", list, ">a/b?c#d<", ">..<", ">ähnlich wie ein Schlüssel<")
	if strings.Contains(list, `href="/items/`) {
		t.Errorf("a link leads nowhere: %s", list)
	}
}

func TestALongRequestIDIsNotCutInACharacter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 1, "x", map[string]string{"request_id": "1234567é9"})
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), ">1234567é…<")
	})
}

func TestAnEmptyAnswerIsNoEmptyTable(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) { s.AWS.HTTPClient = empty{} })
	if w := b.send(http.MethodGet, "/items", nil, nil); w.Code != http.StatusBadGateway {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// empty answers each call with nothing, as a proxy may.
type empty struct{}

func (empty) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}
