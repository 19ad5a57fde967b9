package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/truora/minidyn/types"
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
	if len(body) > maxItem && largestItem(request) > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// maxItem is how large an item can be, in bytes; its JSON is larger.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
const maxItem = 400 << 10

// largestItem returns the size of the largest member that is an item to put.
func largestItem(node any) int {
	largest := 0
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			largest = max(largest, largestItem(child))
		}
	case map[string]any:
		for name, child := range node {
			var i map[string]*types.Item
			if name == "Item" && json.Unmarshal(mustJSON(child), &i) == nil {
				largest = max(largest, itemSize(i))
			} else {
				largest = max(largest, largestItem(child))
			}
		}
	}
	return largest
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
