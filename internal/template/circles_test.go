package template

import (
	"fmt"
	"strings"
	"testing"
)

// circles are texts of small, and the text that replaces each. names are those of the resources that are in a circle
// then, or "" if none is.
var circles = map[string]struct{ old, new, names string }{
	"a queue that is its own dead-letter queue": {
		"DelaySeconds: 1", "RedrivePolicy: {deadLetterTargetArn: !GetAtt Queue.Arn, maxReceiveCount: 5}", "Queue",
	},
	"a dead-letter queue that refers to its source": {
		"DelaySeconds: 1", `RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {RedriveAllowPolicy: {redrivePermission: byQueue, sourceQueueArns: [!GetAtt Queue.Arn]}}`, "Dead, Queue",
	},
	"one that has its name as text": {
		"DelaySeconds: 1", `RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {RedriveAllowPolicy: {redrivePermission: byQueue, sourceQueueArns: [!Sub "arn:aws:sqs:x:1:Queue"]}}`, "",
	},
	"three resources, with Sub, DependsOn and Ref": {
		`!Sub "${AWS::StackName}-x"`, `!Sub "${Topic}-x"
  Topic: {Type: AWS::SNS::Topic, DependsOn: [Key]}
  Key: {Type: AWS::KMS::Key, Properties: {Description: !Ref Role}}`, "Key, Role, Topic",
	},
	"Metadata":                         {"DelaySeconds: 1", "DelaySeconds: 1\n    Metadata: {A: !Ref Queue}", "Queue"},
	"the branch of an If":              {"DelaySeconds: 1", "QueueName: !If [Never, a, !Ref Queue]", "Queue"},
	"the other branch of an If":        {"DelaySeconds: 1", "QueueName: !If [Never, !Ref Queue, a]", ""},
	"a variable with a resource's id":  {"DelaySeconds: 1", "QueueName: !Sub ['${Queue}', {Queue: a}]", ""},
	"a resource that is not there":     {"DelaySeconds: 1", "DelaySeconds: 1\n    DependsOn: Key\n  Key: {Type: AWS::KMS::Key, Condition: Never, DependsOn: Queue}", ""},
	"two ways to the same resource":    {`!Sub "${AWS::StackName}-x"`, `!Sub "${Queue}${Table}"`, ""},
	"a function that knows its API":    {"      Events:", "      Environment: {Variables: {API: !Sub 'https://${Api}'}}\n      Events:", "Api, Writer"},
	"a function whose role allows it":  {"      Events:", "      Policies: [{Statement: [{Resource: !GetAtt Writer.Arn}]}]\n      Events:", "Writer"},
	"such a role that SAM leaves out":  {"      Events:", "      Role: !GetAtt Role.Arn\n      Policies: [{Statement: [{Resource: !GetAtt Writer.Arn}]}]\n      Events:", ""},
	"a role that needs its function":   {`!Sub "${AWS::StackName}-x"`, `!Ref Writer`, ""},
	"an event of a queue with its tag": {"DelaySeconds: 1", "Tags: [{Key: function, Value: !Ref Writer}]", ""},
	"the log of an API's stage": {"StageName: prod", `StageName: prod
      AccessLogSetting: {DestinationArn: !GetAtt Log.Arn}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref Api}}`, ""},
	"an alarm that stops a deployment": {"      Events:", `      AutoPublishAlias: live
      DeploymentPreference: {Alarms: [!Ref Alarm]}
      VersionDescription: !Sub "${Alarm}"
      Events:`, ""},
}

func TestResourcesThatReferToEachOtherInACircleAreRefused(t *testing.T) {
	for name, test := range circles {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, "Outputs:", "  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Dimensions: [{Value: !Ref Writer}]}}\nOutputs:", 1)
			if strings.Count(text, test.old) != 1 {
				t.Fatalf("%q is in the template %d times", test.old, strings.Count(text, test.old))
			}
			got, want := refusal(t, strings.Replace(text, test.old, test.new, 1)), "circular dependency between resources: ["+test.names+"]: "
			if test.names == "" && got != "" || test.names != "" && !strings.Contains(got, want) {
				t.Errorf("got %q, want circle %q", got, test.names)
			}
		})
	}
}

// Each topic refers twice to the next one, so that there are 2 to the power of 60 ways from the first to the last.
func TestEachResourceIsFollowedOnce(t *testing.T) {
	text := "Resources:\n  T60: {Type: AWS::SNS::Topic}\n"
	for i := range 60 {
		text += fmt.Sprintf("  T%d: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${T%[2]d}${T%[2]d}'}}\n", i, i+1)
	}
	if got := refusal(t, text); got != "" {
		t.Error(got)
	}
}
