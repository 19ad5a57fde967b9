package table_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// withItems runs a test with the table of a stack, and with n items that are not stored and have a prediction.
func withItems(t *testing.T, n int, test func(*testing.T, *stacktest.Stack, *table.Table, []item.Item)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, nil, t.Output())
		var all []item.Item
		for i := range n {
			m := sample.Nth(i)
			all = append(all, item.Item{ID: m.ID(), Measurements: m, CreatedAt: "2026-11-28T10:00:00.000Z", Prediction: &item.Prediction{
				Target: "a", Probability: 0.75, ModelVersion: "2026-11-23.01", ClassifiedAt: "2026-11-28T10:00:01.000Z",
			}})
		}
		test(t, s, table.New(s.Config.FunctionAWS("EnricherFunction"), s.Ref(s.Names.Table)), all)
	})
}

func TestABatchWritesAllThatASingleCallWrites(t *testing.T) {
	withItems(t, 3, func(t *testing.T, _ *stacktest.Stack, items *table.Table, all []item.Item) {
		errs := append(items.CreateBatch(t.Context(), all[:2]), items.CreateBatch(t.Context(), all[2:])...)
		errs = append(errs, items.WritePredictions(t.Context(), all[:2])...)
		errs = append(errs, items.WritePredictions(t.Context(), all[2:])...)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for i, want := range all {
			got, err := items.Get(t.Context(), want.ID)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("item %d: %v (-want +got):\n%s", i, err, diff)
			}
		}
	})
}

// What a condition forbids is an answer like another: nobody has to write the item alone, or to look why
// DynamoDB refuses something.
func TestAConditionThatIsNotMetIsDecidedInTheBatch(t *testing.T) {
	withItems(t, 4, func(t *testing.T, s *stacktest.Stack, items *table.Table, all []item.Item) {
		want := func(when string, errs []error, wanted ...error) {
			t.Helper()
			for i, err := range errs {
				if !errors.Is(err, wanted[i]) || errors.Is(err, table.ErrRefused) {
					t.Errorf("%s, item %d: %v, want %v", when, i, err, wanted[i])
				}
			}
		}
		want("stored", items.CreateBatch(t.Context(), all[:3]), nil, nil, nil)
		want("one is there", items.CreateBatch(t.Context(), all[2:]), table.ErrExists, nil)
		want("classified", items.WritePredictions(t.Context(), all[:2]), nil, nil)
		older, newer := *all[0].Prediction, *all[1].Prediction
		older.ModelVersion, newer.ModelVersion = "2026-11-22.99", "2026-11-23.02"
		again := []item.Item{{ID: all[0].ID, Prediction: &older}, {ID: all[1].ID, Prediction: &newer}, all[2]}
		want("by other versions", items.WritePredictions(t.Context(), again), table.ErrSuperseded, table.ErrUndecided, nil)
		want("by the same version", items.WritePredictions(t.Context(), all[:3]), table.ErrSuperseded, table.ErrSuperseded, table.ErrSuperseded)
		superseded, ok := errors.AsType[*table.SupersededError](items.WritePredictions(t.Context(), again)[0])
		if !ok || superseded.Item.CreatedAt != all[0].CreatedAt || *superseded.Item.Prediction != *all[0].Prediction {
			t.Errorf("the item that is there is %+v", superseded)
		}
		if n := s.Calls("EnricherFunction", "DynamoDB.PutItem") + s.Calls("EnricherFunction", "DynamoDB.UpdateItem"); n != 0 {
			t.Errorf("%d items were written alone", n)
		}
	})
}

// answersStatements lets DynamoDB answer each statement with an error.
func answersStatements(code string) stacktest.Fault {
	return func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if operation != "DynamoDB.BatchExecuteStatement" {
			return next.RoundTrip(r)
		}
		return stacktest.Statements(r, next, func(string) string { return code })
	}
}

// The SDK does not repeat a statement that was throttled. These attempts are as many as those of a call. The waits
// are those after an error, up to 50 ms and up to 100 ms: the SDK does not know the codes of statements.
func TestAThrottledStatementIsTriedThreeTimes(t *testing.T) {
	for name, test := range map[string]struct {
		time  time.Duration // until the context ends
		calls int
		least time.Duration // that it takes
		most  time.Duration
	}{
		"with time":                        {time.Hour, 3, 0, 150 * time.Millisecond},
		"until the context ends in a wait": {time.Nanosecond, 1, time.Nanosecond, time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stacktest.Build(t, nil, answersStatements("ThrottlingError"), t.Output())
				items := table.New(s.Config.FunctionAWS("EnricherFunction"), s.Ref(s.Names.Table))
				ctx, cancel := context.WithTimeout(t.Context(), test.time)
				defer cancel()
				start := time.Now()
				errs := items.CreateBatch(ctx, []item.Item{{ID: "1"}, {ID: "2"}})
				took := time.Since(start)
				if calls := s.Calls("EnricherFunction", "DynamoDB.BatchExecuteStatement"); calls != test.calls || took < test.least || took > test.most {
					t.Errorf("%d calls in %s, want %d in %s to %s", calls, took, test.calls, test.least, test.most)
				}
				if len(errs) != 2 {
					t.Errorf("%d errors of two items", len(errs))
				}
				for _, err := range errs {
					if !strings.Contains(fmt.Sprint(err), "ThrottlingError") {
						t.Errorf("%v, want what DynamoDB said", err)
					}
				}
			})
		})
	}
}

