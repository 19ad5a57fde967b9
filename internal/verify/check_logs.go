package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

const logsPatience = 3 * time.Minute

// lambdasID is what a request id of Lambda looks like. A worker in the enricher's place makes up ids of another kind, and its
// lines are not in the function's log.
var lambdasID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// checkLogs looks for lines of this run: of the writer and the reader by an item's id, of the enricher
// by the request id on the dead letter.
func checkLogs(ctx context.Context, s *session) (string, error) {
	groups, err := s.resources(ctx, "AWS::Logs::LogGroup")
	if err != nil {
		return "", err
	}
	type log struct{ id, member, value string }
	item, request := s.probes[0].id, attribute(s.letter.message, "request_id")
	logs := []log{{"WriterLogGroup", "id", item}, {"ReaderLogGroup", "id", item}}
	seen := "the writer's and the reader's of item " + item
	if request != "" && !lambdasID.MatchString(request) {
		seen += "; not the enricher's, as request " + request + " is not Lambda's: a worker handles the messages, and logs elsewhere"
	} else {
		logs = append(logs, log{"EnricherLogGroup", "requestId", request})
		seen += ", the enricher's of request " + request
	}
	var found faults
	for _, l := range logs {
		faults, err := s.checkLog(ctx, l.id, groups[l.id], l.member, l.value)
		if err != nil {
			return "", err
		}
		found = append(found, faults...)
	}
	return seen, found.err()
}

// checkLog waits for the lines of a log group in which a member has a value, and looks at each.
func (s *session) checkLog(ctx context.Context, id, group, member, value string) (found faults, err error) {
	if group == "" || value == "" {
		return faults{fmt.Sprintf("there is no %s in the stack, or no %s to look for in it", id, member)}, nil
	}
	var lines []string
	_, err = poll(ctx, logsPatience, 5*time.Second, func() (bool, error) {
		lines, err = s.lines(ctx, group, value)
		return len(lines) > 0, err
	})
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return faults{fmt.Sprintf("log group %s has no line with the %s %s, %s after it was written", group, member, value, logsPatience)}, nil
	}
	for _, line := range lines {
		var fields map[string]any
		err := json.Unmarshal([]byte(line), &fields)
		requestID, _ := fields["requestId"].(string)
		level, _ := fields["level"].(string)
		switch {
		case err != nil:
			found.add("log group %s has a line that is not JSON: %s", group, shortened(line))
		case requestID == "" || level == "" || fields[member] != value:
			found.add("log group %s has a line without its requestId, level or %s: %s", group, member, shortened(line))
		}
	}
	return found, nil
}

// lines returns what a function has written to its log group since the run began, and what holds a text.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func (s *session) lines(ctx context.Context, group, text string) (lines []string, err error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.target.AWS), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, StartTime: aws.Int64(s.start.Add(-time.Minute).UnixMilli()), FilterPattern: aws.String(`"` + text + `"`),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look into log group %s: %w", group, err)
		}
		for _, event := range page.Events {
			if line := aws.ToString(event.Message); !isLambdas(line) {
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}

// isLambdas tells whether Lambda itself has written a line, like platform.start and platform.report. Such lines
// are in the function's log group. They hold the request id further inside, and have no level.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func isLambdas(line string) bool {
	var fields struct{ Type string }
	return json.Unmarshal([]byte(line), &fields) == nil && strings.HasPrefix(fields.Type, "platform.")
}
