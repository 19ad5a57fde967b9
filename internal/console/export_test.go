package console

import (
	"maps"
	"slices"
)

// Routes are the patterns of all requests that the page answers.
func Routes() []string { return slices.Sorted(maps.Keys((&server{}).handlers())) }
