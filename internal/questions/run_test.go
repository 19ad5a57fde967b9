package questions

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/awsclient"
)

func operation(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// refused is an answer of SQS or DynamoDB.
func refused(r *http.Request, status int, code string) *http.Response {
	body := fmt.Sprintf(`{"__type":"x#%s","message":"as the test wants it"}`, code)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func results(all []Asked) map[string]Result {
	by := map[string]Result{}
	for _, a := range all {
		by[a.Name] = a.Result
	}
	return by
}

func TestAQuestionThatFailsIsNamedAndDoesNotStopTheOthers(t *testing.T) {
	names := []string{"sqs-deleted-message", "sqs-old-receipt-handle", "dynamodb-key-in-update"}
	for name, answer := range map[string]func(r *http.Request) (*http.Response, error){
		"no connection": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
		"not allowed":   func(r *http.Request) (*http.Response, error) { return refused(r, 400, "AccessDeniedException"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					if operation(r) == "ChangeMessageVisibility" {
						return answer(r)
					}
					return next.RoundTrip(r)
				})
				all := b.ask(t.Context(), t, names...)
				want := map[string]Result{names[0]: Failed, names[1]: Same, names[2]: Same}
				if diff := cmp.Diff(want, results(all)); diff != "" || !strings.Contains(all[0].Error, "ChangeMessageVisibility") {
					t.Errorf("%s (-want +got):\n%s", all[0].Error, diff)
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

func TestAnotherAnswerDiffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation(r) == "ChangeMessageVisibility" {
				return refused(r, 400, "Other"), nil
			}
			return next.RoundTrip(r)
		})
		got := b.ask(t.Context(), t, "sqs-deleted-message")[0]
		if got.Result != Differs || got.Here[0].Answer != "Other: as the test wants it" {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnAnswerHasNoAccountAndNoRandomName(t *testing.T) {
	p := NewPlace(aws.Config{Retryer: func() aws.Retryer { return aws.NopRetryer{} }}, nil, time.Second)
	got := p.anonymous("User: arn:aws:iam::123456789012:user/x, queue " + p.prefix + "-1, id " + unknownID)
	if want := "User: arn:aws:iam::ACCOUNT:user/x, queue NAME-1, id " + unknownID; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnAPIThatTheCallerMayNotCallHasNoAnswer(t *testing.T) {
	for message, want := range map[string]struct {
		status int
		said   string
	}{
		"Forbidden":         {403, "Forbidden: give the API's key with -api-key"},
		"Too Many Requests": {429, "Too Many Requests"},
		"User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: execute-api:Invoke on resource: y": {403, "is not authorized"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(want.status)
			fmt.Fprintf(w, `{"message":%q}`, message)
		}))
		defer server.Close()
		p := NewPlace(awsclient.AtEndpoint(server.URL), &API{Client: server.Client(), URL: server.URL}, time.Second)
		got := p.askOne(t.Context(), *Find("api-slashes"))
		if got.Result != Failed || !strings.Contains(got.Error, fmt.Sprintf("GET %s: %d ", names.Item(unknownID), want.status)) || !strings.Contains(got.Error, want.said) || strings.Contains(got.Error, "123456789012") {
			t.Errorf("%s: %+v", message, got)
		}
	}
}

func TestWhatCanNotBeAskedIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "NONE", nil)
		got := results(b.ask(t.Context(), t, Names()...))
		b.place.api = nil
		without := results(b.ask(t.Context(), t, Names()...))
		for name := range got {
			signed := name == "api-signature-mismatch" || name == "api-signed-query"
			if (got[name] == LeftOut) != signed || (without[name] == LeftOut) != strings.HasPrefix(name, "api-") {
				t.Errorf("%s: %s, and without an API %s", name, got[name], without[name])
			}
		}
		b.wantNothingLeft(t)
	})
}

// The API's answers do not depend on whether it demands signatures.
func TestTheAPIAnswersTheSameSignedOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "NONE", nil)
		for _, a := range b.ask(t.Context(), t, "api-slashes", "api-encoded", "api-body-not-utf8") {
			if a.Result != Same {
				t.Errorf("%s: %s, %+v", a.Name, a.Result, a.Here)
			}
		}
	})
}

// A run is interrupted at each of its calls: by turns with and without its answer.
func TestAnInterruptedRunLeavesNothingBehind(t *testing.T) {
	names := []string{"sqs-deleted-message", "sqs-move-arrivals", "dynamodb-delete-from-index-key"}
	for call := 1; ; call++ {
		isOver := false
		t.Run(fmt.Sprintf("at call %d", call), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				calls := 0
				b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					response, err := next.RoundTrip(r)
					if calls++; calls != call {
						return response, err
					}
					interrupt()
					if call%2 == 0 && r.Context().Err() != nil { // the answer is lost
						return nil, context.Canceled
					}
					return response, err
				})
				var all []Asked
				b.place.Ask(ctx, names, func(a Asked) { all = append(all, a) })
				isOver = ctx.Err() == nil
				if left := b.place.Clear(t.Context()); len(left) > 0 {
					t.Errorf("left behind: %q", left)
				}
				for _, a := range all {
					if a.Result != Same && (a.Result != NotAsked || a.Error != "interrupted") {
						t.Errorf("%s: %s %s", a.Name, a.Result, a.Error)
					}
				}
				b.wantNothingLeft(t)
			})
		})
		if isOver || t.Failed() {
			return
		}
	}
}

