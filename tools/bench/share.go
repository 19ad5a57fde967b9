package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"simple-sam-demo/internal/runtimeapi"
	"simple-sam-demo/internal/template"
)

// memorySizes are those that the functions are measured with, in MB.
var memorySizes = []int{128, 256, 512, 1024, 1769}

// kind is a kind of invocation that is measured.
type kind struct {
	Name     string
	Function string // logical id
	Items    int    // in the invocation's event
	Later    int    // how many invocations follow the first in an environment
}

var kinds = []kind{
	{onePost, writerFunction, 1, 10},
	{hundredPosts, writerFunction, 100, 4},
	{oneMessage, enricherFunction, 1, 10},
	{hundredMessages, enricherFunction, 100, 4},
	{"enricher, 1000 messages", enricherFunction, 1000, 1},
}

// Names of those kinds that other parts ask for.
const (
	onePost         = "POST"
	hundredPosts    = "POST of a batch of 100"
	oneMessage      = "enricher, 1 message"
	hundredMessages = "enricher, 100 messages"
)

// freshEnvironments is the number of new execution environments in which each kind of invocation is
// measured.
const freshEnvironments = 5

// shareOf holds the measurements of one kind of invocation with one memory size.
type shareOf struct {
	kind
	Memory       int // MB
	Build        int // index in results.Builds
	Init         time.Duration
	First, Later time.Duration // medians
	CPU          time.Duration // of an item, in later invocations
	NotDone      int           // items of all first invocations that were given back, or answered as failed
	OfItems      int           // items of all first invocations
	Logged       float64       // bytes for an item
}

// measureShare measures the functions of this work tree, and those of another commit if one was given.
// Where functions can't be given a share of a core, it measures them with all of the processor, because
// the part "cost" needs their durations.
func (m *measurement) measureShare(ctx context.Context, _ *testing.T) error {
	ours, err := buildFunctions(ctx, "new", ".", m.bin)
	if err != nil {
		return err
	}
	m.results.Builds = []functionBuild{ours}
	if m.results.Memory, err = ours.defaultMemory(); err != nil {
		return err
	}
	groups, err := findCgroups()
	switch {
	case err == nil && m.against != "":
		return m.compare(ctx, &groups)
	case err == nil:
		return m.measureShares(ctx, &groups, memorySizes)
	case m.against != "":
		return fmt.Errorf("-against compares functions with shares of a core, which they can't be given here: %w", err)
	default:
		m.results.ShareLeftOut = err.Error()
		fmt.Fprintf(m.progress, "        on whole cores, as functions can't be given a share of a core here: %v\n", err)
		return m.measureShares(ctx, nil, []int{m.results.Memory})
	}
}

// measureShares measures each kind of invocation with each memory size, of all builds in turns. Without
// groups the functions have all of the processor.
func (m *measurement) measureShares(ctx context.Context, groups *cgroups, sizes []int) error {
	return withAWS(ctx, m.bin, func(cloud *awsProcess) error {
		s := sharer{groups: groups, cloud: cloud, prepare: newPreparer(cloud.Direct)}
		for _, k := range kinds {
			for _, memory := range sizes {
				measured, err := s.measure(ctx, k, memory, m.results.Builds)
				if err != nil {
					return fmt.Errorf("%s, %d MB: %w", k.Name, memory, err)
				}
				m.results.Shares = append(m.results.Shares, measured...)
			}
			fmt.Fprintf(m.progress, "        %s\n", k.Name)
		}
		return nil
	})
}

// withAWS starts AWS with an empty table and empty queues, and stops it after use. bin is a folder.
func withAWS(ctx context.Context, bin string, use func(*awsProcess) error) error {
	folder, err := os.MkdirTemp(bin, "aws") // of its own, as the functions read each file in it
	if err != nil {
		return err
	}
	cloud, err := startAWS(ctx, folder)
	if err != nil {
		return err
	}
	defer cloud.stop()
	return use(cloud)
}

// sharer measures functions with a share of a core.
type sharer struct {
	groups  *cgroups
	cloud   *awsProcess
	prepare *preparer
	posted  int // how many items were posted so far
}

// counter counts the bytes that are written to it.
type counter struct{ atomic.Int64 }

// Write never returns an error.
func (c *counter) Write(text []byte) (int, error) {
	c.Add(int64(len(text)))
	return len(text), nil
}

