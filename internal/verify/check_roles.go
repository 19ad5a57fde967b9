package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"simple-sam-demo/internal/names"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// tried are the actions that IAM is asked about for each resource of a service. Those that a role is
// not meant to have, it must not have.
var tried = map[string][]string{
	"sqs": {"SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
		"SetQueueAttributes", "PurgeQueue", "DeleteQueue", "AddPermission", "StartMessageMoveTask"},
	"dynamodb": {"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem",
		"PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "UpdateTable", "DeleteTable"},
	"logs": {"CreateLogStream", "PutLogEvents", "GetLogEvents", "FilterLogEvents", "DeleteLogStream", "DeleteLogGroup", "PutRetentionPolicy"},
	"others": {"iam:PassRole", "iam:CreateUser", "sts:AssumeRole", "lambda:InvokeFunction", "lambda:UpdateFunctionCode", "s3:ListAllMyBuckets", "s3:PutObject", "kms:Decrypt", "secretsmanager:GetSecretValue",
		"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetTraceSummaries"},
}

// traces are what every role may do: X-Ray has no resources.
var traces = []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

// storing is what the writer does with the table. Only a batch needs PartiQL.
func storing() []string {
	if names.Batch() == "" {
		return []string{"dynamodb:PutItem"}
	}
	return []string{"dynamodb:PutItem", "dynamodb:PartiQLInsert"}
}

// meant is what each function's role may do, as template.yaml has it: actions by resource.
var meant = map[string]map[string][]string{
	"WriterRole": {
		"queue":    {"sqs:SendMessage"},
		"table":    storing(),
		"log":      {"logs:CreateLogStream", "logs:PutLogEvents"},
		"anything": traces,
	},
	"ReaderRole": {
		"table":    {"dynamodb:GetItem"},
		"log":      {"logs:CreateLogStream", "logs:PutLogEvents"},
		"anything": traces,
	},
	"EnricherRole": {
		"queue":             {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"},
		"dead-letter queue": {"sqs:SendMessage"},
		"table":             {"dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:PartiQLUpdate"},
		"log":               {"logs:CreateLogStream", "logs:PutLogEvents"},
		"anything":          traces,
	},
}

// place is a resource that a role is tried on.
type place struct {
	name, service, arn string
}

// checkRoles asks IAM to simulate what each role's policies allow. It does nothing with the resources.
func checkRoles(ctx context.Context, s *session) (string, error) {
	roles, err := s.resources(ctx, "AWS::IAM::Role")
	if err != nil {
		return "", err
	}
	groups, err := s.resources(ctx, "AWS::Logs::LogGroup")
	if err != nil {
		return "", err
	}
	var found faults
	asked := 0
	for _, id := range []string{"WriterRole", "ReaderRole", "EnricherRole"} {
		if roles[id] == "" {
			found.add("the stack has no %s", id)
			continue
		}
		arn, err := s.roleARN(ctx, roles[id])
		if err != nil {
			return "", err
		}
		for _, p := range s.places(groups, id) {
			n, err := s.simulate(ctx, id, arn, p, &found)
			if err != nil {
				return "", err
			}
			asked += n
		}
	}
	return fmt.Sprintf("%d actions of 3 roles simulated: those meant are allowed, all others denied", asked), found.err()
}

func (s *session) roleARN(ctx context.Context, name string) (string, error) {
	out, err := iam.NewFromConfig(s.target.AWS).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return "", fmt.Errorf("look up role %s: %w", name, err)
	}
	return aws.ToString(out.Role.Arn), nil
}

// places returns what a role is tried on: the stack's resources, and some of others.
func (s *session) places(groups map[string]string, role string) []place {
	own := strings.TrimSuffix(role, "Role") + "LogGroup"
	places := []place{
		{"queue", "sqs", s.target.Queue.ARN},
		{"dead-letter queue", "sqs", s.target.DeadLetterQueue.ARN},
		{"another queue", "sqs", s.arn("sqs", "somebody-elses-queue")},
		{"table", "dynamodb", s.arn("dynamodb", "table/"+s.target.Table)},
		{"another table", "dynamodb", s.arn("dynamodb", "table/somebody-elses-table")},
		{"anything", "others", "*"},
	}
	for _, id := range []string{"WriterLogGroup", "ReaderLogGroup", "EnricherLogGroup"} {
		name := id
		if id == own {
			name = "log"
		}
		places = append(places, place{name, "logs", s.arn("logs", "log-group:"+groups[id]+":log-stream:any")})
	}
	return places
}

// simulate compares what a role may do in a place with what it is meant to. With several resources in
// one call, an action would have one decision for all of them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
func (s *session) simulate(ctx context.Context, role, arn string, p place, found *faults) (asked int, err error) {
	actions := slices.Clone(tried[p.service])
	for i, action := range actions {
		if p.service != "others" {
			actions[i] = p.service + ":" + action
		}
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(iam.NewFromConfig(s.target.AWS), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &arn, ActionNames: actions, ResourceArns: []string{p.arn},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return asked, fmt.Errorf("simulate role %s: %w", role, err)
		}
		for _, r := range page.EvaluationResults {
			asked++
			action := aws.ToString(r.EvalActionName)
			isAllowed, isMeant := r.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed, slices.Contains(meant[role][p.name], action)
			switch {
			case isAllowed && !isMeant:
				found.add("%s may do %s on %s (%s)", role, action, p.name, p.arn)
			case !isAllowed && isMeant:
				found.add("%s may not do %s on %s (%s): %s", role, action, p.name, p.arn, r.EvalDecision)
			}
		}
	}
	if asked != len(actions) {
		found.add("IAM has answered for %d of %d actions of %s on %s", asked, len(actions), role, p.name)
	}
	return asked, nil
}
