package console_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

func TestOnlyTheOwnPageMayAsk(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{Hosts: []string{"console.test"}})
	form := url.Values{"token": {b.token(t)}}
	for name, test := range map[string]struct {
		method string
		form   url.Values
		header map[string]string
		want   int
	}{
		"the page":                       {"GET", nil, nil, 200},
		"localhost":                      {"GET", nil, map[string]string{"Host": "localhost:3001"}, 200},
		"a forwarded port":               {"GET", nil, map[string]string{"Host": "localhost:8080"}, 200},
		"IPv6":                           {"GET", nil, map[string]string{"Host": "[::1]:3001"}, 200},
		"a name of the command line":     {"GET", nil, map[string]string{"Host": "console.test"}, 200},
		"a change":                       {"POST", form, nil, 200},
		"a rebinding host":               {"GET", nil, map[string]string{"Host": "evil.test:3001"}, 403},
		"a host that begins like it":     {"GET", nil, map[string]string{"Host": "127.0.0.1.evil.test:3001"}, 403},
		"another address":                {"GET", nil, map[string]string{"Host": "192.168.1.2:3001"}, 403},
		"a change by a rebinding host":   {"POST", form, map[string]string{"Host": "evil.test", "Origin": "http://evil.test"}, 403},
		"a foreign origin":               {"POST", form, map[string]string{"Origin": "http://evil.test"}, 403},
		"a foreign origin that reads":    {"GET", nil, map[string]string{"Origin": "http://evil.test"}, 403},
		"another port of this machine":   {"POST", form, map[string]string{"Origin": "http://127.0.0.1:3000"}, 403},
		"no origin at all, but a token":  {"POST", form, map[string]string{"Origin": ""}, 200},
		"an origin that is hidden":       {"POST", form, map[string]string{"Origin": "null"}, 403},
		"a change without a token":       {"POST", nil, nil, 403},
		"a change with an empty token":   {"POST", url.Values{"token": {""}}, nil, 403},
		"a change with another token":    {"POST", url.Values{"token": {strings.Repeat("A", 26)}}, nil, 403},
		"another method":                 {"DELETE", nil, nil, 403},
		"a token in the address is none": {"POST", nil, map[string]string{"X-Token": form.Get("token")}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/"
			if test.method != "GET" {
				path = "/try/bad"
			}
			if w := b.send(test.method, path, test.form, test.header); w.Code != test.want {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestAnExposedPageStillKnowsItsOwnNames(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{Exposed: true})
	for host, want := range map[string]int{"192.168.1.2:3001": 200, "[fe80::1]:3001": 200, "evil.test:3001": 403} {
		if w := b.send(http.MethodGet, "/", nil, map[string]string{"Host": host}); w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

// requests are paths of all routes with a method.
func requests(method string) (paths []string) {
	fill := strings.NewReplacer("{$}", "", "{view}", "overview", "{id}", "7a28b976958cde0e54a2c90da2b25da4", "{what}", "all", "{action}", "all")
	for _, route := range console.Routes() {
		if path, ok := strings.CutPrefix(route, method+" "); ok {
			paths = append(paths, fill.Replace(path))
		}
	}
	return paths
}

func TestEveryChangeNeedsAToken(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	changes := requests(http.MethodPost)
	if len(changes) < 8 {
		t.Errorf("changes: %v", changes)
	}
	for _, path := range changes {
		for _, query := range []string{"", "?token=" + b.token(t)} {
			if w := b.send(http.MethodPost, path+query, url.Values{"id": {"x"}}, nil); w.Code != http.StatusForbidden {
				t.Errorf("POST %s: %d", path+query, w.Code)
			}
		}
		if w := b.send(http.MethodGet, path, nil, nil); w.Code == http.StatusOK && path != "/dead-letters/redrive-all" { // that one asks first
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}

// To look at dead letters hides them from others, and to read items costs something.
func TestAnotherPageMakesTheBrowserAskForNothing(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	for _, site := range []string{"cross-site", "same-site", "something-new"} {
		for _, mode := range []string{"no-cors", "cors", "navigate"} {
			for _, path := range requests(http.MethodGet) {
				before, want := b.calls.Load(), http.StatusForbidden
				if path == "/" && mode == "navigate" {
					want = http.StatusOK // a link
				}
				w := b.send(http.MethodGet, path, nil, map[string]string{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode})
				if w.Code != want || want != http.StatusOK && b.calls.Load() != before {
					t.Errorf("GET %s, %s, %s: %d after %d calls", path, site, mode, w.Code, b.calls.Load()-before)
				}
			}
			form := url.Values{"token": {b.token(t)}}
			if w := b.send(http.MethodPost, "/", form, map[string]string{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}); w.Code != http.StatusForbidden {
				t.Errorf("POST, %s, %s: %d", site, mode, w.Code)
			}
		}
	}
	for _, site := range []string{"same-origin", "none"} {
		if w := b.send(http.MethodGet, "/try", nil, map[string]string{"Sec-Fetch-Site": site}); w.Code != http.StatusOK {
			t.Errorf("%s: %d", site, w.Code)
		}
	}
}

// Browsers send the name in lower case, however it is written.
func TestANameOfTheCommandLineCountsInAnyCase(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{Hosts: []string{"Box.Local"}})
	for _, host := range []string{"box.local:3001", "BOX.LOCAL", "LocalHost:3001"} {
		if w := b.send(http.MethodGet, "/", nil, map[string]string{"Host": host}); w.Code != http.StatusOK {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
}

// Each byte of the longest message may be a line end, which takes six bytes in a form.
func TestTheLongestMessageFitsIntoAForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
		wantIn(t, "the outcome", b.post(t, "/dead-letters/redrive", "id", "x", "sure", "yes", "body", strings.Repeat("\r\n", 1<<20)), "1 not found")
	})
}

func TestAReadOnlyPageOffersAndTakesNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{ReadOnly: true})
		b.bury(t, 3, "x", nil)
		pages := []string{"/", "/dead-letters", "/items", "/scatter", "/try"}
		for _, id := range letterIDs(b.get(t, "/dead-letters")) {
			pages = append(pages, "/dead-letters/one/"+id)
		}
		for _, path := range pages {
			if text := b.get(t, path); strings.Contains(text, `method="post"`) {
				t.Errorf("%s offers a change", path)
			}
		}
		for _, path := range requests(http.MethodPost) {
			w := b.send(http.MethodPost, path, nil, nil)
			wantIn(t, path, w.Body.String(), "-read-only")
		}
	})
}

