package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"simple-sam-demo/shared/awsclient"
)

// A code goes to where people and clients see it. AWS's codes have letters, digits and these three signs.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func TestOnlyWhatLooksLikeACodeIsACause(t *testing.T) {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	for c := range rune(256) {
		code := "Code" + string(c)
		want := "call failed"
		if strings.ContainsRune(allowed, c) {
			want = code
		}
		if got := awsclient.Cause(&smithy.GenericAPIError{Code: code}); got != want {
			t.Errorf("the cause of %q is %q, want %q", code, got, want)
		}
		if got := awsclient.Cause(&smithy.GenericAPIError{Code: string(c) + "Code"}); (got != "call failed") != (want != "call failed") {
			t.Errorf("the cause of %q is %q", string(c)+"Code", got)
		}
	}
	for code, is := range map[string]bool{strings.Repeat("x", 100): true, strings.Repeat("x", 101): false, "UnknownError": false, "": false} {
		if got := awsclient.Cause(&smithy.GenericAPIError{Code: code}); (got == code) != is {
			t.Errorf("the cause of %q is %q", code, got)
		}
	}
}

func TestTheCauseOfAnAnswerWithoutACodeIsItsStatus(t *testing.T) {
	for status, want := range map[int]string{
		299: "call failed", 300: "answered HTTP 300 without an error code", 404: "answered HTTP 404 without an error code",
	} {
		err := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: errors.New("a page")}
		if got := awsclient.Cause(err); got != want {
			t.Errorf("answered %d: the cause is %q, want %q", status, got, want)
		}
	}
	if got := awsclient.Cause(fmt.Errorf("read: %w", awsclient.ErrNoAnswer)); got != "unreadable answer" {
		t.Errorf("the cause of an answer that says nothing is %q", got)
	}
}

func TestATimeoutIsOneWhoeverNoticesIt(t *testing.T) {
	for name, err := range map[string]error{
		"the context":               fmt.Errorf("call: %w", context.DeadlineExceeded),
		"the connection":            &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded},
		"the context, in a look-up": &net.DNSError{UnwrapErr: context.DeadlineExceeded},
		"who reads the answer":      &smithy.DeserializationError{Err: context.DeadlineExceeded},
	} {
		if !awsclient.TimedOut(err) || awsclient.Cause(err) != "timed out" {
			t.Errorf("%s: %v has the cause %q", name, err, awsclient.Cause(err))
		}
	}
	for _, err := range []error{nil, context.Canceled, errors.New("timeout"), &net.OpError{Op: "read", Err: errors.New("reset")}} {
		if awsclient.TimedOut(err) {
			t.Errorf("%v counts as a timeout", err)
		}
	}
}
