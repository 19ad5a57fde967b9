package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/telemetry"
)

// alarm is what the tests look at in an alarm of the template.
type alarm struct {
	AlarmDescription, Namespace, MetricName, TreatMissingData string
	AlarmActions, OKActions                                   []string
	Dimensions                                                []struct{ Name, Value string }
	Period, EvaluationPeriods                                 int
	Threshold                                                 json.Number // YAML has 0.01 as a text
}

func alarms(t *testing.T) map[string]alarm {
	t.Helper()
	tmpl, found := read(t, nil), map[string]alarm{}
	for _, id := range tmpl.LogicalIDs("AWS::CloudWatch::Alarm") {
		found[id] = decoded[alarm](t, properties(t, tmpl, id))
	}
	return found
}

// published are the metrics that AWS has, with the dimensions that each has here.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
var published = map[string][]string{
	"AWS/Lambda FunctionName=%Function.Ref": {"Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions"},
	"AWS/SQS QueueName=%Queue.QueueName": {
		"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage",
		"NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives",
	},
	"AWS/ApiGateway ApiName=AWS::StackName.Ref Stage=prod": {"Count", "4XXError", "5XXError", "Latency"},
	"AWS/DynamoDB TableName=%Table.Ref":                    {"ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits", "WriteThrottleEvents", "ReadThrottleEvents"},
	"AWS/Logs LogGroupName=%LogGroup.Ref":                  {"IncomingBytes"},
}

// kind replaces what is special in a metric's dimensions, the logical ids.
var kind = regexp.MustCompile(`=[A-Z][A-Za-z]*?(Function|Queue|Table|LogGroup)\.`)

// ownNamespace is that of the functions' metrics, as [nameOf] shows it.
const ownNamespace = "AWS::StackName.Ref"

