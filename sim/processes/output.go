package processes

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"simple-sam-demo/shared/telemetry"
)

// output is what a process writes: its log, and what Go's runtime says when it ends the process.
type output struct {
	log    io.Writer
	errors *beginning
	files  []*os.File // to be closed when the process has ended
}

// newOutput returns an output. In a part of the processes something is wrong with it.
func (p *process) newOutput() *output {
	r := p.run
	o := &output{log: newLines(r.record), errors: &beginning{}}
	if !r.disturbing.Load() {
		return o
	}
	switch x := r.chance.number(); {
	case x < 0.05:
		o.log = o.keep(os.OpenFile("/dev/full", os.O_WRONLY, 0))
		p.note(logFull)
	case x < 0.1:
		read, write, err := os.Pipe()
		o.log = o.keep(write, err)
		_ = read.Close()
		p.note(logClosed)
	case x < 0.12 && !r.Hasten:
		read, write, err := os.Pipe()
		o.keep(read, err)
		o.log = o.keep(write, nil)
		fill(write)
		p.note(logBlocked)
	}
	return o
}

// keep keeps a file open until the process has ended.
func (o *output) keep(f *os.File, err error) *os.File {
	if err != nil {
		panic(err) // every Linux has the device, and this process has file descriptors left
	}
	o.files = append(o.files, f)
	return f
}

// fill fills a pipe, up to the last page or so.
func fill(pipe *os.File) {
	const page, pages = 4096, 16 // man 7 pipe
	_ = pipe.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = pipe.Write(make([]byte, (pages-1)*page)) // if there is less room, it is full
	_ = pipe.SetWriteDeadline(time.Time{})
}

func (o *output) close() {
	for _, f := range o.files {
		_ = f.Close() // nothing was written that is not there
	}
}

// note notes something about the process that is so from its start.
func (p *process) note(what string) {
	p.mark(what)
	p.run.record.count("processes: "+what, 1)
}

// newLines returns what reads a log, and adds up what the lines count.
func newLines(c *record) io.Writer {
	read, write := io.Pipe()
	go func() {
		for lines := bufio.NewScanner(read); lines.Scan(); {
			var line map[string]any
			if json.Unmarshal(lines.Bytes(), &line) != nil { // a process was killed in the middle of it
				continue
			}
			for _, name := range []string{telemetry.ItemsCreated, telemetry.ItemsClassified} {
				if n, ok := line[name].(float64); ok {
					c.count("log lines: "+name, int(n))
				}
			}
		}
		_, _ = io.Copy(io.Discard, read) // after a line that is too long
	}()
	return write
}

// beginning keeps the beginning of what is written to it.
type beginning struct {
	mu   sync.Mutex
	text []byte
}

const longestBeginning = 2 << 10 // bytes

// Write never returns an error.
func (t *beginning) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if len(t.text) > longestBeginning {
		t.text = t.text[:longestBeginning] // Go's runtime says the cause first
	}
	return len(text), nil
}

func (t *beginning) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
