package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// printShares prints what each build does on shares of a core, and with two builds the ratios.
func printShares(out io.Writer, r results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, p := range r.Compared {
		fmt.Fprintf(w, "%s\t%s\tstart without connections %s ms\t%.2f MB\t\n", p.Name, r.Builds[i%2].Name, milliseconds(p.Start), float64(p.Bytes)/1e6)
		if i%2 == 1 {
			ours := r.Compared[i-1]
			fmt.Fprintf(w, "\t÷\t%.2f\t%.2f\t\n", ratioOf(ours.Start, p.Start), float64(ours.Bytes)/float64(p.Bytes))
		}
	}
	for _, s := range r.Shares {
		if s.Build > 0 {
			continue
		}
		for i := range r.Builds {
			s, _ := r.share(s.Name, s.Memory, i)
			size := fmt.Sprintf("%d MB", s.Memory)
			if r.ShareLeftOut != "" {
				size = "whole cores"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\tinit %s\tfirst %s\tlater %s ms\tCPU an item %.2f ms\tnot done %d of %d\tlogged an item %.0f B\t\n",
				s.Name, size, r.Builds[i].Name, milliseconds(s.Init), milliseconds(s.First), milliseconds(s.Later),
				s.CPU.Seconds()*1000, s.NotDone, s.OfItems, s.Logged)
		}
		if old, ok := r.share(s.Name, s.Memory, 1); ok {
			fmt.Fprintf(w, "\t\t÷\t%.2f\t%.2f\t%.2f\t%.2f\t\t%.2f\t\n", ratioOf(s.Init, old.Init), ratioOf(s.First, old.First),
				ratioOf(s.Later, old.Later), ratioOf(s.CPU, old.CPU), s.Logged/old.Logged)
		}
	}
	if r.ShareLeftOut == "" {
		fmt.Fprintln(w, "\nLambda's time for a million items\tone by one\tby batch of 100\t")
		for _, m := range r.MemoryCosts() {
			fmt.Fprintf(w, "%d MB\t$%.2f\t$%.3f\t\n", m.Memory, m.OneByOne, m.ByBatch)
		}
	}
	return w.Flush()
}

// share returns a kind of invocation with a memory size and a build.
func (r results) share(kind string, memory, build int) (shareOf, bool) {
	for _, s := range r.Shares {
		if s.Name == kind && s.Memory == memory && s.Build == build {
			return s, true
		}
	}
	return shareOf{}, false
}

func ratioOf(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1000) }

// OurShares are those of this work tree.
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

// memoryCost is what a memory size costs and brings.
type memoryCost struct {
	Memory             int
	Core               float64       // share of one
	OneByOne, ByBatch  float64       // dollars of Lambda's time for a million items
	Post, Batch        time.Duration // how long later invocations last
	FirstPost, FirstOf time.Duration // and the first of an environment
}

// MemoryCosts are those of every memory size: a POST and a message of its own an item, or both
// with a hundred.
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
