package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"simple-sam-demo/shared/item"
)

// checkpoint says how far a backfill is. It is kept in memory and in a file. It is written only after
// the keys were enqueued. So if the process is killed, no key is left out; some keys may be enqueued
// twice.
type checkpoint struct {
	Search   search    `json:"search"`
	TableID  string    `json:"table_id"` // of the table that was scanned: a new one may get its name
	Before   string    `json:"before"`   // pending items were created before this time, in item.TimeFormat
	Segments []segment `json:"segments"`

	path    string // "" to keep no file
	takenUp bool   // it is of an earlier run
	mu      sync.Mutex
}

type segment struct {
	count
	Last string `json:"last,omitempty"` // id of the last item that was done
	Done bool   `json:"done"`
}

// count says how many items were done.
type count struct {
	Scanned  int `json:"scanned"`
	Enqueued int `json:"enqueued"`
	LeftOut  int `json:"left_out"` // because their ids are not valid
}

// openCheckpoint reads the file, or begins a new one. If the file belongs to another search or another table,
// the error says what to do.
func openCheckpoint(o options, tableID string) (*checkpoint, error) {
	fresh := &checkpoint{
		Search: o.search, TableID: tableID, Segments: make([]segment, o.Segments),
		Before: item.FormatTime(time.Now().Add(-o.olderThan)),
	}
	if o.dryRun {
		return fresh, nil
	}
	fresh.path = o.checkpoint
	text, err := os.ReadFile(o.checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, fresh.save() // so an unwritable file is found out before anything is enqueued
	}
	if err != nil {
		return nil, err
	}
	c := &checkpoint{path: o.checkpoint, takenUp: true}
	if err := json.Unmarshal(text, c); err != nil || len(c.Segments) == 0 || len(c.Segments) != c.Search.Segments {
		return nil, fmt.Errorf("%s is no checkpoint file: choose another path with -checkpoint", o.checkpoint)
	}
	if c.Search.Table == o.Table && c.TableID != tableID {
		return nil, fmt.Errorf("%s is not of this table %s, but of an earlier table with that name, or of an earlier version of this program: "+
			"delete the file to start anew", o.checkpoint, o.Table)
	}
	if c.Search != o.search {
		return nil, fmt.Errorf("%s is of another backfill: %s. "+
			"Finish that one by running it with these flags, or delete the file, or choose another file with -checkpoint", o.checkpoint, c.Search)
	}
	return c, nil
}

// String returns flags that describe the same search. They may differ from the flags that were given.
func (s search) String() string {
	text := fmt.Sprintf("-table %s -queue %s -older-than %s -segments %d", s.Table, s.Queue, s.OlderThan, s.Segments)
	if s.ModelVersion != "" {
		text += " -model-version " + s.ModelVersion
	}
	if s.Failed {
		text += " -failed"
	}
	return text
}

func (c *checkpoint) segment(i int) segment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Segments[i]
}

// record saves how far a segment is, and returns the count of all segments together.
func (c *checkpoint) record(i int, s segment) (count, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Segments[i] = s
	return c.total(), c.save()
}

func (c *checkpoint) total() (sum count) {
	for _, s := range c.Segments {
		sum.Scanned += s.Scanned
		sum.Enqueued += s.Enqueued
		sum.LeftOut += s.LeftOut
	}
	return sum
}

func (c *checkpoint) done() bool {
	for _, s := range c.Segments {
		if !s.Done {
			return false
		}
	}
	return true
}

// save replaces the whole file at once. So a process that is killed leaves no half-written file.
func (c *checkpoint) save() error {
	if c.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(c.path), filepath.Base(c.path)+".*") // its own name, because two backfills may write at the same time
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), c.path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}

// remove deletes the file of a backfill that is done.
func (c *checkpoint) remove() error {
	if c.path == "" {
		return nil
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) { // another backfill may have removed it
		return err
	}
	return nil
}
