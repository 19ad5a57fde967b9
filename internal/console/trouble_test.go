package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

// stream reads a live stream until leave is called; last is its last message.
func (b *bed) stream(ctx context.Context, view string) (last func() string) {
	w := &flow{header: http.Header{}}
	go b.page.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/events/"+view, nil))
	return w.last
}

// flow is a response that is read while it is written.
type flow struct {
	stacktest.Output
	header http.Header
}

func (f *flow) Header() http.Header { return f.header }
func (f *flow) WriteHeader(int)     {}
func (f *flow) Flush()              {}

// hint is what tells a browser to look again at something else.
var hint = regexp.MustCompile(`event: \w+\ndata: look\n\n`)

func (f *flow) last() string {
	messages := strings.Split(hint.ReplaceAllString(f.String(), ""), "\n\n")
	return messages[max(0, len(messages)-2)]
}

func TestAnEndpointThatClosesInTheMiddleIsSaidUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 2, "x", nil)
		last := b.stream(t.Context(), "overview")
		stacktest.Wait(time.Second)
		wantIn(t, "the stream", last(), `<span id="dead">2</span>`)

		b.down.Store(true)
		stacktest.Wait(2 * time.Second)
		wantIn(t, "the stream", last(), "The local stack does not answer", "Is go run ./local still running?", "What follows was seen", `<span id="dead">2</span>`)
		for _, path := range []string{"/dead-letters", "/items", "/scatter", "/dead-letters/redrive-all", "/items/" + example.ID(), "/dead-letters.jsonl"} {
			w := b.send(http.MethodGet, path, nil, nil)
			if w.Code != http.StatusBadGateway {
				t.Errorf("%s: %d", path, w.Code)
			}
			wantIn(t, path, w.Body.String(), "The local stack does not answer")
		}
		wantIn(t, "the pipeline", b.get(t, "/"), "The local stack does not answer")

		b.down.Store(false)
		stacktest.Wait(2 * time.Second)
		if text := last(); strings.Contains(text, "does not answer") || !strings.Contains(text, `<span id="dead">2</span>`) {
			t.Errorf("the stream goes on with %s", text)
		}
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "All 2 that were visible")
	})
}

func TestAStreamEndsWithTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := stacktest.Build(t, nil, nil, t.Output())
		page := console.New(ctx, console.Stack{AWS: s.Config.AWS.Config(), Table: s.Ref(s.Names.Table), QueueURL: s.Ref("EnrichQueue"), DeadLettersURL: s.Ref("EnrichDeadLetterQueue")}, console.Options{})
		ended := make(chan struct{})
		go func() {
			page.ServeHTTP(&flow{header: http.Header{}}, httptest.NewRequest(http.MethodGet, "http://"+host+"/events/overview", nil))
			close(ended)
		}()
		stacktest.Wait(3 * time.Second)
		stop()
		<-ended
	})
}

func TestTwoBrowsersSeeTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		first, second := b.stream(t.Context(), "overview"), b.stream(t.Context(), "letters")
		b.bury(t, 60, "x", nil)
		stacktest.Wait(2 * time.Second)
		wantIn(t, "the first", first(), `<span id="dead">60</span>`)
		wantIn(t, "the second", second(), `id="dead">60</dd>`)

		var both sync.WaitGroup
		for range 2 { // looking hides nothing from the other
			both.Go(func() { wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "All 60 that were visible") })
		}
		both.Wait()
	})
}

// Each call takes a millisecond or two here, and some ten on AWS.
func TestTenThousandDeadLettersTakeAsManyCallsAsAHundred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 10_000, "x", map[string]string{"failure_code": item.MalformedMessage})
		b.get(t, "/") // the counts
		before := b.calls.Load()
		list := b.get(t, "/dead-letters")
		if calls := b.calls.Load() - before; calls > 26 {
			t.Errorf("%d calls", calls)
		}
		wantIn(t, "the dead letters", list, "100 of about 10\u202f000", "Next page")
		if len(letterIDs(list)) != 100 || len(list) > 100_000 {
			t.Errorf("%d letters in %d bytes", len(letterIDs(list)), len(list))
		}
	})
}

func TestTheNextPageHasOtherLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 250, "x", nil)
		all := map[string]bool{}
		path := "/dead-letters"
		for pages := 0; path != ""; pages++ {
			list := b.get(t, path)
			for _, id := range letterIDs(list) {
				all[id] = true
			}
			path = ""
			if _, rest, ok := strings.Cut(list, `href="/dead-letters?after=`); ok {
				after, _, _ := strings.Cut(rest, `"`)
				path = "/dead-letters?after=" + after
			}
			if pages > 3 {
				t.Fatal("it does not end")
			}
		}
		if len(all) != 250 {
			t.Errorf("%d letters", len(all))
		}
	})
}

func TestManyItemsAreSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
		for i := range 120 {
			var items []item.Item
			for j := range 25 {
				m := sample.Nth(25*i + j)
				items = append(items, item.Item{ID: m.ID(), Measurements: m, CreatedAt: item.FormatTime(time.Now())})
			}
			for _, err := range b.Table.CreateBatch(t.Context(), items) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		page := b.get(t, "/scatter")
		wantIn(t, "the scatter", page, "A sample: the first 2\u202f000 items", "2000 pending.")
		if len(page) > 60_000 {
			t.Errorf("%d bytes", len(page))
		}
		if w := b.send(http.MethodGet, "/scatter/plot?have="+between(page, "plot?have=", `"`), nil, nil); w.Code != http.StatusNoContent {
			t.Errorf("the same scatter again: %d", w.Code)
		}
	})
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

func TestAWSErrorsSayWhatToDo(t *testing.T) {
	for code, want := range map[string]string{
		"ExpiredTokenException":                   "Your credentials have expired",
		"UnrecognizedClientException":             "AWS does not know these credentials",
		"ThrottlingException":                     "AWS throttles the calls",
		"AWS.SimpleQueueService.NonExistentQueue": "The queue or table is not there",
		"AccessDeniedException":                   "Your role needs the permission dynamodb:Scan.",
		"SomethingElse":                           "That did not work",
	} {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) {
			s.Name = "items"
			s.AWS.HTTPClient = refusing(code)
		})
		w := b.send(http.MethodGet, "/items", nil, nil)
		wantIn(t, code, w.Body.String(), want)
	}
}

func TestMissingCredentialsSayWhatToDo(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) {
		s.AWS.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, &smithy.GenericAPIError{Code: "NoCredentials", Message: "the session has ended"}
		})
	})
	wantIn(t, "the page", b.send(http.MethodGet, "/items", nil, nil).Body.String(), "There are no credentials", "aws sso login")
}

// refusing answers each call with an error code.
type refusing string

func (code refusing) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"X-Amzn-Requestid": {"r"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"__type":"com.amazonaws#%s","message":"m"}`, code)))}, nil
}

func TestAPageWhoseBeginningIsForgottenIsTheFirstOneAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 3, "x", nil)
		wantIn(t, "the dead letters", b.get(t, "/dead-letters?after=forgotten"), "this is the first one again", "All 3 that were visible")
	})
}

// A browser would take a part for the whole, did the answer end as a whole one does.
func TestADownloadThatIsCutShortIsNoWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 50, "x", nil)
		w := httptest.NewRecorder()
		defer func() {
			if recover() != http.ErrAbortHandler || !strings.Contains(w.Body.String(), `"body":"x"`) {
				t.Errorf("it ends with %s", w.Body)
			}
		}()
		b.page.ServeHTTP(breaking{w, b}, httptest.NewRequest(http.MethodGet, "http://"+host+"/dead-letters.jsonl", nil))
	})
}

// breaking is an answer during which the endpoint goes away.
type breaking struct {
	http.ResponseWriter
	bed *bed
}

func (w breaking) Write(text []byte) (int, error) {
	w.bed.down.Store(true)
	return w.ResponseWriter.Write(text)
}
