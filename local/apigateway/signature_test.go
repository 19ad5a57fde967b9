package apigateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/lambda"
)

// signedAPI returns a client of an API whose one route needs a signature and a key.
func signedAPI(t *testing.T, handler any) *http.Client {
	routes := []template.Route{{Function: "F", Method: "ANY", Path: "/x/{id}", Stage: "prod", Signed: true}}
	functions := map[string]*lambda.Function{"F": function(t, handler)}
	return &http.Client{Transport: inmemory.Transport{Handler: apigateway.New(routes, functions, "key")}}
}

// by is how a request is signed.
type by struct {
	key, secret, token, region, service string
	age                                 time.Duration
}

func (b by) sign(t *testing.T, r *http.Request) {
	t.Helper()
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	hash := sha256.Sum256(body)
	who := aws.Credentials{AccessKeyID: or(b.key, "local"), SecretAccessKey: or(b.secret, "local"), SessionToken: b.token}
	err = v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(hash[:]), or(b.service, "execute-api"), or(b.region, "us-east-1"), time.Now().Add(-b.age))
	if err != nil {
		t.Fatal(err)
	}
}

const (
	mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.…"
	parameters = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
		"Authorization header requires 'SignedHeaders' parameter. "
)

// As others recorded it on AWS: https://github.com/mhart/aws4/issues/33
func TestAWrongSignatureIsAnsweredWithWhatShouldHaveBeenSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := request(t, http.MethodPost, "/x/a%2Fb?b=1+2&a-b=2&a=3&a=1", `{"a": 1}`)
		(&by{secret: "other"}).sign(t, r)
		want := strings.TrimSuffix(mismatch, "…") + "\n\nThe Canonical String for this request should have been\n" +
			"'POST\n/x/a%252Fb\na=1&a=3&a-b=2&b=1%202\ncontent-length:8\nhost:api.test\nx-amz-date:20000101T000000Z\n\n" +
			"content-length;host;x-amz-date\nf9d86028c6e0d64e225186f96acb69338b2c59764df79162107f5c4bb34d1310'\n\n" +
			"The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20000101T000000Z\n20000101/us-east-1/execute-api/aws4_request\n" +
			"713764ce8fc97cb68de21922ae4ac92cb4f91c80077182db8a837b6e55fecf39'\n"
		wantMessage(t, do(t, signedAPI(t, names), r), http.StatusForbidden, want)
	})
}

// The clock of a synctest bubble begins at midnight of 2000-01-01.
func TestASignedRouteTakesOnlyWhatTheSecretHasSigned(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for name, test := range map[string]struct {
		by      *by
		after   func(*http.Request) // changes the request after it was signed
		message string              // "" if the request is accepted
	}{
		"signed":                   {by: &by{}},
		"four minutes ago":         {by: &by{age: 4 * time.Minute}},
		"in four minutes":          {by: &by{age: -4 * time.Minute}},
		"a header that is not":     {by: &by{}, after: set("X-Other", "1")},
		"not signed":               {message: "Missing Authentication Token"},
		"a signature in the query": {after: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=00" }, message: "The local stack does not check a signature in the query: sign with the header Authorization."},
		"another secret":           {by: &by{secret: "other"}, message: mismatch},
		"another access key":       {by: &by{key: "other"}, message: "The security token included in the request is invalid."},
		"a session":                {by: &by{token: "other"}, message: "The security token included in the request is invalid."},
		"six minutes ago":          {by: &by{age: 6 * time.Minute}, message: "Signature expired: 19991231T235400Z is now earlier than 19991231T235500Z (20000101T000000Z - 5 min.)"},
		"in six minutes":           {by: &by{age: -6 * time.Minute}, message: "Signature not yet current: 20000101T000600Z is still later than 20000101T000500Z (20000101T000000Z + 5 min.)"},
		"another region":           {by: &by{region: "eu-west-1"}, message: "Credential should be scoped to a valid region."},
		"another service":          {by: &by{service: "lambda"}, message: "Credential should be scoped to correct service: 'execute-api'."},
		"another terminator":       {by: &by{}, after: replace("aws4_request", "aws5"), message: "Credential should be scoped with a valid terminator: 'aws4_request'."},
		"another day":              {by: &by{}, after: replace("local/2000", "local/1999"), message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '19990101' != '20000101', from '20000101T000000Z'."},
		"another method":           {by: &by{}, after: func(r *http.Request) { r.Method = "PUT" }, message: mismatch},
		"another path":             {by: &by{}, after: func(r *http.Request) { r.URL.Path = "/x/b" }, message: mismatch},
		"another query":            {by: &by{}, after: func(r *http.Request) { r.URL.RawQuery = "a=1" }, message: mismatch},
		"an invalid query":         {by: &by{}, after: func(r *http.Request) { r.URL.RawQuery = "%zz" }, message: mismatch},
		"another host":             {by: &by{}, after: func(r *http.Request) { r.Host = "other.test" }, message: mismatch},
		"another body":             {by: &by{}, after: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("other")) }, message: mismatch},
		"another signed header":    {by: &by{}, after: set("X-Mine", "2"), message: mismatch},
		"a signed header less":     {by: &by{}, after: func(r *http.Request) { r.Header.Del("X-Mine") }, message: mismatch},
		"host not signed":          {by: &by{}, after: replace("host;", ""), message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"a signed header too many": {by: &by{}, after: replace("SignedHeaders=", "SignedHeaders=absent;"), message: mismatch},
		"signed headers unsorted":  {by: &by{}, after: replace("host;x-amz-date", "x-amz-date;host"), message: mismatch},
		"half a signature": {by: &by{}, after: func(r *http.Request) {
			v := r.Header.Get("Authorization")
			r.Header.Set("Authorization", v[:len(v)-32])
		}, message: mismatch},
		"another algorithm": {by: &by{}, after: replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), message: "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). "},
		"a short scope":     {by: &by{}, after: replace("/aws4_request", ""), message: "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 4"},
		"no date":           {by: &by{}, after: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=…"},
		"no real date":      {by: &by{}, after: set("X-Amz-Date", "today"), message: "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601"},
		"a bearer":          {after: set("Authorization", "Bearer abc"), message: "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '…'."},
		"only an algorithm": {after: set("Authorization", "AWS4-HMAC-SHA256"), message: parameters + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=…"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := request(t, http.MethodPost, "/x/a", `{"a": 1}`)
				r.Header.Set("X-Api-Key", "key")
				r.Header.Set("X-Mine", "  1   2 ") // spaces at the ends and doubled spaces are not signed
				if test.by != nil {
					test.by.sign(t, r)
				}
				if test.after != nil {
					test.after(r)
				}
				got := do(t, signedAPI(t, names), r)
				switch start, _, hashed := strings.Cut(test.message, "…"); {
				case test.message == "" && got.status != http.StatusOK:
					t.Errorf("got %d %s, want 200", got.status, got.body)
				case hashed && (got.status != http.StatusForbidden || !strings.Contains(got.body, start) || strings.Contains(got.body, "abc")):
					t.Errorf("got %d %s, want 403 %s", got.status, got.body, test.message)
				case test.message != "" && !hashed:
					wantMessage(t, got, http.StatusForbidden, test.message)
				}
			})
		})
	}
}