func TestTheTimeoutEndsARun(t *testing.T) {
	for _, first := range []string{"sqs-move-arrivals", "connection-idle"} {
		t.Run(first, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, "NONE", nil)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				for _, a := range slices.Concat(b.ask(ctx, t, first), b.ask(ctx, t, "dynamodb-key-in-update")) {
					if a.Result != NotAsked || a.Error != "the -timeout ended" {
						t.Errorf("%s: %s %s", a.Name, a.Result, a.Error)
					}
				}
				if took := time.Since(begin); took > time.Second {
					t.Errorf("took %s", took)
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

// On AWS a table is created and deleted in some seconds, and can't be used or deleted before.
func TestATableThatIsStillBeingCreatedIsWaitedFor(t *testing.T) {
	for name, question := range map[string]string{"to use it": "dynamodb-key-in-update", "to delete it": "dynamodb-table-or-request-first"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var created time.Time
				b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
					isBusy := !created.IsZero() && time.Since(created) < 10*time.Second
					switch operation(r) {
					case "CreateTable":
						created = time.Now()
					case "DescribeTable":
						if isBusy {
							return creating(r), nil
						}
					case "UpdateItem":
						if isBusy && name == "to use it" {
							t.Error("the table was used too early")
						}
					case "DeleteTable":
						if isBusy {
							return refused(r, 400, "ResourceInUseException"), nil
						}
					}
					return next.RoundTrip(r)
				})
				if question == "dynamodb-table-or-request-first" { // it needs no table
					if err := b.place.createTable(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				begin := time.Now()
				if got := b.ask(t.Context(), t, question)[0]; got.Result != Same {
					t.Errorf("%+v", got)
				}
				if took := time.Since(begin); took < 10*time.Second || took > 12*time.Second {
					t.Errorf("took %s", took)
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

func creating(r *http.Request) *http.Response {
	body := `{"Table":{"TableStatus":"CREATING"}}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func TestAQueueIsDeletedAlsoIfTheAnswerWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if operation(r) == "CreateQueue" || operation(r) == "CreateTable" {
				return nil, errors.New("connection reset")
			}
			return response, err
		})
		for _, a := range b.ask(t.Context(), t, "sqs-missing-receipt-handle", "dynamodb-key-in-update") {
			if a.Result != Failed || !strings.Contains(a.Error, "connection reset") {
				t.Errorf("%s: %s %s", a.Name, a.Result, a.Error)
			}
		}
		b.wantNothingLeft(t)
	})
}

func TestWhatCanNotBeDeletedIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "NONE", func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.HasPrefix(operation(r), "Delete") {
				return nil, errors.New("not allowed")
			}
			return next.RoundTrip(r)
		})
		b.place.Ask(t.Context(), []string{"sqs-missing-receipt-handle", "dynamodb-key-in-update"}, func(Asked) {})
		left := strings.Join(b.place.Clear(t.Context()), "\n")
		if !strings.Contains(left, "queue "+b.place.prefix+"-1: ") || !strings.Contains(left, "table "+b.place.prefix+": ") {
			t.Errorf("left behind: %s", left)
		}
	})
}

func TestAnIdleConnectionIsWatchedUntilTheServerClosesIt(t *testing.T) {
	for name, test := range map[string]struct {
		patience time.Duration
		want     string
	}{
		"closed": {time.Second, "404; the server closes it after 5s"},
		"open":   {500 * time.Millisecond, "404; it is still open after 3.5s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, "NONE", nil)
				b.place.patience = test.patience
				got := b.ask(t.Context(), t, "connection-idle")[0]
				if len(got.Here) != 2 || got.Here[0].Answer != test.want || got.Here[1].Answer != test.want {
					t.Errorf("%+v, want %q", got, test.want)
				}
			})
		})
	}
}

func TestASecondConnectionTellsWhetherItResumesTheSession(t *testing.T) {
	for name, test := range map[string]struct {
		isDisabled bool
		want       string
	}{
		"resumed":     {false, "TLS 1.3; the session is resumed: true"},
		"not resumed": {true, "TLS 1.3; the session is resumed: false"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{SessionTicketsDisabled: test.isDisabled}
			server.StartTLS()
			defer server.Close()
			p := NewPlace(awsclient.AtEndpoint(server.URL), nil, time.Second)
			p.roots = x509.NewCertPool()
			p.roots.AddCert(server.Certificate())
			got := p.askOne(t.Context(), *Find("connection-resumed"))
			if len(got.Here) != 2 || got.Here[0].Answer != test.want || got.Here[1].Answer != test.want {
				t.Errorf("%+v, want %q", got, test.want)
			}
		})
	}
}

func TestAServiceThatCanNotBeReachedHasNoAnswer(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	p := NewPlace(awsclient.AtEndpoint(server.URL), nil, time.Second)
	if got := p.askOne(t.Context(), *Find("connection-idle")); got.Result != Failed || !strings.Contains(got.Error, "connect to 127.0.0.1:") {
		t.Errorf("%+v", got)
	}
}
