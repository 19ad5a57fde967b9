package verify

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

// edited changes the body of each call of an operation by a function.
func edited(caller, operation string, edit func(map[string]any)) stacktest.Fault {
	return func(called, op string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if called != caller || op != operation {
			return next.RoundTrip(r)
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
		edit(body)
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", "")
		return next.RoundTrip(r)
	}
}

// artifact writes the built-in model with a text replaced to a file.
func artifact(t *testing.T, old, replacement string) (path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "enricher", "classifier", "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("no %q in the artifact", old)
	}
	path = filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withQueue returns a function that starts a stack and changes an attribute of one of its queues.
func withQueue(queue, attribute, value string) func(*testing.T) *bed {
	return queueOf(func(t *testing.T) *bed { return start(t, nil, nil) }, queue, attribute, value)
}

// queueOf is withQueue for another stack.
func queueOf(stack func(*testing.T) *bed, queue, attribute, value string) func(*testing.T) *bed {
	return func(t *testing.T) *bed {
		b := stack(t)
		url := b.Ref(queue)
		_, err := b.SQS.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{attribute: value}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// withAPI changes what the API of a sound stack answers.
func withAPI(t *testing.T, change func(r *http.Request, status int, header http.Header, body string) (int, string)) *bed {
	b := start(t, nil, nil)
	b.api = rewritten(b.api, change)
	return b
}

// without returns a stack in which a call lacks a member.
func without(t *testing.T, caller, operation string, members ...string) *bed {
	return start(t, nil, edited(caller, operation, func(body map[string]any) {
		for _, member := range members {
			delete(body, member)
		}
	}))
}

// fault is something that is put into a stack.
type fault struct {
	stack func(*testing.T) *bed
	flags []string
	check string // those that fail, and no others
	want  string // what it says
}

var namedFaults = map[string]fault{
	"another model": {
		stack: func(t *testing.T) *bed {
			return start(t, map[string]string{"ModelUri": artifact(t, embedded.Version(), "9999-12-24.01")}, nil)
		},
		check: "classified", want: "is classified by model 9999-12-24.01, not " + embedded.Version() + " (-model names another artifact)",
	},
	"other parameters under the same version": {
		stack: func(t *testing.T) *bed {
			classes := `"` + strings.Join(embedded.Classes(), `", "`) + `"`
			others := `"another ` + strings.Join(embedded.Classes(), `", "another `) + `"` // of all, because the run draws its items
			return start(t, map[string]string{"ModelUri": artifact(t, classes, others)}, nil)
		},
		check: "classified", want: " with 0.",
	},
	"a queue without redrive": {stack: withQueue("EnrichQueue", "RedrivePolicy", ""), check: "redrive", want: "EnrichQueue has no RedrivePolicy"},
	"a key that is not demanded": {
		stack: func(t *testing.T) *bed { return start(t, nil, nil) }, flags: []string{"-api-key", "secret"},
		check: "key", want: "POST " + names.Items() + " without the key is answered 201",
	},
	"a key that one route does not demand": {
		stack: func(t *testing.T) *bed {
			b := start(t, nil, nil)
			b.api = demanding(b.api, "secret", func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/batch") })
			return b
		},
		flags: []string{"-api-key", "secret"},
		check: "key", want: "POST " + names.Batch() + " with a wrong key is answered 400",
	},
	"nobody takes messages": {
		stack: func(t *testing.T) *bed {
			return startEdited(t, "Enabled: !Ref EnricherEnabled", "Enabled: false")
		},
		check: "classified", want: "not CLASSIFIED (EnrichQueue has about 13 waiting and 0 in flight, the dead-letter queue 0)",
	},
	"a window longer than the objective": {
		stack: func(t *testing.T) *bed {
			return startEdited(t, "InSeconds: !Ref BatchWindow", "InSeconds: 120")
		},
		check: "classified", want: "is still PENDING after ",
	},
	"the writer loses the trace": {
		stack: func(t *testing.T) *bed {
			return without(t, "WriterFunction", "SQS.SendMessage", "MessageSystemAttributes")
		},
		check: "trace", want: `the dead letter has the trace ""`,
	},
	"a dead letter without its reason": {
		stack: func(t *testing.T) *bed {
			return without(t, "EnricherFunction", "SQS.SendMessage", "MessageAttributes")
		},
		check: "dead-letter", want: `has the failure_code "", not InvalidItem`,
	},
	"an item without its path": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(_ *http.Request, status int, header http.Header, body string) (int, string) {
				header.Del("Location")
				return status, body
			})
		},
		check: "created", want: `the header Location is ""`,
	},
	"an item that comes again is taken for new": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(r *http.Request, status int, _ http.Header, body string) (int, string) {
				if status == 200 && r.URL.Path == names.Items() {
					status = 201
				}
				return status, body
			})
		},
		check: "known", want: "POST of the same item is answered 201",
	},
	"other words": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(_ *http.Request, status int, _ http.Header, body string) (int, string) {
				return status, strings.ReplaceAll(body, "body is empty.", "no body.")
			})
		},
		check: "rejected", want: "not 400 Invalid body: body is empty.",
	},
	"a batch that one bad element spoils": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(r *http.Request, status int, _ http.Header, body string) (int, string) {
				if status == 200 && r.URL.Path == names.Batch() {
					return 400, `{"message":"Invalid body."}`
				}
				return status, body
			})
		},
		check: "batch", want: "POST of a batch is answered 400",
	},
	"an item of the data set that is taken for another": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(r *http.Request, status int, _ http.Header, body string) (int, string) {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, knownID) {
					body = strings.Replace(body, `"pred_target":"`, `"pred_target":"another `, 1)
				}
				return status, body
			})
		},
		check: "dataset", want: knownID + " is classified as another ",
	},
	"an item that keeps its failure": {
		stack: func(t *testing.T) *bed {
			return withAPI(t, func(_ *http.Request, status int, _ http.Header, body string) (int, string) {
				return status, strings.Replace(body, `"pred_target"`, `"failure_code":"InvalidItem","pred_target"`, 1)
			})
		},
		check: "redrive", want: "is classified and still shows the failure InvalidItem",
	},
}

func TestEachFaultIsNamed(t *testing.T) {
	all := maps.Clone(namedFaults)
	maps.Copy(all, faultsOfCalls)
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := test.stack(t)
				flags := test.flags
				if test.check != "dataset" {
					flags = append(flags, "-only", allButTheDataSet)
				}
				got := b.verify(t.Context(), t, flags...)
				names, seen := got.failing()
				if got.status != 1 || got.Good || strings.Join(names, " ") != test.check || !strings.Contains(seen, test.want) {
					t.Errorf("status %d, %v fail, want %s with %q: %s", got.status, names, test.check, test.want, seen)
				}
			})
		})
	}
}

func TestTheModelOfAFileMayBeTheOneThatServes(t *testing.T) {
	path := artifact(t, embedded.Version(), "9999-12-24.01")
	synctest.Test(t, func(t *testing.T) {
		b := start(t, map[string]string{"ModelUri": path}, nil)
		if got := b.verify(t.Context(), t, "-model", path); got.status != 0 {
			t.Errorf("status %d: %+v", got.status, got.Checks)
		}
	})
}
