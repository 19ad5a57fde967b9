package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestAWrongCallIsRefusedInOneLine(t *testing.T) {
	t.Chdir(t.TempDir()) // has no template
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"an unknown flag": {[]string{"-x"}, 2, "flag provided but not defined: -x"},
		"an argument":     {[]string{"events"}, 2, `unexpected argument "events"`},
		"another folder":  {nil, 1, "template.yaml: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.want) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("status %d, %q; want %d and one line with %q", status, stderr.String(), test.status, test.want)
			}
		})
	}
}
