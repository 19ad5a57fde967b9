package template

import (
	"fmt"
	"os"
	"path/filepath"
)

// Find returns the path of the template.yaml of the module: that beside the nearest go.mod, in this folder
// or above it. A folder of the module can have a template of its own, as enricher/worker has. Outside of a
// module, it is the nearest template.yaml.
func Find() (path string, err error) {
	const name = "template.yaml"
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	nearest := ""
	for folder := here; ; folder = filepath.Dir(folder) {
		path := filepath.Join(folder, name)
		switch {
		case exists(path) && exists(filepath.Join(folder, "go.mod")):
			return path, nil
		case exists(path) && nearest == "":
			nearest = path
		}
		if folder == filepath.Dir(folder) {
			break
		}
	}
	if nearest == "" {
		return "", fmt.Errorf("no %s in %s or in a folder above it", name, here)
	}
	return nearest, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
