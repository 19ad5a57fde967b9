package sqs

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	kjson "sigs.k8s.io/json"
)

// policy is the access policy of a queue. Only its form is checked, not what its statements name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type policy struct {
	Version   string
	Id        string
	Statement statements
}

// statements are those of a policy. A policy with one statement needs no list.
type statements []map[string]any

func (s *statements) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return kjson.UnmarshalCaseSensitivePreserveInts(text, (*[]map[string]any)(s))
	}
	*s = statements{nil}
	return kjson.UnmarshalCaseSensitivePreserveInts(text, &(*s)[0])
}

// parse reads a policy into p, which may have defaults.
func (p *policy) parse(text string) error {
	unknown, err := kjson.UnmarshalStrict([]byte(text), p, kjson.DisallowUnknownFields)
	invalid := func(s map[string]any) bool { return !validStatement(s) }
	if err != nil || unknown != nil || !slices.Contains([]string{"", "2008-10-17", "2012-10-17"}, p.Version) ||
		len(p.Statement) == 0 || slices.ContainsFunc(p.Statement, invalid) {
		return errAttributeValue("Policy")
	}
	return nil
}

func checkPolicy(text string) (string, error) { return text, new(policy).parse(text) }

// statementMembers has a function for each member of a statement, which reports whether a value is valid.
var statementMembers = map[string]func(any) bool{
	"Sid":    func(v any) bool { _, ok := v.(string); return ok },
	"Effect": func(v any) bool { return v == "Allow" || v == "Deny" },
	"Action": isTextOrTexts, "NotAction": isTextOrTexts, "Resource": isTextOrTexts, "NotResource": isTextOrTexts,
	"Principal": isPrincipal, "NotPrincipal": isPrincipal,
	"Condition": func(v any) bool { _, ok := v.(map[string]any); return ok },
}

func validStatement(s map[string]any) bool {
	for name, v := range s {
		if valid, ok := statementMembers[name]; !ok || !valid(v) {
			return false
		}
	}
	has := func(name, opposite string) bool { return (s[name] != nil) != (s[opposite] != nil) }
	return s["Effect"] != nil && has("Action", "NotAction") && has("Principal", "NotPrincipal") &&
		(s["Resource"] == nil || s["NotResource"] == nil)
}

func isTextOrTexts(v any) bool {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(v any) bool { text, ok := v.(string); return !ok || text == "" })
}

func isPrincipal(v any) bool {
	kinds, ok := v.(map[string]any)
	for kind, names := range kinds {
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) || !isTextOrTexts(names) {
			return false
		}
	}
	return v == "*" || ok && len(kinds) > 0
}

// setPolicy sets a queue's policy. A policy without statements is removed.
func (q *queue) setPolicy(p policy) error {
	text := ""
	if len(p.Statement) > 0 {
		marshalled, err := json.Marshal(p)
		if err != nil {
			return err
		}
		text = string(marshalled)
	}
	changed, err := q.settings.with(map[string]string{"Policy": text})
	if err != nil {
		return err
	}
	q.settings, q.modified = changed, time.Now()
	return nil
}