// The second repetition has one statement of the first, which had two of five.
func TestOnlyWhatWasThrottledIsRepeatedUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := map[string]int{"b": 1, "d": 2} // so often a statement about an item is throttled
		var calls []string
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if operation != "DynamoDB.BatchExecuteStatement" {
				return next.RoundTrip(r)
			}
			about := ""
			response, err := stacktest.Statements(r, next, func(statement string) string {
				for _, id := range []string{"a", "b", "c", "d", "e"} {
					if !strings.Contains(statement, strings.Repeat(id, 32)) {
						continue
					}
					about += id
					if left[id]--; left[id] >= 0 {
						return "ThrottlingError"
					}
				}
				return ""
			})
			calls = append(calls, about)
			return response, err
		}, t.Output())
		items := table.New(s.Config.FunctionAWS("EnricherFunction"), s.Ref(s.Names.Table))
		var some []item.Item
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			some = append(some, item.Item{ID: strings.Repeat(id, 32)})
		}
		err := errors.Join(items.CreateBatch(t.Context(), some)...)
		if diff := cmp.Diff([]string{"abcde", "bd", "d"}, calls); diff != "" || err != nil {
			t.Errorf("items in the calls (-want +got):\n%s%v", diff, err)
		}
	})
}

// Whoever reads the log has to find the item.
func TestAnErrorOfABatchNamesTheItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, answersStatements("ValidationError"), t.Output())
		items := table.New(s.Config.FunctionAWS("EnricherFunction"), s.Ref(s.Names.Table))
		some := []item.Item{
			{ID: "1", Prediction: &item.Prediction{}},
			{ID: "2", Prediction: &item.Prediction{}},
		}
		for i, err := range append(items.CreateBatch(t.Context(), some), items.WritePredictions(t.Context(), some)...) {
			if want := "item " + some[i%2].ID; !errors.Is(err, table.ErrRefused) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ValidationError") {
				t.Errorf("%v, want a refusal that names %s", err, want)
			}
		}
	})
}

func TestAStatementsErrorSaysWhatDynamoDBSays(t *testing.T) {
	items, calls := answering(200, `{"Responses":[{"Error":{"Code":"ValidationError","Message":"no such attribute"}},{}]}`)
	errs := items.CreateBatch(t.Context(), []item.Item{{ID: "1"}, {ID: "2"}})
	refused, ok := errors.AsType[smithy.APIError](errs[0])
	if !ok || refused.ErrorCode() != "ValidationError" || refused.ErrorMessage() != "no such attribute" || errs[1] != nil {
		t.Errorf("%v, want what DynamoDB says of the first alone", errs)
	}
	if want := "store item 1: batch refused: to be written alone: ValidationError: no such attribute"; errs[0].Error() != want {
		t.Errorf("%v, want %s", errs[0], want)
	}
	if len(calls.Requests) != 1 {
		t.Errorf("%d calls, want one: the same statement would be refused again", len(calls.Requests))
	}
}

