package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// The large model is a forest of trees that are made up. What a tree takes depends on its size alone, and not on
// whether it is right. Each item passes depth splits in each tree; in a forest that scikit-learn fits to the data
// set, it passes fewer.
const (
	forestTrees = 1_000
	forestDepth = 5
)

// forestTree is a tree as it stands in the artifact: see docs/model.md.
type forestTree struct {
	Features   []int       `json:"features"`
	Thresholds []float64   `json:"thresholds"`
	Leaves     [][]float64 `json:"leaves"`
}

// grow adds a tree of a depth, whose leaves have so many probabilities. The nodes are in preorder.
func (t *forestTree) grow(random *rand.Rand, depth, classes int) {
	if depth == 0 {
		leaf := make([]float64, classes)
		leaf[random.IntN(classes)] = 1
		t.Features, t.Leaves = append(t.Features, -1), append(t.Leaves, leaf)
		return
	}
	feature := random.IntN(len(item.Features))
	low, high := sample.Range(feature)
	t.Features, t.Thresholds = append(t.Features, feature), append(t.Thresholds, low+random.Float64()*(high-low))
	t.grow(random, depth-1, classes)
	t.grow(random, depth-1, classes)
}

// forest returns the artifact of a forest that has the classes and the version of the model that is compiled in.
func forest() ([]byte, error) {
	embedded, err := classifier.Embedded()
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same forest in each run
	trees := make([]forestTree, forestTrees)
	for i := range trees {
		trees[i].grow(random, forestDepth, len(embedded.Classes()))
	}
	var features []string
	for _, f := range item.Features {
		features = append(features, f.Name)
	}
	return json.Marshal(map[string]any{
		"version": embedded.Version(), "kind": "random_forest", "features": features, "classes": embedded.Classes(), "trees": trees,
		"trained": map[string]any{"source": "nothing", "objective": "none: the trees are made up", "rows": 1, "train_accuracy": 0, "test_accuracy": 0},
	})
}

// writeForest writes the artifact into a folder, and measures how much processor time an item takes in it.
func writeForest(folder string) (path string, perItem time.Duration, err error) {
	text, err := forest()
	if err != nil {
		return "", 0, err
	}
	model, err := classifier.Parse(text)
	if err != nil {
		return "", 0, err
	}
	if path, err = filepath.Abs(filepath.Join(folder, "forest.json")); err != nil {
		return "", 0, err
	}
	items := make([]item.Measurements, 10_000)
	for i := range items {
		items[i] = sample.Nth(i)
	}
	before := processorTime()
	for _, m := range items {
		model.Predict(m)
	}
	return path, (processorTime() - before) / time.Duration(len(items)), os.WriteFile(path, text, 0o600)
}
