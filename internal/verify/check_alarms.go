package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"simple-sam-demo/internal/names"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func withoutAlarms(s *session) string {
	if why := withoutCloudWatch(s); why != "" {
		return why
	}
	if !names.HasAlarms() {
		return "template.yaml has no alarms"
	}
	return ""
}

// checkAlarms looks at the alarms that the stack has made. One that has no data yet is quiet. Whether anybody has
// subscribed to the topic of their actions, it does not look at.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func checkAlarms(ctx context.Context, s *session) (string, error) {
	alarms, err := s.resources(ctx, "AWS::CloudWatch::Alarm")
	if err != nil {
		return "", err
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(s.target.AWS),
		&cloudwatch.DescribeAlarmsInput{AlarmNames: slices.Collect(maps.Values(alarms)), AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}})
	there := map[string]types.MetricAlarm{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("look at the alarms: %w", err)
		}
		for _, alarm := range page.MetricAlarms {
			there[aws.ToString(alarm.AlarmName)] = alarm
		}
	}
	var found faults
	for _, id := range slices.Sorted(maps.Keys(alarms)) {
		alarm, ok := there[alarms[id]]
		switch {
		case !ok:
			found.add("alarm %s of the stack is not there", id)
		case alarm.StateValue == types.StateValueAlarm:
			found.add("alarm %s has gone off: %s", id, aws.ToString(alarm.StateReason))
		case len(alarm.AlarmActions) == 0 || !aws.ToBool(alarm.ActionsEnabled):
			found.add("alarm %s has no action, or its actions are switched off", id)
		}
	}
	return fmt.Sprintf("%d alarms, all quiet, each with an action", len(alarms)), found.err()
}
