package generated

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"simple-sam-demo/internal/template"
)

const authorization = "docs/authorization.md"

var (
	policyBlock = regexp.MustCompile("(?s)(\n```json\n).*?(```\n)")
	parameter   = regexp.MustCompile(`\{[^}]*\}`)
)

// withPolicy returns the text of authorization.md, with a policy that allows the routes and nothing else.
func withPolicy(root string, routes []template.Route) ([]byte, error) {
	page, err := os.ReadFile(filepath.Join(root, authorization))
	if err != nil {
		return nil, err
	}
	block := policyBlock.FindSubmatchIndex(page)
	if block == nil {
		return nil, fmt.Errorf("%s has no block of json", authorization)
	}
	type statement struct {
		Effect, Action string
		Resource       []string
	}
	allowed := statement{Effect: "Allow", Action: "execute-api:Invoke"}
	for _, r := range routes {
		path := parameter.ReplaceAllString(r.Path, "*")
		allowed.Resource = append(allowed.Resource, strings.Join([]string{"arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5", r.Stage, r.Method}, "/")+path)
	}
	policy, err := json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{allowed}}, "", "  ")
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s%s\n%s", page[:block[3]], policy, page[block[4]:]), nil
}
