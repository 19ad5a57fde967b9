package writer_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/writer"
)

// located returns the Location of an item that is posted to a path of the request context.
func located(t *testing.T, path string) (location string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		env := map[string]string{"TABLE_NAME": s.Ref("IrisTable"), "QUEUE_URL": s.Ref("EnrichQueue")}
		h, err := writer.New(func(name string) string { return env[name] }, s.Config.FunctionAWS("WriterFunction"), s.Config.Log)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Handle(context.Background(), events.APIGatewayProxyRequest{
			HTTPMethod: http.MethodPost, Resource: "/v0/iris", Body: setosa, RequestContext: events.APIGatewayProxyRequestContext{Path: path},
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
	for path, want := range map[string]string{
		"":                              "/v0/iris/",
		"/":                             "/v0/iris/",
		"/v0/iris":                      "/v0/iris/",
		"/v0/iris/":                     "/v0/iris/",
		"//v0/iris":                     "/v0/iris/",
		"/prod/v0/iris":                 "/prod/v0/iris/",
		"/prod/v0/iris/":                "/prod/v0/iris/",
		"/prod//v0/iris":                "/prod/v0/iris/",
		"//prod//v0/iris///":            "/prod/v0/iris/",
		"/base/path/v0/iris/":           "/base/path/v0/iris/", // of a custom domain
		"/prod/v0/%69ris/":              "/prod/v0/%69ris/",
		"/a%2Fb/v0/iris":                "/a%2Fb/v0/iris/",
		"/a b/v0/iris":                  "/a%20b/v0/iris/",
		"/p\r\nSet-Cookie: a=b/v0/iris": "/p%0D%0ASet-Cookie:%20a=b/v0/iris/",
		"/p?q#f/v0/iris":                "/p%3Fq%23f/v0/iris/",
		"/100%/v0/iris":                 "/100%25/v0/iris/",
		"//evil.test/v0/iris":           "/evil.test/v0/iris/", // never another host
		"/h\u00e9/v0/iris":              "/h%C3%A9/v0/iris/",
	} {
		t.Run(path, func(t *testing.T) {
			if got := located(t, path); got != want+setosaID {
				t.Errorf("Location %q, want %q", got, want+setosaID)
			}
		})
	}
}

func FuzzTheLocationIsAPath(f *testing.F) {
	f.Add("/prod//v0/iris/")
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
		for i, path := range []string{"/v0/iris", "/v0/iris/", "//v0/iris", "//v0/iris//"} {
			got := s.Request(t, "POST", path, element(flower(i)))
			location := got.Header.Get("Location")
			if got.Status != http.StatusCreated || location != "/v0/iris/"+flower(i).ID() {
				t.Errorf("POST %s: answered %d %v, Location %q", path, got.Status, got.Body, location)
			}
			stacktest.Wait(time.Second)
			for _, path := range []string{location, location + "/", "/" + location} {
				if got := s.Request(t, "GET", path, ""); got.Status != http.StatusOK || got.Body["status"] != "CLASSIFIED" {
					t.Errorf("GET %s: answered %d %v", path, got.Status, got.Body)
				}
			}
		}
		got := s.Request(t, "POST", "//v0/iris/batch/", batch(element(flower(0))))
		if got.Status != http.StatusOK || got.Body["existing"] != 1.0 {
			t.Errorf("POST //v0/iris/batch/: answered %d %v", got.Status, got.Body)
		}
		if got := s.Request(t, "GET", "/v0/iris/"+strings.Replace(setosaID, "7", "%37", 1), ""); got.Status != http.StatusNotFound {
			t.Errorf("an id that is percent-encoded is answered %d, want 404 as on AWS", got.Status)
		}
	})
}
