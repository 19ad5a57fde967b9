package template

import (
	"maps"
	"slices"
	"strings"
)

// checkCircles refuses resources that refer to each other in a circle. CloudFormation would have to create each of
// them before the others: "Circular dependency between resources: [A, B]". Of an If, only the branch that is taken
// counts. Circles that are only between resources that SAM makes are not found.
// https://repost.aws/knowledge-center/cloudformation-circular-dependency-sam
func (t *Template) checkCircles() error {
	needs, err := t.needs()
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if circle := findCircle([]string{id}, needs, done); circle != nil {
			slices.Sort(circle)
			return t.source.fault(place("Resources").key(circle[0]), "circular dependency between resources: [%s]: "+
				"replace a reference between them by a name or an ARN that is written out", strings.Join(circle, ", "))
		}
	}
	return nil
}

// findCircle follows path, and returns the resources of the first circle that it finds. done has the resources that
// lead into no circle.
func findCircle(path []string, needs map[string][]string, done map[string]bool) []string {
	last := len(path) - 1
	if first := slices.Index(path, path[last]); first < last {
		return path[first:last]
	}
	if done[path[last]] {
		return nil
	}
	for _, other := range needs[path[last]] {
		if circle := findCircle(append(path, other), needs, done); circle != nil {
			return circle
		}
	}
	done[path[last]] = true
	return nil
}

// needs returns the ids of the resources that each existing resource refers to.
func (t *Template) needs() (map[string][]string, error) {
	needs := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if _, absent := t.evaluator.absent[id]; absent {
			continue
		}
		r := t.resources[id]
		refers := []any{r.Properties, r.Metadata}
		switch r.Type {
		case "AWS::Serverless::Function":
			refers = []any{functionNeeds(r.Properties)}
			for _, api := range apisOf(r.Properties) {
				needs[api] = append(needs[api], id) // as the API's definition has the ARN of the function
			}
		case "AWS::Serverless::Api":
			refers = nil // SAM spreads the properties over the API, its stage and its usage plan
		}
		needs[id] = append(needs[id], dependsOn(r.DependsOn)...)
		err := t.evaluator.eachReference(refers, "", func(other string, _ place) error {
			needs[id] = append(needs[id], other)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return needs, nil
}

// functionNeeds returns the properties that SAM gives to a function or to its role. It gives the others to resources
// that need the function, such as the event source mapping. An alarm in DeploymentPreference may refer to the
// function: https://github.com/aws-cloudformation/cfn-lint/issues/2501
func functionNeeds(properties map[string]any) map[string]any {
	own := maps.Clone(properties)
	others := []string{"Events", "DeploymentPreference", "ProvisionedConcurrencyConfig", "VersionDescription"}
	if own["Role"] != nil { // then SAM makes no role
		others = append(others, "Policies", "AssumeRolePolicyDocument", "PermissionsBoundary", "RolePath")
	}
	for _, name := range others {
		delete(own, name)
	}
	return own
}

// apisOf returns the ids of the APIs that have routes to a function. Each route has a Ref of its API.
// https://github.com/aws/serverless-application-model/issues/386
func apisOf(properties map[string]any) (ids []string) {
	events, _ := properties["Events"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(events)) {
		event, _ := events[name].(map[string]any)
		route, _ := event["Properties"].(map[string]any)
		_, argument, _ := call(route["RestApiId"])
		if id, ok := argument.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// dependsOn returns the ids in a DependsOn, which is one or a list.
func dependsOn(attribute any) (ids []string) {
	list, isList := attribute.([]any)
	if !isList {
		list = []any{attribute}
	}
	for _, other := range list {
		if id, ok := other.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
