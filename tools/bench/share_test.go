package main

import "testing"

func TestItemsThatAreLeftForLaterAreCounted(t *testing.T) {
	post, batch, messages := kinds[0], kinds[1], kinds[3]
	for name, test := range map[string]struct {
		kind
		answer string
		want   int
	}{
		"a POST":                      {post, `{"statusCode":201,"body":"{}"}`, 0},
		"a POST that is unavailable":  {post, `{"statusCode":503,"body":"{}"}`, 1},
		"a batch":                     {batch, `{"statusCode":200,"body":"{\"created\":97,\"existing\":1,\"failed\":2}"}`, 2},
		"a batch that is unavailable": {batch, `{"statusCode":503,"body":"{}"}`, 100},
		"messages":                    {messages, `{"batchItemFailures":[]}`, 0},
		"messages given back":         {messages, `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := test.notDone([]byte(test.answer)); err != nil || got != test.want {
				t.Errorf("%d, %v, want %d", got, err, test.want)
			}
		})
	}
	for _, answer := range []string{`{"statusCode":400,"body":"no"}`, `{"statusCode":200,"body":"{\"created\":3}"}`} {
		if _, err := batch.notDone([]byte(answer)); err == nil {
			t.Errorf("%s is no error", answer)
		}
	}
}
