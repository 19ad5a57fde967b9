package writer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"pgregory.net/rapid"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

// Lambda answers for at most 6 MB; what a client may make it repeat is far below.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxAnswer = 1_000_000 // bytes, as the function hands it over

// Whatever a client sends, up to API Gateway's 10 MB, is answered shortly, and never 5xx.
func TestNoInputMakesALongAnswer(t *testing.T) {
	s := stacktest.Build(t, nil, nil, io.Discard)
	h := newHandler(t, s)
	check := func(t rapid.TB, resource, body string) {
		answer, err := h.Handle(context.Background(), events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: resource, Body: body})
		payload, _ := json.Marshal(answer)
		if err != nil || len(payload) >= maxAnswer || answer.StatusCode >= 500 {
			t.Fatalf("%d bytes to %s are answered %d with %d bytes, %v", len(body), resource, answer.StatusCode, len(payload), err)
		}
	}
	batch := names.Batch()
	check(t, batch, "["+example+strings.Repeat(`,{"`+strings.Repeat("<", 65_000)+`":1}`, 16)+"]") // it was answered with 7 MB
	check(t, batch, "["+example+strings.Repeat(`,{"`+strings.Repeat(`\u0000`, 1_700)+`":1}`, 99)+"]")
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.SampledFrom([]string{names.Items(), batch}).Draw(t, "resource"), hostileBody(t))
	})
}

// hostileBody draws a body of up to 10 MB whose keys are many, long, or both, alone or in a
// batch.
func hostileBody(t *rapid.T) string {
	limit := rapid.SampledFrom([]int{100, 64 << 10, 1 << 20, 10 << 20}).Draw(t, "limit")
	elements := rapid.SampledFrom([]int{0, 1, 99, 100, 101, 5000}).Draw(t, "elements")
	room := limit / max(elements, 1)
	// Characters that take more room in JSON, and in JSON in JSON, than they take here.
	character := rapid.SampledFrom([]string{"a", "‹", "<", `\"`, `\\`, `\u0000`, "\u2028", "🌸", "\xff", `\ud800`}).Draw(t, "character")
	key := rapid.IntRange(0, max(room/len(character), 1)).Draw(t, "key length")
	var object strings.Builder
	object.WriteString("{")
	for n := 0; object.Len() < room && n < 20_000; n++ {
		if n > 0 {
			object.WriteString(",")
		}
		fmt.Fprintf(&object, `"%s%d":1`, strings.Repeat(character, key), n)
	}
	object.WriteString("}")
	if elements == 0 {
		return object.String()
	}
	body := "[" + strings.Repeat(object.String()+",", elements) + "{}]"
	return body[:min(len(body), 10<<20)]
}
