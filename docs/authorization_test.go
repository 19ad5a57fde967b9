package docs_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	policyBlock = regexp.MustCompile("(?s)```json\n(.*?)```")
	routeOfARN  = regexp.MustCompile(`^arn:aws:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]{10}/([^/]+)/([A-Z]+)(/.*)$`)
	parameter   = regexp.MustCompile(`\{\w+\}`)
)

func TestTheExamplePolicyAllowsTheRoutesAndNothingElse(t *testing.T) {
	text, err := os.ReadFile("authorization.md")
	if err != nil {
		t.Fatal(err)
	}
	block := policyBlock.FindSubmatch(text)
	if block == nil {
		t.Fatal("there is no policy")
	}
	var policy struct {
		Statement []struct {
			Effect, Action string
			Resource       []string
		}
	}
	if err := json.Unmarshal(block[1], &policy); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" || statement.Action != "execute-api:Invoke" {
			t.Errorf("it says %s %s", statement.Effect, statement.Action)
		}
		for _, resource := range statement.Resource {
			parts := routeOfARN.FindStringSubmatch(resource)
			if parts == nil {
				t.Fatalf("%s is not of one route", resource)
			}
			got = append(got, strings.Join(parts[1:], " "))
		}
	}
	system, err := readTemplate(t).Resolve(func(id, _ string) (string, error) { return id, nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range system.Routes {
		want = append(want, strings.Join([]string{route.Stage, route.Method, parameter.ReplaceAllString(route.Path, "*")}, " "))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-template +policy):\n%s", diff)
	}
}
