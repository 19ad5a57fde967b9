package writer_test

import (
	"testing"
	"testing/synctest"

	"simple-sam-demo/local/stacktest"
)

// The answers that this project has given from its first version on, in exact words.
func TestTheAnswersToFlowersAreAsEver(t *testing.T) {
	with := func(petalWidth string) string {
		return `{"sepal_length":"5.1","sepal_width":"3.5","petal_length":"1.4","petal_width":` + petalWidth + `}`
	}
	const (
		unparsable = "Invalid body: can't parse petal_width to float."
		outOfRange = "Invalid body: petal_width must be over 0 and at most 100 cm."
		notObject  = "Invalid body: expected a JSON object."
		id         = "7a28b976958cde0e54a2c90da2b25da4"
	)
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, nil, nil)
		for _, test := range []struct {
			body string
			want int
			text string
		}{
			{"", 400, "Invalid body: body is empty."},
			{"{", 400, "Invalid body: can't decode body."},
			{`{"sepal_length":1,"sepal_width":1,"petal_length":1}`, 400, "Invalid body: missing key petal_width in body."},
			{with(`"abc"`), 400, unparsable},
			{with(`null`), 400, unparsable},
			{with(`true`), 400, unparsable},
			{with(`"1_0"`), 400, unparsable},
			{with(`"0x1p-2"`), 400, unparsable},
			{with(`[]`), 400, unparsable},
			{with(`{}`), 400, unparsable},
			{with(`"nan"`), 400, unparsable},
			{with(`"inf"`), 400, unparsable},
			{with(`0`), 400, outOfRange},
			{with(`-0.2`), 400, outOfRange},
			{with(`100.1`), 400, outOfRange},
			{"5", 400, notObject},
			{"null", 400, notObject},
			{"[1,2]", 400, notObject},
			{with(`1,"note":"x"`), 400, "Invalid body: unknown key note in body."},
			{with(`1,"pred_target":"setosa"`), 400, "Invalid body: unknown key pred_target in body."},
			{`{"sepal_length":1,"sepal_width":1,"petal_width":"abc"}`, 400, "Invalid body: missing key petal_length in body. can't parse petal_width to float."},
			{with(`"0.2"`), 201, "Item created."},
		} {
			got := s.Request(t, "POST", "/v0/iris", test.body)
			if got.Status != test.want || got.Body["message"] != test.text {
				t.Errorf("%s: answered %d %v, want %d %q", test.body, got.Status, got.Body, test.want, test.text)
			}
		}
		for _, same := range []string{with("0.2"), with(`".20"`), `{"petal_width":0.20,"petal_length":1.4,"sepal_width":35e-1,"sepal_length":"05.1"}`} {
			if got := s.Request(t, "POST", "/v0/iris", same); got.Status != 200 || got.Body["id"] != id {
				t.Errorf("%s: answered %d %v, want 200 and the id %s", same, got.Status, got.Body, id)
			}
		}
	})
}
