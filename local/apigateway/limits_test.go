package apigateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestTheEventMustFitIntoSixMegabytes(t *testing.T) {
	const limit = 6 << 20
	client := api("", route{"POST", "/x", function(t, func(_ context.Context, e event) (response, error) {
		return response{StatusCode: http.StatusOK, Body: fmt.Sprint(len(e.Body))}, nil
	})})
	for name, test := range map[string]struct {
		body    string
		tooLong bool
	}{
		"a body with room for the rest of the event":          {strings.Repeat("x", limit-4096), false},
		"a body as long as the event may be":                  {strings.Repeat("x", limit), true},
		"a body of quotes, which take two bytes in the event": {strings.Repeat(`"`, limit/2), true},
		"a body of characters that have a meaning in HTML":    {strings.Repeat("<", limit-4096), false},
		"a body that is not text, which grows by a third":     {strings.Repeat("\xff", 5<<20), true},
		"a body as long as API Gateway takes any":             {strings.Repeat("x", 10<<20), true},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, client, request(t, http.MethodPost, "/x", test.body))
			if test.tooLong {
				wantMessage(t, got, http.StatusRequestEntityTooLarge, "Request Too Long")
				if kind := got.header.Get("X-Amzn-Errortype"); kind != "BadRequestException" {
					t.Errorf("the kind of error is %q", kind)
				}
			} else if got.status != http.StatusOK || got.body != fmt.Sprint(len(test.body)) {
				t.Errorf("got %d %.100s, want all of the body", got.status, got.body)
			}
		})
	}
}

func TestABodyOverTenMegabytesIsRefusedWithATextOfItsOwn(t *testing.T) {
	client := api("secret", route{"POST", "/x", function(t, names)})
	for _, path := range []string{"/x", "/nowhere"} {
		got := do(t, client, request(t, http.MethodPost, path, strings.Repeat("x", 10<<20+1)))
		if got.status != http.StatusRequestEntityTooLarge || got.body != "HTTP content length exceeded 10485760 bytes." {
			t.Errorf("%s: got %d %.100s", path, got.status, got.body)
		}
		if kind := got.header.Get("Content-Type"); kind != "text; charset=utf-8" || got.header.Get("X-Amzn-Requestid") != "" {
			t.Errorf("%s: headers %v", path, got.header)
		}
	}
}
