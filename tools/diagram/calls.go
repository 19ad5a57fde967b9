package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// calls has the actions that policies allow, by the logical id of the resource that they allow them on.
type calls map[string][]string

// words say what actions do, in the order in which a label has them.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
var words = []struct {
	said    string
	actions []string
}{
	{"reads items", []string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect"}},
	{"writes items", []string{"dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert"}},
	{"updates items", []string{"dynamodb:UpdateItem", "dynamodb:PartiQLUpdate"}},
	{"deletes items", []string{"dynamodb:DeleteItem", "dynamodb:PartiQLDelete"}},
	{"sends messages", []string{"sqs:SendMessage"}},
	{"receives messages", consuming},
	{"publishes messages", []string{"sns:Publish"}},
}

// consuming are the actions of a consumer of a queue. An event source mapping does them with the function's
// role.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
var consuming = []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}

var action = regexp.MustCompile(`[a-z0-9-]+:[A-Za-z0-9*?]+`)

// add adds what the statements in a tree allow, wherever they are in it.
func (c calls) add(tree any) {
	switch tree := tree.(type) {
	case []any:
		for _, child := range tree {
			c.add(child)
		}
	case map[string]any:
		if tree["Effect"] == "Allow" {
			for _, id := range refers(tree["Resource"]) {
				c[id] = append(c[id], action.FindAllString(fmt.Sprint(tree["Action"]), -1)...)
			}
		}
		for _, child := range tree {
			c.add(child)
		}
	}
}

// forget takes actions away that another arrow shows. The resource stays, even if no action is left.
func (c calls) forget(id string, actions []string) {
	c[id] = slices.DeleteFunc(c[id], func(action string) bool { return slices.Contains(actions, action) })
}

// label says what the actions do, each in a line. An action that has no words is written as it is.
func (c calls) label(id string) string {
	left := slices.Sorted(slices.Values(c[id]))
	var lines []string
	for _, w := range words {
		before := len(left)
		left = slices.DeleteFunc(left, func(action string) bool { return slices.Contains(w.actions, action) })
		if len(left) < before {
			lines = append(lines, w.said)
		}
	}
	return strings.Join(append(lines, slices.Compact(left)...), "\n")
}