// Without dimensions nothing else tells the metrics of two functions or of two stacks apart.
func TestTheMetricsOfEachFunctionAreItsOwn(t *testing.T) {
	did := exercise(t)
	for function, metrics := range did.metrics {
		for name := range metrics {
			if writers := did.functionsWith(name); len(writers) != 1 {
				t.Errorf("%s writes %s, and so do the others of %v", function, name, writers)
			}
		}
	}
	system, err := read(t, nil).Resolve(nameOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range system.Functions {
		if got := f.Environment[telemetry.NamespaceVariable]; got != ownNamespace {
			t.Errorf("%s writes to the namespace %q, want the stack's name", f.LogicalID, got)
		}
	}
}

// exists tells whether there is such a metric: the functions write it, or AWS does.
func exists(did observed, namespace, name string, dimensions ...string) bool {
	if namespace == ownNamespace {
		return len(dimensions) == 0 && len(did.functionsWith(name)) == 1
	}
	return slices.Contains(published[kind.ReplaceAllString(namespace+" "+strings.Join(dimensions, " "), "=%$1.")], name)
}

func TestEachAlarmWatchesAMetricThatThereIs(t *testing.T) {
	did := exercise(t)
	for id, a := range alarms(t) {
		var dimensions []string
		for _, d := range a.Dimensions {
			dimensions = append(dimensions, d.Name+"="+d.Value)
		}
		if !exists(did, a.Namespace, a.MetricName, dimensions...) {
			t.Errorf("%s: nobody writes %s %s %v", id, a.Namespace, a.MetricName, dimensions)
		}
		if a.TreatMissingData != "notBreaching" {
			t.Errorf("%s goes off when there is nothing to do", id)
		}
		if a.Period*a.EvaluationPeriods > 15*60 {
			t.Errorf("%s goes off after %d s", id, a.Period*a.EvaluationPeriods)
		}
	}
}

// An item may wait for the whole window, and half of the time is left for retries.
func TestABatchWindowAloneSetsOffNoAlarm(t *testing.T) {
	all := alarms(t)
	for id, unit := range map[string]time.Duration{"LatencyAlarm": time.Millisecond, "OldestMessageAlarm": time.Second} {
		waits := seconds(t, all[id].Threshold.String()) / time.Second * unit
		for _, window := range read(t, nil).Parameters["BatchWindow"].AllowedValues {
			if seconds(t, window) > waits/2 {
				t.Errorf("with a BatchWindow of %s s an item waits longer than half of the %s that %s allows", window, waits, id)
			}
		}
	}
}

func TestEachAlarmTellsSomebodyWhatToDo(t *testing.T) {
	runbook, err := os.ReadFile(filepath.Join(stacktest.Root(t), "docs", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{} // by their anchors
	for _, section := range strings.Split(string(runbook), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		sections[strings.ReplaceAll(strings.ToLower(title), " ", "-")] = text
	}
	all := alarms(t)
	for id, a := range all {
		if !slices.Equal(a.AlarmActions, []string{"AlarmTopic.Ref"}) || !slices.Equal(a.OKActions, a.AlarmActions) {
			t.Errorf("%s tells %v, and %v when it is over", id, a.AlarmActions, a.OKActions)
		}
		advice, anchor, _ := strings.Cut(a.AlarmDescription, " docs/runbook.md#")
		if strings.Count(advice, ". ") == 0 {
			t.Errorf("%s says %q: what happened, or what to do?", id, advice)
		}
		if !strings.Contains(sections[anchor], "`"+id+"`") {
			t.Errorf("%s refers to section %q of the runbook, which does not mention it", id, anchor)
		}
	}
	others := workerAlarms(t)
	for _, id := range regexp.MustCompile("`[A-Za-z]+Alarm`").FindAllString(string(runbook), -1) {
		if _, ok := all[strings.Trim(id, "`")]; !ok && !slices.Contains(others, strings.Trim(id, "`")) {
			t.Errorf("the runbook knows %s, and the templates do not", id)
		}
	}
}

// AWS charges for each.
func TestTheDocumentedCostsAreThoseOfAllAlarmsAndMetrics(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(stacktest.Root(t), "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	did, count := exercise(t), len(alarms(t))
	writers, enrichers := len(did.metrics["WriterFunction"]), len(did.metrics["EnricherFunction"])
	for _, want := range []string{
		fmt.Sprintf("| %d metrics (%d of the writer, %d of the enricher) at $0.30,", writers+enrichers, writers, enrichers),
		fmt.Sprintf("| $%.2f |\n| %d alarms at $0.10 | $%.2f |\n", 0.3*float64(writers+enrichers), count, 0.1*float64(count)),
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/metrics.md does not say %q", want)
		}
	}
}

// workerAlarms are the names of the alarms in the worker's template. .ci/check_worker.py checks them: only
// CloudFormation runs that template.
func workerAlarms(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stacktest.Root(t), "enricher", "worker", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^  ([A-Za-z]+Alarm):$`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, found[1])
	}
	return names
}

func TestTheDashboardShowsMetricsThatThereAre(t *testing.T) {
	did, tmpl, shown := exercise(t), read(t, nil), 0
	if !slices.Contains(tmpl.LogicalIDs("AWS::CloudWatch::Dashboard"), "Dashboard") {
		t.Skip("the template has no Dashboard")
	}
	var body struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Title   string
				Metrics [][]any
				Alarms  []string
			}
		}
	}
	text := properties(t, tmpl, "Dashboard")["DashboardBody"].(string)
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	var shownAlarms []string
	for _, w := range body.Widgets {
		for _, arn := range w.Properties.Alarms {
			shownAlarms = append(shownAlarms, strings.TrimSuffix(arn[strings.LastIndex(arn, ":")+1:], ".Ref"))
		}
		for _, metric := range w.Properties.Metrics {
			var words []string
			for _, word := range metric {
				if word, ok := word.(string); ok { // the last may be options
					words = append(words, word)
				}
			}
			if len(words) == 0 { // a formula of others
				continue
			}
			var dimensions []string
			for pair := range slices.Chunk(words[2:], 2) {
				dimensions = append(dimensions, strings.Join(pair, "="))
			}
			if shown++; !exists(did, words[0], words[1], dimensions...) {
				t.Errorf("widget %q: nobody writes %v", w.Properties.Title, words)
			}
		}
	}
	if shown == 0 {
		t.Error("it shows nothing")
	}
	slices.Sort(shownAlarms)
	if all := slices.Sorted(maps.Keys(alarms(t))); !slices.Equal(shownAlarms, all) {
		t.Errorf("it shows the alarms %v, there are %v", shownAlarms, all)
	}
}
