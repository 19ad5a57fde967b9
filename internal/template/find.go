package template

import (
	"fmt"
	"os"
	"path/filepath"
)

// Find returns the path of the template.yaml in this folder or in the nearest one above.
func Find() (path string, err error) {
	const name = "template.yaml"
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for folder := here; ; folder = filepath.Dir(folder) {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no %s in %s or in a folder above it", name, here)
		}
	}
}
