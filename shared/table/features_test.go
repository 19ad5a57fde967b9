package table_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// request is a call of DynamoDB: its operation, and all expressions and statements in it.
type request struct {
	operation string
	texts     []string
}

// record returns the requests that DynamoDB gets by these calls, for four items.
func record(t *testing.T, call func(t *testing.T, items *table.Table, some []item.Item)) (requests []request) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Build(t, nil, func(_, operation string, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			var members any
			if err := json.Unmarshal(body, &members); err != nil {
				t.Error(err)
			}
			requests = append(requests, request{operation, texts(members)})
			r.Body = io.NopCloser(bytes.NewReader(body))
			return next.RoundTrip(r)
		}, t.Output())
		items := table.New(s.Config.FunctionAWS("WriterFunction"), s.Ref(s.Names.Table))
		var all []item.Item
		for n := range 4 {
			m := sample.Nth(n)
			all = append(all, item.Item{ID: m.ID(), Measurements: m, Prediction: &item.Prediction{Target: "a", ModelVersion: "2026-11-23.01"}})
		}
		call(t, items, all)
	})
	return requests
}

// makeEveryCall makes every call of package table.
func makeEveryCall(t *testing.T, items *table.Table, all []item.Item) {
	t.Helper()
	errs := append(items.CreateBatch(t.Context(), all[:2]), items.Create(t.Context(), all[2]), items.Create(t.Context(), all[3]))
	errs = append(errs, items.WritePredictions(t.Context(), all[:2])...)
	errs = append(errs, items.WritePrediction(t.Context(), all[2].ID, *all[2].Prediction))
	errs = append(errs, items.MarkFailed(t.Context(), all[3].ID, "2026-11-23.01", item.Failure{Code: item.InvalidItem}))
	one, err := items.Get(t.Context(), all[0].ID)
	if one.Measurements != all[0].Measurements {
		t.Errorf("read %v, want %v", one.Measurements, all[0].Measurements)
	}
	found, _, err2 := items.GetBatch(t.Context(), []string{all[0].ID, all[2].ID})
	stacktest.Wait(time.Second) // a scan may see the table as it was
	part, err3 := items.Scan(t.Context(), "", 10)
	if len(found) != 2 || len(part.Items) != 4 {
		t.Errorf("%d items found and %d scanned, want 2 and 4", len(found), len(part.Items))
	}
	for i, err := range append(errs, err, err2, err3) {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// texts returns the expressions and statements in a request.
func texts(node any) (found []string) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			found = append(found, texts(child)...)
		}
	case map[string]any:
		for name, child := range node {
			if text, ok := child.(string); ok && (strings.HasSuffix(name, "Expression") || name == "Statement") {
				found = append(found, text)
			}
			found = append(found, texts(child)...)
		}
	}
	return found
}

// A feature may be called like a word that DynamoDB has for itself, such as size. DynamoDB refuses such
// a word in an expression, unless it is quoted in a statement, or stands behind a placeholder.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
func TestNoExpressionNamesAFeature(t *testing.T) {
	quoted := regexp.MustCompile(`'[^']*'|"[^"]*"`)
	words := regexp.MustCompile(`[:#]?\w+`)
	features := map[string]bool{}
	for _, feature := range item.Features {
		features[feature.Name] = true
	}
	expressions := 0
	for _, r := range record(t, makeEveryCall) {
		for _, text := range r.texts {
			expressions++
			for _, word := range words.FindAllString(quoted.ReplaceAllString(text, ""), -1) {
				if features[word] {
					t.Errorf("%s names the feature %s without quotes: %s", r.operation, word, text)
				}
			}
		}
	}
	if expressions < 6 {
		t.Errorf("%d expressions were looked at: expected those of the puts, the updates and the statements", expressions)
	}
}

// With more, DynamoDB would refuse every batch, and the items would be stored one by one.
func TestTheStatementOfAnItemIsNotTooLong(t *testing.T) {
	const (
		longest   = 8192 // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html
		tableName = 255  // at most: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
	)
	created := func(t *testing.T, items *table.Table, some []item.Item) { _ = items.CreateBatch(t.Context(), some) }
	for _, r := range record(t, created) {
		for _, text := range r.texts {
			if n := len(text) + tableName; n > longest {
				t.Fatalf("with %d features a statement has up to %d characters, and DynamoDB takes %d: have fewer features, or shorter names of them", len(item.Features), n, longest)
			}
		}
	}
}
