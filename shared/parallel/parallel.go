// Package parallel does many things at once, as many as there are connections to an AWS service. It
// keeps no results and stops at no error: what it calls notes what came of it.
package parallel

import (
	"sync"

	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/panics"
)

// Do calls all parts at once, as [ForEach] does.
func Do(parts ...func()) { ForEach(parts, func(part func()) { part() }) }

// ForEach calls do for all elements, as many at once as there are connections. If do
// panics, the others are done all the same, and then ForEach panics with the first
// [*panics.Error]: in its caller's goroutine, where it can be caught.
func ForEach[T any](elements []T, do func(T)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, awsclient.MaxConnections)
	panicked := make(chan error, 1)
	for _, element := range elements {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := panics.Catch(func() { do(element) }); err != nil {
				select {
				case panicked <- err:
				default: // only the first one is told
				}
			}
		})
	}
	running.Wait()
	select {
	case err := <-panicked:
		panic(err)
	default:
	}
}