const markup = `"'><img src=x onerror=alert(1)><script>alert(2)</script>{{.}}`

// live is what of the markup must not be on a page: html/template has escaped it then.
var live = regexp.MustCompile(`<img|<script>alert|onerror=alert\(1\)>`)

func TestMarkupInAnyFieldIsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		attributes := map[string]string{}
		for _, name := range []string{"failure_code", "failure_reason", "failed_at", "original_message_id", "original_sender_id", "receive_count", "request_id", "colour"} {
			attributes[name] = markup
		}
		b.bury(t, 1, markup, attributes)
		b.bury(t, 1, `{"id":"`+markup+`"}`, nil)
		b.spoil(t, markup)
		b.spoil(t, strings.Repeat("0", 32))

		list := b.get(t, "/dead-letters")
		ids := letterIDs(list)
		pages := []string{"/dead-letters/one/" + ids[0], "/dead-letters/one/" + ids[1], "/", "/items", "/items?status=FAILED", "/items?status=" + url.QueryEscape(markup), "/items/" + strings.Repeat("0", 32),
			"/scatter", "/dead-letters?code=" + url.QueryEscape(markup), "/dead-letters?after=" + url.QueryEscape(markup)}
		seen := list
		for _, path := range pages {
			seen += b.get(t, path)
		}
		seen += b.send(http.MethodGet, "/items/"+url.PathEscape(markup), nil, nil).Body.String()
		seen += b.post(t, "/dead-letters/choose", "id", ids[0], "id", markup, "action", "redrive")
		seen += b.post(t, "/dead-letters/delete", "id", markup)
		seen += b.post(t, "/try/one", item.Features[0].Name, markup, markup, markup)
		if found := live.FindString(seen); found != "" {
			i := live.FindStringIndex(seen)[0]
			t.Errorf("%s is markup in …%s…", found, seen[max(0, i-200):i+60])
		}
		if n := strings.Count(seen, "&lt;script&gt;alert(2)"); n < 20 {
			t.Errorf("the markup is shown as text %d times", n)
		}
	})
}

