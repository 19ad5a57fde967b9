package verify

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stacktest"
)

func TestADeployedStackHolds(t *testing.T) {
	for name, put := range map[string]func(*cloud){
		"as it is":                       func(*cloud) {},
		"with metrics that come later":   func(c *cloud) { c.delay = 4 * time.Minute },
		"with log lines that come later": func(c *cloud) { c.logged = time.Minute },
		"with an alarm that has no data": func(c *cloud) { c.alarms = map[string]string{"LatencyAlarm": "INSUFFICIENT_DATA"} },
		"while others use it":            func(c *cloud) { c.before = 7; c.factor = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := startCloud(t)
				put(c)
				got := b.verify(t.Context(), t, "-api-key", "secret", "-timeout", "15m")
				if names, seen := got.failing(); got.status != 0 || len(got.LeftBehind) > 0 || len(names) > 0 {
					t.Errorf("status %d, %v fail: %s, left behind %q", got.status, names, seen, got.LeftBehind)
				}
				if seen := got.of("alarms").Seen[0]; !strings.HasSuffix(seen, " alarms, all quiet, each with an action") {
					t.Errorf("alarms: %q", seen)
				}
				for _, line := range got.Checks {
					if line.Result != holds && line.Name != "dataset" {
						t.Errorf("%+v", line)
					}
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

// A worker makes up another kind of request id, and logs elsewhere.
func TestTheLogOfAWorkerIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := startCloud(t)
		id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
		worker := regexp.MustCompile(`"request_id":{[^}]*}`)
		next := b.aws
		b.aws = roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if !isCall(r, "ReceiveMessage") {
				return response, err
			}
			return stacktest.EditAnswer(response, err, func(body []byte) []byte {
				return worker.ReplaceAllFunc(body, func(attribute []byte) []byte { return id.ReplaceAll(attribute, []byte("LQXDSPFY3FMEXK4JVEA4IRNFMS")) })
			})
		})
		row := b.verify(t.Context(), t, "-api-key", "secret", "-timeout", "15m", "-only", "logs").of("logs")
		const want = "; not the enricher's, as request LQXDSPFY3FMEXK4JVEA4IRNFMS is not Lambda's: a worker handles the messages, and logs elsewhere"
		if row.Result != holds || row.Seconds > 60 || !strings.HasSuffix(row.Seen[0], want) {
			t.Errorf("%+v, want %q", row, want)
		}
	})
}

func TestEachFaultOfADeployedStackIsNamed(t *testing.T) {
	table := "arn:aws:dynamodb:us-east-1:000000000000:table/" + names.Table()
	for name, test := range map[string]struct {
		put         func(*cloud)
		check, want string
	}{
		"metrics off":                   {func(c *cloud) { c.factor = 0 }, "metrics", "ItemsCreated is 0 in the namespace items, and 10 were caused"},
		"metrics twice":                 {func(c *cloud) { c.factor = 2 }, "metrics", "ItemsCreated is 20 in the namespace items, and 10 were caused"},
		"metrics of one function off":   {func(c *cloud) { c.off = []string{"ItemsClassified", "ItemsFailed"} }, "metrics", "ItemsClassified is 0 in the namespace items, and 11 were caused\nItemsFailed is 0"},
		"metrics far too late":          {func(c *cloud) { c.delay = time.Hour }, "metrics", "ItemsFailed is 0 in the namespace items, and 2 were caused"},
		"an alarm":                      {func(c *cloud) { c.alarms = map[string]string{"WriterErrorsAlarm": "ALARM"} }, "alarms", "alarm WriterErrorsAlarm has gone off: Threshold Crossed"},
		"no alarm":                      {func(c *cloud) { c.alarms = map[string]string{"LatencyAlarm": "gone"} }, "alarms", "alarm LatencyAlarm of the stack is not there"},
		"an alarm without an action":    {func(c *cloud) { c.alarms = map[string]string{"LatencyAlarm": "mute"} }, "alarms", "alarm LatencyAlarm has no action, or its actions are switched off"},
		"an alarm that is switched off": {func(c *cloud) { c.alarms = map[string]string{"LatencyAlarm": "off"} }, "alarms", "alarm LatencyAlarm has no action, or its actions are switched off"},
		"logs as text":                  {func(c *cloud) { c.edit = func(string) string { return "created" } }, "logs", "has a line that is not JSON"},
		"logs without the request id": {
			func(c *cloud) {
				c.edit = func(line string) string { return strings.ReplaceAll(line, "requestId", "request") }
			},
			"logs", "has a line without its requestId, level or id",
		},
		"a role that may do more": {func(c *cloud) { c.granted = []string{"ReaderRole dynamodb:Scan " + table} }, "roles", "ReaderRole may do dynamodb:Scan on table (" + table + ")"},
		"a role that may do too little": {
			func(c *cloud) { c.denied = []string{"EnricherRole sqs:SendMessage"} },
			"roles", "EnricherRole may not do sqs:SendMessage on dead-letter queue (arn:aws:sqs:us-east-1:000000000000:EnrichDeadLetterQueue): implicitDeny",
		},
		"a role that may do everything": {
			func(c *cloud) { c.granted = []string{"WriterRole iam:PassRole *"} }, "roles", "WriterRole may do iam:PassRole on anything (*)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c := startCloud(t)
				test.put(c)
				got := b.verify(t.Context(), t, "-api-key", "secret", "-timeout", "15m")
				names, seen := got.failing()
				if got.status != 1 || !slices.Equal(names, []string{test.check}) || !strings.Contains(seen, test.want) {
					t.Errorf("status %d, %v fail, want %s with %q: %s", got.status, names, test.check, test.want, seen)
				}
			})
		})
	}
}
