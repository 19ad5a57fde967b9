package table

import (
	"errors"
	"slices"

	"simple-sam-demo/shared/parallel"
)

// Write writes the elements of each group by one call. Then it writes those alone that this call
// left undecided ([ErrUndecided]), whether the other groups are written or not: their calls may hang.
// write makes one call and notes the error of each of its elements. errOf returns what it noted; other
// elements may be written meanwhile. Write returns why DynamoDB refused elements in their group
// ([ErrRefused]), in the order of the groups.
func Write[T any](groups [][]T, write func([]T), errOf func(T) error) (refused []error) {
	reasons, parts := make([][]error, len(groups)), make([]func(), len(groups))
	for i, group := range groups {
		parts[i] = func() { reasons[i] = writeGroup(group, write, errOf) }
	}
	parallel.Do(parts...)
	return slices.Concat(reasons...)
}

func writeGroup[T any](group []T, write func([]T), errOf func(T) error) (refused []error) {
	write(group)
	var alone [][]T
	for _, element := range group {
		err := errOf(element)
		if errors.Is(err, ErrRefused) {
			refused = append(refused, err)
		}
		if errors.Is(err, ErrUndecided) {
			alone = append(alone, []T{element})
		}
	}
	parallel.ForEach(alone, write)
	return refused
}

// Panicked returns the errors of the n elements of a call that panicked. When they were several, one
// of them made it panic, perhaps, and each is to be written alone.
func Panicked(panicked error, n int) []error {
	if n > 1 {
		panicked = ErrUndecided
	}
	return slices.Repeat([]error{panicked}, n)
}