// What becomes of a call as a whole becomes of each of its statements.
func TestABatchThatFailsFailsForEachItem(t *testing.T) {
	for name, test := range map[string]struct {
		status         int
		id, answer     string
		refused, retry bool
		says           string
	}{
		"refused":                  {400, "1", `{"__type":"com.amazon.coral.validate#ValidationException"}`, true, false, "ValidationException"},
		"throttled":                {400, "1", `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`, false, true, "ThrottlingException"},
		"failed":                   {500, "1", `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`, false, true, "InternalServerError"},
		"answered by a proxy":      {200, "", `{"Responses":[{},{}]}`, false, false, awsclient.ErrNoAnswer.Error()},
		"an answer is missing":     {200, "1", `{"Responses":[{}]}`, true, false, "1 answers to 2 statements"},
		"there is one answer more": {200, "1", `{"Responses":[{},{},{}]}`, true, false, "3 answers to 2 statements"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				items, calls := answering(test.status, test.answer)
				calls.RequestID = test.id
				some := []item.Item{{ID: "1", Prediction: &item.Prediction{}}, {ID: "2", Prediction: &item.Prediction{}}}
				for i, err := range append(items.CreateBatch(t.Context(), some), items.WritePredictions(t.Context(), some)...) {
					if err == nil || errors.Is(err, table.ErrRefused) != test.refused || !strings.Contains(err.Error(), "item "+some[i%2].ID) || !strings.Contains(err.Error(), test.says) {
						t.Errorf("%v, want an error that names item %s and %s; refused: %t", err, some[i%2].ID, test.says, test.refused)
					}
				}
				if attempts := map[bool]int{true: 6, false: 2}[test.retry]; len(calls.Requests) != attempts {
					t.Errorf("%d attempts of two calls, want %d", len(calls.Requests), attempts)
				}
			})
		})
	}
}

// One of several may have made the call panic, so each gets a call of its own. One alone did it itself.
func TestAfterAPanicSeveralElementsAreWrittenAlone(t *testing.T) {
	panicked := errors.New("panic")
	for n, want := range map[int][]error{1: {panicked}, 2: {table.ErrUndecided, table.ErrUndecided}} {
		if got := table.Panicked(panicked, n); !cmp.Equal(got, want, cmpopts.EquateErrors()) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}

func TestWhatItsGroupLeavesUndecidedIsWrittenAlone(t *testing.T) {
	for name, test := range map[string]struct {
		err     error // of the second of three elements, in its group
		alone   [][]string
		refused []error
	}{
		"nothing":             {nil, nil, nil},
		"a failure":           {errors.New("throttled"), nil, nil},
		"undecided":           {table.ErrUndecided, [][]string{{"b"}}, nil},
		"refused by DynamoDB": {table.ErrRefused, [][]string{{"b"}}, []error{table.ErrRefused}},
	} {
		t.Run(name, func(t *testing.T) {
			errs := map[string]error{}
			var mu sync.Mutex
			var alone [][]string
			write := func(some []string) {
				mu.Lock()
				defer mu.Unlock()
				if len(some) == 1 {
					alone = append(alone, some)
				}
				for _, element := range some {
					errs[element] = nil
					if element == "b" && len(some) > 1 {
						errs[element] = test.err
					}
				}
			}
			refused := table.Write([][]string{{"c", "d"}, {"a", "b"}}, write, func(element string) error {
				mu.Lock()
				defer mu.Unlock()
				return errs[element]
			})
			if !cmp.Equal(refused, test.refused, cmpopts.EquateErrors()) || !cmp.Equal(alone, test.alone, cmpopts.EquateEmpty()) {
				t.Errorf("refused %v, want %v; written alone %v, want %v", refused, test.refused, alone, test.alone)
			}
			if errs["b"] != nil && test.alone != nil {
				t.Errorf("the error of the group is left: %v", errs["b"])
			}
		})
	}
}

func TestWhatIsWrittenAloneDoesNotWaitForOtherGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone := make(chan struct{})
		table.Write([][]string{{"c", "d"}, {"a", "b"}}, func(some []string) {
			switch {
			case len(some) == 1:
				close(alone)
			case some[0] == "c": // it hangs
				<-alone
			}
		}, func(element string) error { return map[string]error{"b": table.ErrUndecided}[element] })
	})
}

func TestReasonsAreInTheOrderOfTheGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := map[string]error{"c": table.ErrRefused, "b": fmt.Errorf("%w: too long", table.ErrRefused)}
		refused := table.Write([][]string{{"c", "d"}, {"a", "b"}}, func(some []string) {
			if some[0] == "c" {
				time.Sleep(time.Second)
			}
		}, func(element string) error { return errs[element] })
		if want := []error{errs["c"], errs["b"]}; !slices.Equal(refused, want) {
			t.Errorf("refused %v, want %v", refused, want)
		}
	})
}

// With this many, the groups' goroutines run side by side long enough to get in each other's way.
func TestNothingThatManyGroupsLeaveUndecidedIsLost(t *testing.T) {
	const groups, size = 400, 25
	all := make([][]int, groups)
	alone := make([]bool, groups*size)
	for i := range alone {
		all[i/size] = append(all[i/size], i)
	}
	refused := table.Write(all, func(some []int) {
		if len(some) == 1 {
			alone[some[0]] = true
		}
	}, func(int) error { return table.ErrRefused })
	if lost := slices.Index(alone, false); lost >= 0 || len(refused) != groups*size {
		t.Errorf("%d of %d are refused; number %d is not written alone", len(refused), groups*size, lost)
	}
}
