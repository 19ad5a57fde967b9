package enricher_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/lambda"
	"simple-sam-demo/local/stacktest"
)

// The items that are there before each event.
var (
	pending = example
	spoiled = sample.Nth(1) // one of its measurements is a word
	newer   = sample.Nth(2) // classified by a newer model
)

// FuzzEvent sends any payload. Of a well-formed event every message is dealt with, or
// listed to come back; and no other is listed.
func FuzzEvent(f *testing.F) {
	samples, err := filepath.Glob(filepath.Join(stacktest.Root(f), "events", "enricher-*.json"))
	if err != nil || len(samples) == 0 {
		f.Fatal(samples, err)
	}
	for _, sample := range samples {
		payload, err := os.ReadFile(sample)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	for _, payload := range []string{"", "null", "{}", "[]", `{"Records":null}`, `{"Records":[{}]}`, `{"Records":[{"body":5}]}`, `{"Records":[]} {`, `{"Records":[{},{},{},{"body":"x"},{"body":"x"}]}`} {
		f.Add([]byte(payload))
	}
	for _, attributes := range []string{
		`{}`, `{"ApproximateReceiveCount":"0"}`, `{"ApproximateReceiveCount":"-9"}`, `{"ApproximateReceiveCount":"99999999999999999999"}`,
		`{"SentTimestamp":"9223372036854775807"}`, `{"SentTimestamp":"-9223372036854775808"}`, `{"ApproximateReceiveCount":"4","SentTimestamp":"99999999999999"}`,
	} {
		f.Add([]byte(`{"Records":[{"messageId":"1","body":"{\"id\":\"00000000000000000000000000000000\"}","attributes":` + attributes + `}]}`))
	}
	e := newFuzzed(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var event events.SQSEvent
		wellFormed := json.NewDecoder(bytes.NewReader(payload)).Decode(&event) == nil // as aws-lambda-go does
		if !wellFormed {
			if _, err := e.function.Invoke("", payload); !isReturned(err) {
				t.Fatalf("what is no event gives %v, want an error of the wrapper", err)
			}
			return
		}
		synctest.Test(t, func(t *testing.T) {
			e.check(t, event, e.invoke(t, payload))
		})
	})
}

func isReturned(err error) bool {
	e, ok := errors.AsType[*lambda.Error](err)
	return ok && e.Kind == lambda.Returned
}

// FuzzMessage sends one message of any body, receive count and age in seconds, with a
// good one behind it: the one ends as docs/design.md says, the other is classified.
func FuzzMessage(f *testing.F) {
	for _, id := range []string{pending.ID(), spoiled.ID(), newer.ID(), "00000000000000000000000000000000", "x"} {
		f.Add(message(id), 1, int32(0))
		f.Add(message(id), 4, int32(19))
		f.Add(message(id), 5, int32(19))
		f.Add(message(id), 5, int32(20))
	}
	for _, body := range []string{"", "\x00", "\xff", "null", "[]", `{}`, `{"id":null}`, `{"id":5}`, `{"id":"` + pending.ID() + `"}x`, `{"ID":"` + pending.ID() + `"}`, `{"id":"x","a":{"id":[1]},"id":"` + pending.ID() + `"}`, `{"a":{"id":[1]},"b":"id","id":"` + pending.ID() + `"}`, strings.ToUpper(message(pending.ID()))} {
		f.Add(body, 0, int32(-1))
	}
	e := newFuzzed(f)
	f.Fuzz(func(t *testing.T, body string, receiveCount int, age int32) {
		synctest.Test(t, func(t *testing.T) {
			event := events.SQSEvent{Records: []events.SQSMessage{
				{MessageId: "any", ReceiptHandle: "h", Body: body, Attributes: map[string]string{
					"ApproximateReceiveCount": strconv.Itoa(receiveCount),
					"SentTimestamp":           strconv.FormatInt(time.Now().Add(-time.Duration(age)*time.Second).UnixMilli(), 10),
				}},
				{MessageId: "good", ReceiptHandle: "h", Body: message(pending.ID())},
			}}
			payload, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			answer := e.invoke(t, payload)
			// What is not UTF-8 in the body is replaced on the way.
			if err := json.Unmarshal(payload, &event); err != nil {
				t.Fatal(err)
			}
			fates := e.check(t, event, answer)
			if want := fateOf(event.Records[0].Body, receiveCount, age); fates[0] != want {
				t.Errorf("%q, received %d times and %d s old: %q, want %q", body, receiveCount, age, fates[0], want)
			}
			if fates[1] != "settled" {
				t.Errorf("beside %q the good message is %q", body, fates[1])
			}
		})
	})
}

// orphanAge is the writer's timeout and the margin of docs/design.md.
const orphanAge = 20 * time.Second

// fateOf is the table of docs/design.md, as far as a message alone decides.
func fateOf(body string, receiveCount int, age int32) string {
	id := idOf(body)
	switch {
	case id == "" && !sqsTakes.MatchString(body):
		return "retry"
	case id == "":
		return "MalformedMessage"
	case id == pending.ID(), id == newer.ID():
		return "settled"
	case id == spoiled.ID():
		return "InvalidItem"
	case time.Duration(age)*time.Second >= orphanAge:
		return "settled"
	case receiveCount >= 5:
		return "RetriesExhausted"
	default:
		return "retry"
	}
}

var (
	hexID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// sqsTakes matches the bodies that can be in a queue, and go to another.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
	sqsTakes = regexp.MustCompile(`^[\x{9}\x{A}\x{D}\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+$`)
)

// idOf returns the id in a message, or "" when it is malformed: it has to be an object with
// the key id once.
func idOf(body string) string {
	var b map[string]any
	if json.Unmarshal([]byte(body), &b) != nil || !hexID.MatchString(fmt.Sprint(b["id"])) {
		return ""
	}
	tokens, depth, isKey, ids := json.NewDecoder(strings.NewReader(body)), 0, false, 0
	for token, err := tokens.Token(); err == nil; token, err = tokens.Token() {
		isKey = depth == 1 && !isKey // keys and values take turns
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			isKey = false
		case json.Delim('}'), json.Delim(']'):
			depth--
			isKey = false
		case "id":
			if isKey {
				ids++
			}
		}
	}
	if ids != 1 {
		return ""
	}
	return b["id"].(string)
}
