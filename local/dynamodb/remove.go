package dynamodb

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// remove makes an update's REMOVE remove: minidyn 0.8.2 evaluates it, but keeps a
// top-level attribute in the item all the same. It returns the attributes.
func (s *Server) remove(tableName *string, key item, expression *string, aliases map[string]string) []string {
	removed := removedAttributes(aws.ToString(expression), aliases)
	table := s.tables[aws.ToString(tableName)]
	if id, err := table.KeySchema.GetKey(table.AttributesDef, stored(key)); err == nil {
		for _, name := range removed {
			delete(table.Data[id], name)
		}
	}
	return removed
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
