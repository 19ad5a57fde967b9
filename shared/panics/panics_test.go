package panics_test

import (
	"errors"
	"strings"
	"testing"

	"simple-sam-demo/shared/panics"
)

func trips() { panic(errors.New("tripped")) }

func TestAPanicIsAnErrorWithItsStack(t *testing.T) {
	caught, ok := errors.AsType[*panics.Error](panics.Catch(trips))
	if !ok || caught.Error() != "panic: tripped" || !strings.Contains(caught.Stack, "panics_test.trips") {
		t.Fatalf("caught %v", caught)
	}
	if !strings.HasPrefix(caught.Stack, "goroutine ") || strings.Count(caught.Stack, "\ngoroutine ") > 0 || !strings.HasSuffix(caught.Stack, "\n") {
		t.Errorf("want the whole stack of one goroutine: %q", caught.Stack)
	}
	again, ok := errors.AsType[*panics.Error](panics.Catch(func() { panic(caught) }))
	if !ok || again != caught {
		t.Errorf("caught again: %v", again)
	}
}

func TestNoPanicIsNoError(t *testing.T) {
	called := false
	if err := panics.Catch(func() { called = true }); err != nil || !called {
		t.Errorf("called: %t, error %v", called, err)
	}
}

func TestALongPanicIsCutOff(t *testing.T) {
	var deep func(n int)
	deep = func(n int) {
		if n == 0 {
			panic("why" + strings.Repeat("x", 1<<20))
		}
		deep(n - 1)
	}
	caught, _ := errors.AsType[*panics.Error](panics.Catch(func() { deep(10_000) }))
	if caught == nil {
		t.Fatal("nothing is caught")
	}
	if len(caught.Error()) != len("panic: ")+1024 || len(caught.Stack) > 64<<10 {
		t.Errorf("an error of %d bytes, a stack of %d", len(caught.Error()), len(caught.Stack))
	}
	if !strings.HasPrefix(caught.Error(), "panic: whyx") {
		t.Errorf("the error begins with %.20q", caught.Error())
	}
	// The runtime leaves out the middle of such a stack. Some 12 KiB are left.
	if !strings.HasPrefix(caught.Stack, "goroutine ") || !strings.Contains(caught.Stack, "panics_test.TestALongPanicIsCutOff(") {
		t.Errorf("the stack is not whole: it has %d bytes", len(caught.Stack))
	}
}
