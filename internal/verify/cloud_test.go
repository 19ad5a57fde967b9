package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"simple-sam-demo/local/stacktest"
)

// cloud answers for CloudFormation, CloudWatch, its logs, and IAM, in their protocols: what the local
// stack has not. It knows the template, and what the functions have written.
type cloud struct {
	t     *testing.T
	stack *stacktest.Stack
	next  http.RoundTripper

	mu    sync.Mutex
	lines []string // of the functions' logs

	earlier map[string]float64 // the sums at one time
	marked  time.Time          // that time

	// What tests put in.
	alarms  map[string]string        // states that are not OK, by logical id; "gone" for one that is not there, "off" or "mute" for one without actions
	delay   time.Duration            // until metrics are visible
	logged  time.Duration            // until the functions' lines are visible
	before  float64                  // what each metric was before
	factor  float64                  // that the metrics are off by
	edit    func(line string) string // of a log line
	granted []string                 // permissions besides the template's
	denied  []string                 // permissions of the template that the roles lack
	off     []string                 // metrics that nobody counts
}

// startCloud runs a stack as if it were deployed.
func startCloud(t *testing.T) (*bed, *cloud) {
	t.Helper()
	c := &cloud{t: t, factor: 1, edit: func(line string) string { return line }}
	s := stacktest.Build(t, nil, nil, c)
	s.PollUntilEnd(t)
	b := newBed(s)
	b.target.Stack = "items"
	c.stack, c.next = s, b.aws
	b.aws = c
	b.api = demanding(b.api, "secret", func(*http.Request) bool { return false })
	return b, c
}

// Write takes what the functions log.
func (c *cloud) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	return len(text), nil
}

