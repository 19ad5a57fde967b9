// Package parallel makes many AWS calls at once.
package parallel

import (
	"sync"

	"simple-sam-demo/shared/awsclient"
)

// ForEach calls do for all elements, as many at once as there are connections.
func ForEach[T any](elements []T, do func(T)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, awsclient.MaxConnections)
	for _, element := range elements {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			do(element)
		})
	}
	running.Wait()
}
