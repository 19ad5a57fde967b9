package dynamodb

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// updateItem makes REMOVE remove: minidyn 0.8.2 evaluates it, but keeps a top-level
// attribute in the item all the same.
func (s *Server) updateItem(body []byte) answer {
	a := s.forward("UpdateItem", body)
	var in struct {
		TableName                string
		Key                      map[string]any
		UpdateExpression         string
		ExpressionAttributeNames map[string]string
		ReturnValues             string
	}
	if a.status != http.StatusOK || json.Unmarshal(body, &in) != nil {
		return a
	}
	removed := removedAttributes(in.UpdateExpression, in.ExpressionAttributeNames)
	if len(removed) == 0 {
		return a
	}
	var stored struct{ Item map[string]any }
	get := s.forward("GetItem", mustJSON(map[string]any{"TableName": in.TableName, "Key": in.Key}))
	if json.Unmarshal(get.body, &stored) != nil || !without(stored.Item, removed) {
		return a
	}
	if put := s.forward("PutItem", mustJSON(map[string]any{"TableName": in.TableName, "Item": stored.Item})); put.status != http.StatusOK {
		return put
	}
	if in.ReturnValues == "ALL_OLD" || in.ReturnValues == "UPDATED_OLD" {
		return a
	}
	var out map[string]map[string]any
	if json.Unmarshal(a.body, &out) == nil && without(out["Attributes"], removed) {
		return answer{a.status, mustJSON(out)}
	}
	return a
}

// without deletes names from a map and tells whether any was there.
func without(attributes map[string]any, names []string) bool {
	before := len(attributes)
	for _, name := range names {
		delete(attributes, name)
	}
	return len(attributes) < before
}

// removedAttributes returns the top-level attributes in an update expression's
// REMOVE clause.
func removedAttributes(expression string, aliases map[string]string) []string {
	var names []string
	inRemove := false
	for _, token := range strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) }) {
		if slices.Contains([]string{"SET", "REMOVE", "ADD", "DELETE"}, strings.ToUpper(token)) {
			inRemove = strings.EqualFold(token, "REMOVE")
			continue
		}
		if inRemove && !strings.ContainsAny(token, ".[") {
			if name, ok := aliases[token]; ok {
				token = name
			}
			names = append(names, token)
		}
	}
	return names
}
