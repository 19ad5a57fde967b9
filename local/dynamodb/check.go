package dynamodb

import (
	"encoding/json"
	"strings"
)

// maxExpression is how long an expression can be, in bytes. One of some megabytes
// would overflow the stack in minidyn, which is the end of the process.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxExpression = 4 << 10

// check tells why a body may not come before minidyn. Whether it is JSON comes later.
func check(body []byte) error {
	if len(body) <= maxExpression {
		return nil
	}
	var request any
	if err := json.Unmarshal(body, &request); err != nil {
		return unreadable(err)
	}
	if size := longestExpression(request); size > maxExpression {
		return invalid("Expression size has exceeded the maximum allowed size; expression size: %d", size)
	}
	return nil
}

// longestExpression returns the length of the longest member that is an expression, in
// any case of letters, as encoding/json takes them.
func longestExpression(node any) int {
	longest := 0
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			longest = max(longest, longestExpression(child))
		}
	case map[string]any:
		for name, child := range node {
			if text, ok := child.(string); ok && strings.HasSuffix(strings.ToUpper(name), "EXPRESSION") {
				longest = max(longest, len(text))
			}
			longest = max(longest, longestExpression(child))
		}
	}
	return longest
}
