package table

import (
	"errors"

	"simple-sam-demo/shared/parallel"
)

// Write writes the elements of each group by one call, and then alone those that their group
// left undecided ([ErrUndecided]). write makes one call and notes the error of each of its
// elements, errOf returns it. Write returns why elements were refused ([ErrRefused]) that were
// then written alone.
func Write[T any](groups [][]T, write func([]T), errOf func(T) error) (refused []error) {
	parallel.ForEach(groups, write)
	var alone [][]T
	for _, group := range groups {
		for _, element := range group {
			err := errOf(element)
			if errors.Is(err, ErrRefused) {
				refused = append(refused, err)
			}
			if errors.Is(err, ErrUndecided) {
				alone = append(alone, []T{element})
			}
		}
	}
	parallel.ForEach(alone, write)
	return refused
}