func (c *cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	isForm := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	isLogs := strings.HasPrefix(r.Header.Get("X-Amz-Target"), "Logs_")
	isMetrics := strings.HasPrefix(r.URL.Path, "/service/GraniteServiceVersion20100801/")
	if !isForm && !isLogs && !isMetrics {
		return c.next.RoundTrip(r)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	answer, header := "", http.Header{}
	switch {
	case isForm:
		form, _ := url.ParseQuery(string(text))
		answer = c.query(form)
	case isLogs:
		header.Set("Content-Type", "application/x-amz-json-1.1")
		answer = c.filterLogEvents(text)
	default:
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
		answer = string(cbor.Encode(c.metrics(path.Base(r.URL.Path), text)))
	}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// query answers CloudFormation and IAM.
func (c *cloud) query(form url.Values) string {
	action := form.Get("Action")
	body := ""
	switch action {
	case "ListStackResources":
		body = "<StackResourceSummaries>"
		for _, kind := range []string{"AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm"} {
			for _, id := range c.stack.Config.Template.LogicalIDs(kind) {
				body += fmt.Sprintf("<member><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>%s</ResourceType></member>", id, physical(id), kind)
			}
		}
		body += "</StackResourceSummaries>"
	case "GetRole":
		body = "<Role><Arn>arn:aws:iam::000000000000:role/" + form.Get("RoleName") + "</Arn></Role>"
	case "SimulatePrincipalPolicy":
		body = "<EvaluationResults>"
		role := path.Base(form.Get("PolicySourceArn"))
		for i := 1; form.Has(fmt.Sprintf("ActionNames.member.%d", i)); i++ {
			action := form.Get(fmt.Sprintf("ActionNames.member.%d", i))
			decision := "implicitDeny"
			if c.allows(role, action, form.Get("ResourceArns.member.1")) {
				decision = "allowed"
			}
			body += fmt.Sprintf("<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member>", action, decision)
		}
		body += "</EvaluationResults><IsTruncated>false</IsTruncated>"
	default:
		c.t.Errorf("unexpected %s", action)
	}
	return fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, body)
}

func physical(id string) string { return "items-" + id + "-1" }

// reference stands for the template's references, as AWS has them.
func reference(id, attribute string) (string, error) {
	switch {
	case strings.HasSuffix(id, "LogGroup"):
		return "arn:aws:logs:us-east-1:000000000000:log-group:" + physical(id) + ":*", nil
	case strings.HasSuffix(id, "Queue"):
		return "arn:aws:sqs:us-east-1:000000000000:" + id, nil
	case strings.HasSuffix(id, "Table"):
		return "arn:aws:dynamodb:us-east-1:000000000000:table/" + id, nil
	}
	return id + "." + attribute, nil
}

// allows tells whether the role's policies in the template allow an action. They have only Allow.
func (c *cloud) allows(role, action, resource string) bool {
	id := strings.TrimSuffix(strings.TrimPrefix(role, "items-"), "-1")
	if slices.Contains(c.granted, id+" "+action+" "+resource) {
		return true
	}
	if slices.Contains(c.denied, id+" "+action) {
		return false
	}
	properties, err := c.stack.Config.Template.Properties(id, reference)
	if err != nil {
		c.t.Fatal(err)
	}
	text, _ := json.Marshal(properties)
	var found struct {
		Policies []struct {
			PolicyDocument struct {
				Statement []struct{ Action, Resource any }
			}
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		c.t.Fatal(err)
	}
	for _, s := range found.Policies[0].PolicyDocument.Statement {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(fmt.Sprint(s.Resource)), `\*`, ".*")
		if strings.Contains(" "+strings.Trim(fmt.Sprint(s.Action), "[]")+" ", " "+action+" ") && regexp.MustCompile("^"+pattern+"$").MatchString(resource) {
			return true
		}
	}
	return false
}

// filterLogEvents answers with those lines of a function that hold the quoted text. Lambda's own hold the request
// id. They are visible at once.
func (c *cloud) filterLogEvents(text []byte) string {
	var in struct{ LogGroupName, FilterPattern string }
	if err := json.Unmarshal(text, &in); err != nil {
		c.t.Error(err)
	}
	function := strings.TrimSuffix(strings.TrimPrefix(in.LogGroupName, "items-"), "LogGroup-1")
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted := strings.Trim(in.FilterPattern, `"`)
	events := []map[string]any{}
	add := func(message string) { events = append(events, map[string]any{"message": message, "timestamp": 1}) }
	for _, line := range c.lines {
		if !strings.Contains(line, "function="+function+"Function") || !strings.Contains(line, wanted) {
			continue
		}
		fields := map[string]string{}
		for _, pair := range strings.Fields(line) {
			if name, value, ok := strings.Cut(pair, "="); ok {
				fields[name] = value
			}
		}
		if fields["requestId"] == wanted {
			for _, kind := range []string{"start", "report"} {
				add(fmt.Sprintf(`{"time":"2000-01-01T00:00:00.000Z","type":"platform.%s","record":{"requestId":%q}}`, kind, wanted))
			}
		}
		if time.Since(begun) >= c.logged {
			message, _ := json.Marshal(fields)
			add(c.edit(string(message)))
		}
	}
	answer, _ := json.Marshal(map[string]any{"events": events})
	return string(answer)
}

func (c *cloud) metrics(operation string, text []byte) cbor.Value {
	in, err := cbor.Decode(text)
	if err != nil {
		c.t.Error(err)
	}
	if operation == "DescribeAlarms" {
		return c.describeAlarms(in.(cbor.Map))
	}
	return c.getMetricData(in.(cbor.Map))
}

func (c *cloud) describeAlarms(in cbor.Map) cbor.Value {
	var alarms cbor.List
	for _, name := range in["AlarmNames"].(cbor.List) {
		id := strings.TrimSuffix(strings.TrimPrefix(string(name.(cbor.String)), "items-"), "-1")
		state := c.alarms[id]
		if state == "gone" {
			continue
		}
		actions := cbor.List{cbor.String("arn:topic")}
		if state == "mute" {
			actions = cbor.List{}
		}
		enabled := state != "off"
		if state == "" || state == "off" || state == "mute" {
			state = "OK"
		}
		alarms = append(alarms, cbor.Map{
			"AlarmName": name, "StateValue": cbor.String(state), "StateReason": cbor.String("Threshold Crossed"),
			"ActionsEnabled": cbor.Bool(enabled), "AlarmActions": actions,
		})
	}
	return cbor.Map{"MetricAlarms": alarms}
}

// mark lets what was counted until now have been counted at one time, and the rest only just now.
func (c *cloud) mark(at time.Time) {
	c.earlier, c.marked = c.allSums(), at
}

func (c *cloud) allSums() map[string]float64 {
	sums := c.stack.Sums("WriterFunction")
	maps.Copy(sums, c.stack.Sums("EnricherFunction"))
	return sums
}

func (c *cloud) getMetricData(in cbor.Map) cbor.Value {
	from, to := timeIn(in["StartTime"]), timeIn(in["EndTime"])
	sums := c.allSums()
	var results cbor.List
	for _, query := range in["MetricDataQueries"].(cbor.List) {
		name := string(query.(cbor.Map)["MetricStat"].(cbor.Map)["Metric"].(cbor.Map)["MetricName"].(cbor.String))
		value := c.before
		if !c.marked.Before(from) && c.marked.Before(to) {
			value += c.earlier[name]
		}
		if to.After(time.Now()) && time.Since(begun) >= c.delay && !slices.Contains(c.off, name) {
			value += (sums[name] - c.earlier[name]) * c.factor
		}
		results = append(results, cbor.Map{"Label": query.(cbor.Map)["Label"], "Values": cbor.List{cbor.Float64(value)}})
	}
	return cbor.Map{"MetricDataResults": results}
}

func timeIn(v cbor.Value) time.Time { return time.Unix(int64(v.(*cbor.Tag).Value.(cbor.Float64)), 0) }

// begun is when each test's fake time begins.
var begun = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
