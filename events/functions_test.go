package events_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/item"
)

// trace is the X-Ray trace of every invocation.
const trace = "Root=1-6787803d-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"

// TestFunctionsAnswerTheEvents sends every event to its function. The function is built and
// run as on AWS.
func TestFunctionsAnswerTheEvents(t *testing.T) {
	bin := buildFunctions(t)
	aws := startAWS(t)
	system := aws.system(t)
	processes := map[string]*process{}
	for folder, logicalID := range functions {
		f := system[logicalID]
		processes[folder] = startProcess(t, bin, folder, aws.url, f, f.Environment)
		await(t, processes[folder], processes[folder].api.polls, "its first poll")
	}
	for n, c := range expectations(t) {
		t.Run(c.name(), func(t *testing.T) {
			aws.renew(t)
			for _, stored := range c.stored {
				aws.store(t, stored)
			}
			requestID := fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", n)
			p := processes[folderOf(c.file)]
			event := readEvent(t, c.file)
			if c.sentNow {
				event = sentTimestamp.ReplaceAll(event, fmt.Appendf(nil, `"SentTimestamp": "%d"`, time.Now().UnixMilli()))
			}
			got, lines := p.invoke(t, requestID, event)
			checkAnswer(t, got, requestID, c.answer)
			checkLog(t, lines, requestID, c.logs)
			checkMetrics(t, p, lines, c.metrics)
			checkAfterwards(t, aws, requestID, c.afterwards)
		})
	}
	t.Run("no log level keeps metrics back", func(t *testing.T) {
		checkMetricsAtLevelError(t, bin, aws)
	})
	t.Run("metrics are JSON in text logs", func(t *testing.T) {
		checkMetricsInTextLogs(t, bin, aws)
	})
	for folder, logicalID := range functions {
		t.Run(folder+" opens connections before it asks for work", func(t *testing.T) {
			checkConnections(t, bin, folder, system[logicalID])
		})
		t.Run(folder+" does not start without settings", func(t *testing.T) {
			checkRefusal(t, startProcess(t, bin, folder, aws.url, system[logicalID], nil), system[logicalID])
		})
	}
}

var sentTimestamp = regexp.MustCompile(`"SentTimestamp": "\d+"`)

func TestEveryEventHasAnExpectation(t *testing.T) {
	var expected []string
	for _, c := range expectations(t) {
		expected = append(expected, c.file)
	}
	slices.Sort(expected)
	if diff := cmp.Diff(eventFiles(t), slices.Compact(expected)); diff != "" {
		t.Errorf("- has no expectation in expectations_test.go, + has no file:\n%s", diff)
	}
}

// checkAnswer compares an answer with the expected one. For the API that is the whole response.
func checkAnswer(t *testing.T, got answer, requestID, want string) {
	t.Helper()
	if got.failed {
		t.Fatalf("the invocation failed: %s", got.payload)
	}
	if got.requestID != requestID {
		t.Errorf("it answered the request %s, want %s", got.requestID, requestID)
	}
	if diff := cmp.Diff(want, hideTime(got.payload)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// checkLog checks the log of an invocation. Each line is one JSON object with the request's id
// and a level. No line shows measurements. One line has the message. The last line is the
// invocation's own, and the only one at INFO.
func checkLog(t *testing.T, lines [][]byte, requestID, message string) {
	t.Helper()
	found := message == ""
	for i, line := range lines {
		if last, info := i == len(lines)-1, logFields(t, line)["level"] == "INFO"; last != info {
			t.Errorf("line %d of %d: %s", i+1, len(lines), line)
		}
	}
	for _, line := range lines {
		fields := logFields(t, line)
		if fields["requestId"] != requestID {
			t.Errorf("log line without the requestId %s: %s", requestID, line)
		}
		if level, _ := fields["level"].(string); !slices.Contains([]string{"INFO", "WARN", "ERROR"}, level) {
			t.Errorf("log line of the level %q: %s", level, line)
		}
		if showsMeasurements(fields) {
			t.Errorf("log line with measurements: %s", line)
		}
		found = found || fields["message"] == message
	}
	if !found {
		t.Errorf("nothing logged says %q: %s", message, lines)
	}
}

// showsMeasurements tells whether the values of a log line have the name of a feature in them, or the
// numbers of the first example in a row.
func showsMeasurements(fields map[string]any) bool {
	var names, numbers []string
	for i, feature := range item.Features {
		if _, isNumber := fields[feature.Name].(float64); isNumber {
			return true
		}
		names = append(names, regexp.QuoteMeta(feature.Name))
		numbers = append(numbers, regexp.QuoteMeta(fmt.Sprint(first[i])))
	}
	shown := `\b(` + strings.Join(names, "|") + `)\b`
	if len(numbers) > 1 { // one number alone can be any
		shown += `|(^|[^0-9.])` + strings.Join(numbers, `[^0-9]{1,40}`) + `([^0-9.]|$)`
	}
	return regexp.MustCompile(shown).MatchString(fmt.Sprint(slices.Collect(maps.Values(fields))))
}

func logFields(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil || fields == nil {
		t.Errorf("log line is no JSON object: %s", line)
	}
	return fields
}

// checkAfterwards compares what the invocation did and left behind with what is expected.
func checkAfterwards(t *testing.T, aws *localAWS, requestID string, want afterwards) {
	t.Helper()
	got := afterwards{
		calls:       aws.called(),
		items:       aws.items(t),
		queued:      aws.queued(t, "EnrichQueue"),
		deadLetters: aws.queued(t, "EnrichDeadLetterQueue"),
	}
	for _, letter := range got.deadLetters {
		if letter["request_id"] == requestID {
			letter["request_id"] = "(request)"
		}
	}
	if want.items == nil {
		want.items = map[string]map[string]string{}
	}
	if want.anyOrder {
		slices.Sort(want.calls)
		slices.Sort(got.calls)
	}
	got.anyOrder = want.anyOrder
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(afterwards{})); diff != "" {
		t.Errorf("calls, table and queues afterwards (-want +got):\n%s", diff)
	}
}

// checkRefusal checks a function that gets no settings. It must end at once, and say in one line
// which settings are missing.
func checkRefusal(t *testing.T, p *process, f template.Function) {
	status, lines := p.waitForExit(t)
	if status != 1 || len(lines) != 1 {
		t.Fatalf("it ended with status %d and wrote %q, want 1 and one line", status, lines)
	}
	text := fmt.Sprint(logFields(t, lines[0])["error"])
	for name := range maps.Keys(f.Environment) {
		if optional := slices.Contains([]string{"MODEL_URI", "METRICS_NAMESPACE", "GOGC", "GOMEMLIMIT"}, name); !optional && !strings.Contains(text, name) {
			t.Errorf("it does not say that %s is missing: %s", name, text)
		}
	}
}

// itemOf returns an item that was stored some time ago.
func itemOf(m item.Measurements) item.Item {
	return item.Item{ID: m.ID(), Measurements: m, CreatedAt: "2025-01-15T09:30:00.000Z"}
}
