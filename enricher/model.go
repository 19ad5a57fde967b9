package enricher

import (
	"fmt"
	"io"
	"os"

	"simple-sam-demo/shared/model"
)

// loadModel reads the artifact at a path, or the embedded one when there is none.
func loadModel(path string) (*model.Model, error) {
	if path == "" {
		return model.Embedded()
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	artifact, err := io.ReadAll(io.LimitReader(file, model.MaxArtifactBytes+1)) // Parse refuses what is longer
	if err != nil {
		return nil, err
	}
	m, err := model.Parse(artifact)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
