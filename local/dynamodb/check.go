package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxExpression is how long an expression can be, in bytes. One of some megabytes
// would overflow the stack in minidyn, which is the end of the process.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
const maxExpression = 4 << 10

// check tells whether a body may come before minidyn, and else how it is refused.
// minidyn itself reads the first JSON value of it, whatever comes after.
func check(body []byte) (refusal answer, ok bool) {
	if len(body) <= maxExpression && json.Valid(body) {
		return answer{}, true
	}
	var request any
	if err := json.Unmarshal(body, &request); err != nil {
		return failure("SerializationException", err.Error()), false
	}
	if size := longestExpression(request); size > maxExpression {
		return failure("ValidationException", fmt.Sprintf("Expression size has exceeded the maximum allowed size; expression size: %d", size)), false
	}
	return answer{}, true
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
