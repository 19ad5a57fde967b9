package commandline_test

import (
	"os"
	"path/filepath"
	"testing"

	"simple-sam-demo/internal/commandline"
)

func TestAnOutputThatCanBeWrittenIsLeftAsItIs(t *testing.T) {
	folder := t.TempDir()
	there, absent := filepath.Join(folder, "there"), filepath.Join(folder, "absent")
	if err := os.WriteFile(there, []byte("of an earlier run"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{there, absent} {
		if err := commandline.CheckOutput("-o", path); err != nil {
			t.Error(err)
		}
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "of an earlier run" {
		t.Errorf("it has now %q, %v", text, err)
	}
	if _, err := os.Stat(absent); err == nil {
		t.Error("it has left a file")
	}
}

func TestAnOutputThatCannotBeWrittenIsRefused(t *testing.T) {
	folder := t.TempDir()
	for path, reason := range map[string]string{
		folder: "is a directory", filepath.Join(folder, "nope", "x.svg"): "no such file or directory",
	} {
		want := "-svg: " + path + " can't be written: " + reason
		if err := commandline.CheckOutput("-svg", path); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
