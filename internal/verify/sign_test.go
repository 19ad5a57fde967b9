package verify

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"simple-sam-demo/internal/names"
)

var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=local/\d{8}/us-east-1/execute-api/aws4_request, SignedHeaders=[-a-z;]*host[-a-z;]*, Signature=[0-9a-f]{64}$`)

// demandingSignatures answers as API Gateway does with the authorization AWS_IAM, which it checks
// before the key. It does not check whether a signature is right.
func demandingSignatures(next http.RoundTripper, exempt func(*http.Request) bool) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if !signature.MatchString(r.Header.Get("Authorization")) && !exempt(r) {
			return &http.Response{StatusCode: http.StatusForbidden, Body: io.NopCloser(strings.NewReader(`{"message":"Missing Authentication Token"}`)), Request: r}, nil
		}
		return next.RoundTrip(r)
	})
}

func TestRequestsAreSignedWhereTheAPIDemandsIt(t *testing.T) {
	nobody := func(*http.Request) bool { return false }
	for name, test := range map[string]struct {
		flags  []string
		exempt func(*http.Request) bool
		fail   []string
		want   string
	}{
		"without a key":     {nil, nobody, nil, ""},
		"with a key":        {[]string{"-api-key", "secret"}, nobody, nil, ""},
		"but for one route": {[]string{"-api-key", "secret"}, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/batch") }, []string{"key"}, names.Batch() + " without a signature is answered 400"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, nil, nil)
				if test.flags != nil {
					b.api = demanding(b.api, "secret", nobody)
				}
				b.api = demandingSignatures(b.api, test.exempt)
				got := b.verify(t.Context(), t, append(test.flags, "-only", allButTheDataSet)...)
				names, seen := got.failing()
				if !slices.Equal(names, test.fail) || !strings.Contains(seen, test.want) {
					t.Errorf("%v fail, want %v with %q: %s", names, test.fail, test.want, seen)
				}
			})
		})
	}
}
