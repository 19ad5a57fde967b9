package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// results are what is known of mutants, by their names. Each is in a file, too, as a line of JSON, so that a run
// that was interrupted can go on.
type results struct {
	mu     sync.Mutex
	known  map[string]result
	writer io.WriteCloser
}

// openResults reads a file of results, and appends to it.
func openResults(path string) (*results, error) {
	if path == "" {
		path = os.DevNull
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	r := &results{known: map[string]result{}, writer: file}
	for decoder := json.NewDecoder(file); ; {
		var one result
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read results %s: %w (remove the file to begin anew)", path, err)
		}
		r.known[one.Name] = one
	}
}

func (r *results) get(name string) (result, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one, ok := r.known[name]
	return one, ok
}

func (r *results) add(one result) error {
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[one.Name] = one
	_, err = r.writer.Write(append(line, '\n'))
	return err
}

// readReasons reads the list of mutants that may survive. A line that is not indented is a mutant's name, and the
// indented lines after it are the reason. Lines that begin with # are comments.
func readReasons(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reasons, name := map[string]string{}, ""
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case line[0] != ' ' && line[0] != '\t':
			name = text
			if _, twice := reasons[name]; twice {
				return nil, fmt.Errorf("%s:%d: %s is there twice: keep one of the two", path, number, name)
			}
			reasons[name] = ""
		case name == "":
			return nil, fmt.Errorf("%s:%d: a reason without a mutant: write the mutant's name in the line above, not indented", path, number)
		default:
			reasons[name] = strings.TrimSpace(reasons[name] + " " + text)
		}
	}
	for name, reason := range reasons {
		if reason == "" {
			return nil, fmt.Errorf("%s: %s has no reason: write one in the next line, indented", path, name)
		}
	}
	return reasons, lines.Err()
}
