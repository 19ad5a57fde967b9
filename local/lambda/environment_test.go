package lambda_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/local/lambda"
)

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func TestTheNextInvocationGetsTheSameEnvironmentUnlessThatHasCrashed(t *testing.T) {
	for name, test := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var starts, last atomic.Int32
				f := function(t, func() (any, error) {
					environment := starts.Add(1)
					return func(ctx context.Context, first bool) error {
						last.Store(environment)
						if first {
							return test.handle(ctx)
						}
						return nil
					}, nil
				})
				_, _ = f.Invoke("", []byte("true"))
				if _, err := f.Invoke("", []byte("false")); err != nil {
					t.Errorf("the next invocation: %v", err)
				}
				want := map[bool]int32{true: 1, false: 2}[test.reused]
				if starts.Load() != want || last.Load() != want {
					t.Errorf("the next invocation ran in environment %d of %d, want number %d", last.Load(), starts.Load(), want)
				}
			})
		})
	}
}

func TestAFunctionThatCanNotStartCrashesAndIsStartedAgain(t *testing.T) {
	for name, fail := range map[string]func() (any, error){
		"for an error": func() (any, error) { return nil, errors.New("TABLE_NAME is not set") },
		"for a panic":  func() (any, error) { panic("TABLE_NAME is not set") },
	} {
		t.Run(name, func(t *testing.T) {
			starts := 0
			f := function(t, func() (any, error) {
				if starts++; starts == 1 {
					return fail()
				}
				return func() error { return nil }, nil
			})
			_, err := f.Invoke("", []byte("{}"))
			wantFailure(t, err, lambda.Crashed, "TABLE_NAME is not set")
			if _, err := f.Invoke("", []byte("{}")); err != nil {
				t.Errorf("the next invocation: %v", err)
			}
		})
	}
}

func TestConcurrentInvocationsDoNotShareAnEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		var starts atomic.Int32
		f := function(t, func() (any, error) {
			starts.Add(1)
			var busy atomic.Bool
			return func() error {
				if !busy.CompareAndSwap(false, true) {
					t.Error("two invocations are in one environment")
				}
				wait(time.Second)
				busy.Store(false)
				return nil
			}, nil
		})
		for range 2 { // the second time, all environments are there
			var running sync.WaitGroup
			for range n {
				running.Go(func() {
					if _, err := f.Invoke("", []byte("{}")); err != nil {
						t.Error(err)
					}
				})
			}
			running.Wait()
		}
		if got := starts.Load(); got != n {
			t.Errorf("%d environments were started for %d invocations at a time, want as many", got, n)
		}
	})
}

func TestAColdStartIsNotPartOfTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := function(t, func() (any, error) {
			wait(2 * timeout)
			return func() error { wait(time.Second); return nil }, nil
		})
		start := time.Now()
		if _, err := f.Invoke("", []byte("{}")); err != nil || time.Since(start) != 2*timeout+time.Second {
			t.Errorf("it took %s (error %v), want 7s", time.Since(start), err)
		}
	})
}

func TestAColdStartHoldsUpNobody(t *testing.T) {
	var starts atomic.Int32
	starting, started := make(chan struct{}), make(chan struct{})
	finish := make(chan struct{})
	f := function(t, func() (any, error) {
		if starts.Add(1) == 2 {
			close(starting)
			<-started
		}
		return func() error { <-finish; return nil }, nil
	})
	invoke := func() <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := f.Invoke("", []byte("{}"))
			done <- err
		}()
		return done
	}
	first := invoke()
	second := invoke()
	<-starting
	finish <- struct{}{} // for the one whose environment was the first
	select {
	case <-first:
	case <-second:
	case <-time.After(10 * time.Second):
		t.Error("the invocation that was running did not end during the cold start")
	}
	close(started)
	close(finish)
}