// turns is what was measured in the environments of one build.
type turns struct {
	init, first, later, cpu []time.Duration
	notDone, items          int // items of first invocations: those that were not done, and all
	logged, loggedItems     int // bytes, and the items that they are of
}

// measure measures a kind of invocation with a memory size. The builds take turns.
func (s *sharer) measure(ctx context.Context, k kind, memory int, builds []functionBuild) ([]shareOf, error) {
	all := make([]turns, len(builds))
	for range freshEnvironments {
		for i, b := range builds {
			if err := s.turn(ctx, k, memory, b, &all[i]); err != nil {
				return nil, fmt.Errorf("build %s: %w", b.Name, err)
			}
		}
	}
	var measured []shareOf
	for i, t := range all {
		measured = append(measured, shareOf{
			kind: k, Memory: memory, Build: i, Init: median(t.init), First: median(t.first), Later: median(t.later), CPU: median(t.cpu),
			NotDone: t.notDone, OfItems: t.items, Logged: float64(t.logged) / float64(t.loggedItems),
		})
	}
	return measured, nil
}

// turn starts a new environment, measures its invocations, and stops it.
func (s *sharer) turn(ctx context.Context, k kind, memory int, b functionBuild, t *turns) error {
	function, err := b.function(k.Function, memory)
	if err != nil {
		return err
	}
	var logged counter
	e, remove, err := s.start(ctx, &logged, b.programs[k.Function], function, memory)
	if err != nil {
		return err
	}
	err = s.invokeAll(ctx, e, k, function.Timeout, t)
	e.Stop()
	t.logged += int(logged.Load())
	return errors.Join(err, remove())
}

// start starts an execution environment. It limits the environment to its share only when the
// environment asks for its first invocation, because Lambda does not limit the init phase.
func (s *sharer) start(ctx context.Context, logged io.Writer, path string, function template.Function, memory int) (e *runtimeapi.Environment, remove func() error, err error) {
	p := runtimeapi.Program{Path: path, Stdout: logged}
	if s.groups == nil {
		p.Variables = append(s.cloud.plainVariables(), variables(function)...)
		e, err = runtimeapi.Start(ctx, p)
		return e, func() error { return nil }, err
	}
	group, err := s.groups.create()
	if err != nil {
		return nil, nil, err
	}
	p.Variables, p.Started = append(s.cloud.variables(), variables(function)...), group.addProcess
	if e, err = runtimeapi.Start(ctx, p); err != nil {
		return nil, nil, errors.Join(err, group.remove())
	}
	if err := group.limit(quota(memory)); err != nil {
		e.Stop()
		return nil, nil, errors.Join(err, group.remove())
	}
	return e, group.remove, nil
}

// invokeAll invokes the function for the first time in its environment, and then some more times.
func (s *sharer) invokeAll(ctx context.Context, e *runtimeapi.Environment, k kind, timeout time.Duration, t *turns) error {
	t.init = append(t.init, e.Init)
	for i := range 1 + k.Later {
		lasted, cpu, notDone, err := s.invoke(ctx, e, k, timeout)
		if err != nil && !errors.Is(err, runtimeapi.ErrTimedOut) {
			return err
		}
		t.loggedItems += k.Items
		if i == 0 {
			t.first, t.notDone, t.items = append(t.first, lasted), t.notDone+notDone, t.items+k.Items
		} else {
			t.later, t.cpu = append(t.later, lasted), append(t.cpu, cpu/time.Duration(k.Items))
		}
		if err != nil { // Lambda would end the environment here
			return nil
		}
	}
	return nil
}

// invoke invokes the function with an event of new items.
func (s *sharer) invoke(ctx context.Context, e *runtimeapi.Environment, k kind, timeout time.Duration) (lasted, cpu time.Duration, notDone int, err error) {
	event, err := s.event(ctx, k)
	if err != nil {
		return 0, 0, 0, err
	}
	before := processorTimeOf(e.Command.Process.Pid)
	got, lasted, err := e.Invoke(ctx, event, timeout)
	if err != nil {
		return lasted, 0, k.Items, err
	}
	cpu = processorTimeOf(e.Command.Process.Pid) - before
	notDone, err = k.notDone(got.Payload)
	return lasted, cpu, notDone, err
}