// spoil stores an item all of whose texts are markup.
func (b *bed) spoil(t *testing.T, id string) {
	t.Helper()
	stored := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
	for _, name := range []string{"created_at", "pred_target", "classified_at", "failure_code", "failure_reason", "failed_at", item.Features[0].Name} {
		stored[name] = &types.AttributeValueMemberS{Value: markup}
	}
	stored["model_version"] = &types.AttributeValueMemberS{Value: "2026-01-01.01"}
	if _, err := b.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(b.Ref(b.Names.Table)), Item: stored}); err != nil {
		t.Fatal(err)
	}
}

func TestMarkupThatWereToSlipInCouldDoNothing(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	header := b.send(http.MethodGet, "/", nil, nil).Header()
	policy := header.Get("Content-Security-Policy")
	wantIn(t, "the policy", policy, "default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")
	if strings.Contains(policy, "unsafe") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", header)
	}
}

func TestCredentialsStayHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key, access, secret = "the-api-key", "THEACCESSKEY", "the-secret-key"
		b := newBed(t, console.Options{}, func(s *console.Stack) {
			s.APIKey = key
			s.AWS.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: access, SecretAccessKey: secret}, nil
			})
		})
		text := b.get(t, "/") + b.get(t, "/dead-letters") + b.get(t, "/items") + b.get(t, "/try") + b.post(t, "/try/bad") + b.post(t, "/try/all")
		b.down.Store(true)
		text += b.send(http.MethodGet, "/items", nil, nil).Body.String()
		for _, secret := range []string{key, access, secret} {
			if strings.Contains(text, secret) {
				t.Errorf("the browser gets %s", secret)
			}
		}
	})
}

func TestOnADeployedStackTheAccountIsSaidBeforeAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{}, func(s *console.Stack) {
			s.Name, s.Account, s.Region = "items", "123456789012", "eu-central-1"
		})
		b.bury(t, 1, "x", nil)
		id := letterIDs(b.get(t, "/dead-letters"))[0]
		for _, page := range []string{
			b.get(t, "/"), b.get(t, "/dead-letters"), b.get(t, "/try"), b.get(t, "/dead-letters/redrive-all"), b.get(t, "/dead-letters/one/"+id),
			b.post(t, "/dead-letters/choose", "id", id, "action", "delete"),
		} {
			wantIn(t, "a page with a change", page, "where deployed", "account <strong>123456789012</strong>", "region <strong>eu-central-1</strong>", `method="post"`)
		}
		wantIn(t, "the items", b.get(t, "/items"), "a scan, which costs reads")
	})
}

func TestTheKeyDoesNotFollowTheAPIToAnotherHost(t *testing.T) {
	b := newBed(t, console.Options{}, func(s *console.Stack) {
		s.APIKey = "secret"
		s.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "api" {
				t.Errorf("%s gets %v", r.URL, r.Header)
			}
			header := http.Header{"Location": {"http://evil.test/"}}
			return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: header, Body: http.NoBody, Request: r}, nil
		})}
	})
	wantIn(t, "the result", b.post(t, "/try/one", formOf(example)...), "answered 307")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
