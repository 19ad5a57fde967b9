package sqs

import (
	"context"
	"regexp"
	"slices"
)

func init() {
	register("AddPermission", onQueue((*Service).addPermission))
	register("RemovePermission", onQueue((*Service).removePermission))
}

// sharedActions are the actions that the owner of a queue can allow to other accounts.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
var sharedActions = []string{
	"*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl",
	"ListDeadLetterSourceQueues", "PurgeQueue",
}

// maxActions is how many actions one permission can have.
const maxActions = 7

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

type addPermissionRequest struct {
	queueRequest
	Label         string
	AWSAccountIds []string
	Actions       []string
}

// addPermission writes the same policy as AWS. No policy is enforced here.
func (s *Service) addPermission(_ context.Context, q *queue, in *addPermissionRequest) (empty, error) {
	if err := in.check(); err != nil {
		return empty{}, err
	}
	p, at, err := s.permission(q, in.Label)
	if err != nil {
		return empty{}, err
	}
	if at >= 0 {
		return empty{}, errRange("Label", in.Label, "Already exists")
	}
	var principals, actions []string
	for _, account := range in.AWSAccountIds {
		principals = append(principals, "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.Actions {
		actions = append(actions, "SQS:"+action)
	}
	p.Statement = append(p.Statement, map[string]any{
		"Sid": in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": oneOrAll(principals)},
		"Action": oneOrAll(actions), "Resource": s.arn(q),
	})
	return empty{}, q.setPolicy(p)
}

func (in *addPermissionRequest) check() error {
	switch {
	case in.Label == "":
		return errMissing("Label")
	case !queueName.MatchString(in.Label):
		return errRange("Label", in.Label, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	case len(in.AWSAccountIds) == 0:
		return errMissing("AWSAccountIds")
	case len(in.Actions) == 0:
		return errMissing("Actions")
	case len(in.Actions) > maxActions:
		return errOverLimit("%d actions were found in a statement from the submitted policy, max allowed is %d", len(in.Actions), maxActions)
	}
	for _, account := range in.AWSAccountIds {
		if !accountID.MatchString(account) {
			return errRange("PrincipalId", in.AWSAccountIds, "Unable to verify")
		}
	}
	for _, action := range in.Actions {
		if !slices.Contains(sharedActions, action) {
			return errRange("ActionName", "SQS:"+action, "Only the queue owner is allowed to invoke this action")
		}
	}
	return nil
}

type removePermissionRequest struct {
	queueRequest
	Label string
}

func (s *Service) removePermission(_ context.Context, q *queue, in *removePermissionRequest) (empty, error) {
	if in.Label == "" {
		return empty{}, errMissing("Label")
	}
	p, at, err := s.permission(q, in.Label)
	if err != nil {
		return empty{}, err
	}
	if at < 0 {
		return empty{}, errRange("Label", in.Label, "can't find label")
	}
	p.Statement = slices.Delete(p.Statement, at, at+1)
	return empty{}, q.setPolicy(p)
}

// permission returns a queue's policy, and the index of the statement with the label, or -1.
func (s *Service) permission(q *queue, label string) (policy, int, error) {
	p := policy{Version: "2008-10-17", Id: s.arn(q) + "/SQSDefaultPolicy"}
	if text := q.settings.attributes["Policy"]; text != "" {
		if err := p.parse(text); err != nil {
			return p, 0, err
		}
	}
	at := slices.IndexFunc(p.Statement, func(statement map[string]any) bool { return statement["Sid"] == label })
	return p, at, nil
}

// oneOrAll writes a list as policies do: a list of one element becomes the element itself.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}
