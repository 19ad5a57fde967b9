package main

import (
	"slices"
	"time"
)

// share returns what was measured of a kind of invocation with a memory size and a build.
func (r results) share(kind string, memory, build int) (shareOf, bool) {
	for _, s := range r.Shares {
		if s.Name == kind && s.Memory == memory && s.Build == build {
			return s, true
		}
	}
	return shareOf{}, false
}

// OurShares are the measurements of this work tree, without those of another commit.
func (r results) OurShares() []shareOf {
	return slices.DeleteFunc(slices.Clone(r.Shares), func(s shareOf) bool { return s.Build > 0 })
}

// givenBack counts the messages that the enricher gave back of its first batches of 100 and more.
func (r results) givenBack(memory int) (n int) {
	for _, s := range r.OurShares() {
		if s.Memory == memory && s.Function == enricherFunction && s.Items >= 100 {
			n += s.NotDone
		}
	}
	return n
}

// memoryCost is what a memory size costs, and how long invocations last with it.
type memoryCost struct {
	Memory             int           // MB
	Core               float64       // the share of one
	OneByOne, ByBatch  float64       // dollars of Lambda's time for a million items
	Post, Batch        time.Duration // of later invocations: a POST, and a batch of 100 messages
	FirstPost, FirstOf time.Duration // of the first invocation in an environment
}

// MemoryCosts has each memory size. One by one, each item is a POST and a batch of its own. By batch, a
// POST has 100 items and a batch 100 messages.
func (r results) MemoryCosts() (all []memoryCost) {
	for _, memory := range memorySizes {
		of := map[string]shareOf{}
		for _, k := range kinds {
			of[k.Name], _ = r.share(k.Name, memory, 0)
		}
		dollars := func(names ...string) (sum float64) {
			for _, name := range names {
				sum += 1e6 / float64(of[name].Items) * billed(of[name].Later).Seconds() * gigabytes(memory) * lambdaDuration.Dollar
			}
			return sum
		}
		all = append(all, memoryCost{
			Memory: memory, Core: float64(memory) / memoryOfACore,
			OneByOne: dollars(onePost, oneMessage), ByBatch: dollars(hundredPosts, hundredMessages),
			Post: of[onePost].Later, Batch: of[hundredMessages].Later, FirstPost: of[onePost].First, FirstOf: of[hundredMessages].First,
		})
	}
	return all
}
