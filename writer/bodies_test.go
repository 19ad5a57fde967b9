package writer_test

import (
	"strings"
	"testing"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/writer"
)

// The item of the tests that need only one, as a client posts it.
var (
	example   = sample.Texts(sample.Example())
	exampleID = sample.Example().ID()
)

// last is the feature whose value [with] replaces.
var last = item.Features[len(item.Features)-1]

// with returns the example with another value of the last feature.
func with(value string) string {
	before, _, _ := strings.Cut(example, `"`+last.Name+`":`)
	return before + `"` + last.Name + `":` + value + "}"
}

// plus returns the example with one member more.
func plus(member string) string { return strings.TrimSuffix(example, "}") + "," + member + "}" }

// without returns the example without its last feature.
func without() string {
	before, _, _ := strings.Cut(example, `"`+last.Name+`":`)
	return strings.TrimSuffix(before, ",") + "}"
}

// number is a number as it stands in JSON.
func number(f float64) string { return item.FormatNumber(f) }

// objects returns a body of the first n items.
func objects(n int) string {
	elements := make([]string, n)
	for i := range elements {
		elements[i] = sample.Object(sample.Nth(i))
	}
	return batch(elements...)
}

func batch(elements ...string) string { return "[" + strings.Join(elements, ",") + "]" }

// newHandler returns a writer that uses the table and the queue of a stack.
func newHandler(t testing.TB, s *stacktest.Stack) *writer.Handler {
	t.Helper()
	env := map[string]string{"TABLE_NAME": s.Ref(s.Names.Table), "QUEUE_URL": s.Ref("EnrichQueue")}
	h, err := writer.New(func(name string) string { return env[name] }, s.Config.FunctionAWS("WriterFunction"), s.Config.Log)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