// Also if no route demands a signature: whoever mistypes a path hears of the header.
func TestOfARequestWithoutARouteTheAuthorizationHeaderIsRead(t *testing.T) {
	client := api("", route{"GET", "/x", function(t, names)})
	for header, want := range map[string]string{
		"Bearer abc": "Invalid key=value pair (missing equal-sign) in Authorization header ",
		"Bearer a==": "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. ",
		"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c": "Missing Authentication Token",
		"": "Missing Authentication Token",
	} {
		r := request(t, http.MethodGet, "/nowhere", "")
		r.Header.Set("X-Amz-Date", "20261130T000000Z")
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		if got := do(t, client, r); got.status != http.StatusForbidden || !strings.Contains(got.body, `"`+want) {
			t.Errorf("%s: got %d %s, want 403 %s", header, got.status, got.body, want)
		}
		r.URL.Path = "/x"
		if got := do(t, client, r); got.status != http.StatusOK {
			t.Errorf("%s: a route that demands no signature answers %d %s", header, got.status, got.body)
		}
	}
}

func TestASignedRouteNeedsTheAPIKeyToo(t *testing.T) {
	r := request(t, http.MethodGet, "/x/a", "")
	by{}.sign(t, r)
	wantMessage(t, do(t, signedAPI(t, names), r), http.StatusForbidden, "Forbidden")
}

// Redundant slashes of a path are not signed, and the path is percent-encoded twice. A query is decoded and
// sorted. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func TestAPathAndAQueryAreSignedInTheirCanonicalForm(t *testing.T) {
	for sent, signed := range map[string]string{
		"/x/a":                "/x/a",
		"/x/a/":               "/x/a/",
		"//x/a":               "/x/a",
		"///x/a//":            "/x/a/",
		"/x/a%2Fb":            "/x/a%2Fb",
		"/x/a%2fb%20c":        "/x/a%2fb%20c",
		"/x/h%C3%A9":          "/x/h%C3%A9",
		"/x/a+b:c@d":          "/x/a+b:c@d",
		"/x/a?b=2&a=1&a=0":    "/x/a?a=0&a=1&b=2",
		"/x/a?b=a%2Fb%20c":    "/x/a?b=a%2Fb%20c",
		"/x/a?b=1+2":          "/x/a?b=1%202",
		"/x/a?b":              "/x/a?b=",
		"/x/a?a=1;b=2":        "/x/a?a=1%3Bb%3D2",
		"/x/a?":               "/x/a",
		"/x/a?a=%zz&b=1":      "/x/a?a=%25zz&b=1",
		"/x/a?a-b=1&a%2Fb=2":  "/x/a?a-b=1&a%2Fb=2",
		"/x/a?a=b%3Dc&a=b%26": "/x/a?a=b%26&a=b%3Dc",
	} {
		t.Run(sent, func(t *testing.T) {
			r := request(t, http.MethodGet, signed, "")
			r.Header.Set("X-Api-Key", "key")
			by{}.sign(t, r)
			url := request(t, http.MethodGet, sent, "").URL
			r.URL = url
			if got := do(t, signedAPI(t, names), r); got.status != http.StatusOK {
				t.Errorf("got %d %s, want 200", got.status, got.body)
			}
		})
	}
}

func TestAFunctionGetsWhoHasSignedAndNotTheSignature(t *testing.T) {
	var got event
	client := signedAPI(t, func(_ context.Context, e event) (response, error) {
		got = e
		return response{StatusCode: http.StatusOK}, nil
	})
	r := request(t, http.MethodGet, "/x/a", "")
	r.Header.Set("X-Api-Key", "key")
	by{}.sign(t, r)
	do(t, client, r)
	want := events.APIGatewayRequestIdentity{
		AccessKey: "local", AccountID: "000000000000", Caller: "local", User: "local", UserArn: "arn:aws:iam::000000000000:user/local",
		APIKey: "key", SourceIP: "127.0.0.1", UserAgent: r.UserAgent(),
	}
	if diff := cmp.Diff(want, got.RequestContext.Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if header, ok := got.Headers["Authorization"]; ok || got.MultiValueHeaders["Authorization"] != nil {
		t.Errorf("the function gets the header Authorization: %s", header)
	}
}
