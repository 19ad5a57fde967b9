package writer_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
)

// located returns the Location of an item that is posted to a path of the request context.
func located(t *testing.T, path string) (location string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		h := newHandler(t, s)
		got, err := h.Handle(context.Background(), events.APIGatewayProxyRequest{
			HTTPMethod: http.MethodPost, Resource: names.Items(), Body: example, RequestContext: events.APIGatewayProxyRequestContext{Path: path},
		})
		if err != nil || got.StatusCode != http.StatusCreated {
			t.Fatalf("answered %d %s, %v", got.StatusCode, got.Body, err)
		}
		location = got.Headers["Location"]
	})
	return location
}

// API Gateway lets these through: https://github.com/localstack/localstack
// tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json, recorded on AWS.
func TestTheLocationHasOneSlashBetweenSegments(t *testing.T) {
	items := names.Items()
	encoded := fmt.Sprintf("/%%%x%s", items[1], items[2:])
	for path, want := range map[string]string{
		"":                              items + "/",
		"/":                             items + "/",
		items:                           items + "/",
		items + "/":                     items + "/",
		"/" + items:                     items + "/",
		"/prod" + items:                 "/prod" + items + "/",
		"/prod" + items + "/":           "/prod" + items + "/",
		"/prod/" + items:                "/prod" + items + "/",
		"//prod/" + items + "///":       "/prod" + items + "/",
		"/base/path" + items + "/":      "/base/path" + items + "/", // of a custom domain
		"/prod" + encoded + "/":         "/prod" + encoded + "/",
		"/a%2Fb" + items:                "/a%2Fb" + items + "/",
		"/a b" + items:                  "/a%20b" + items + "/",
		"/p\r\nSet-Cookie: a=b" + items: "/p%0D%0ASet-Cookie:%20a=b" + items + "/",
		"/p?q#f" + items:                "/p%3Fq%23f" + items + "/",
		"/100%" + items:                 "/100%25" + items + "/",
		"//evil.test" + items:           "/evil.test" + items + "/", // never another host
		"/h\u00e9" + items:              "/h%C3%A9" + items + "/",
	} {
		t.Run(path, func(t *testing.T) {
			if got := located(t, path); got != want+exampleID {
				t.Errorf("Location %q, want %q", got, want+exampleID)
			}
		})
	}
}

func FuzzTheLocationIsAPath(f *testing.F) {
	f.Add("/prod/" + names.Items() + "/")
	f.Add("//\x00%zz\\..//")
	f.Fuzz(func(t *testing.T, path string) {
		got := located(t, path)
		u, err := url.Parse(got)
		if err != nil || u.EscapedPath() != got || u.IsAbs() || u.Host != "" || !strings.HasPrefix(got, "/") || strings.Contains(got, "//") {
			t.Errorf("%q gives the Location %q: %v", path, got, err)
		}
	})
}

// A client that follows the Location finds the item.
func TestPathsWithMoreSlashesAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for i, path := range []string{s.Names.Items, s.Names.Items + "/", "/" + s.Names.Items, "/" + s.Names.Items + "//"} {
			got := s.Request(t, "POST", path, sample.Object(sample.Nth(i)))
			location := got.Header.Get("Location")
			if got.Status != http.StatusCreated || location != names.Items()+"/"+sample.Nth(i).ID() {
				t.Errorf("POST %s: answered %d %v, Location %q", path, got.Status, got.Body, location)
			}
			stacktest.Wait(time.Second)
			for _, path := range []string{location, location + "/", "/" + location} {
				if got := s.Request(t, "GET", path, ""); got.Status != http.StatusOK || got.Body["status"] != "CLASSIFIED" {
					t.Errorf("GET %s: answered %d %v", path, got.Status, got.Body)
				}
			}
		}
		got := s.Request(t, "POST", "/"+names.Batch()+"/", batch(sample.Object(sample.Nth(0))))
		if got.Status != http.StatusOK || got.Body["existing"] != 1.0 {
			t.Errorf("POST of a batch: answered %d %v", got.Status, got.Body)
		}
		if got := s.Request(t, "GET", names.Items()+"/"+fmt.Sprintf("%%%x%s", exampleID[0], exampleID[1:]), ""); got.Status != http.StatusNotFound {
			t.Errorf("an id that is percent-encoded is answered %d, want 404 as on AWS", got.Status)
		}
	})
}
