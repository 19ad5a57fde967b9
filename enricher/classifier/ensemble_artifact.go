package classifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"simple-sam-demo/shared/item"
)

// maxTrees is the largest number of trees. With trees of this project's size, 10,000 take some 0.2 ms an item.
// The depth has no limit of its own: scikit-learn's trees may be as deep as they have splits. What the
// artifact may have of values limits it: one tree of 250,000 splits, all in a row, takes a few ms an item.
const maxTrees = 10_000

// isLeaf is what a leaf has in the place of a feature.
const isLeaf = -1

// sumTolerance is how far the probabilities in a leaf may sum up to something other than 1.
const sumTolerance = 1e-10

// ensembleParameters are those of an ensemble of trees, as they stand in the artifact.
type ensembleParameters struct {
	boosted bool
	trees   []json.RawMessage
	initial []*float64
}

// tree is one of them. Its members cannot hold null: see decodeTree.
type tree struct {
	features   []int32
	thresholds []float64
	leaves     json.RawMessage
}

func (p *ensembleParameters) fields() []field {
	fields := []field{{name: "trees", target: &p.trees}}
	if p.boosted {
		fields = append(fields, field{name: "initial", target: &p.initial})
	}
	return fields
}

func (p *ensembleParameters) family(classes []string) (family, error) {
	if len(classes) > maxEnsembleClasses {
		return nil, fmt.Errorf("%d classes, want at most %d", len(classes), maxEnsembleClasses)
	}
	if len(p.trees) == 0 || len(p.trees) > maxTrees {
		return nil, fmt.Errorf("%d trees, want 1 to %d", len(p.trees), maxTrees)
	}
	e := &ensemble{boosted: p.boosted, classes: len(classes)}
	if p.boosted {
		if err := e.setInitial(p.initial, len(p.trees)); err != nil {
			return nil, err
		}
	}
	for i, data := range p.trees {
		if err := e.addTree(data); err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
	}
	e.fill()
	return e, nil
}

// setInitial sets the scores before the first tree. A stage has a tree for each of them.
func (e *ensemble) setInitial(numbers []*float64, trees int) error {
	e.initial = make([]float64, e.classes)
	ofStage := e.initial
	if e.classes == 2 {
		ofStage = e.initial[1:]
	}
	if err := copyNumbers(ofStage, numbers); err != nil {
		return fmt.Errorf("initial: %w", err)
	}
	if trees%len(ofStage) != 0 {
		return fmt.Errorf("%d trees, want a multiple of %d: one a stage for each of the %d classes", trees, len(ofStage), e.classes)
	}
	return nil
}

// fill adds trees that add nothing, up to a multiple of atOnce.
func (e *ensemble) fill() {
	nothing := root{node: int32(len(e.nodes))}
	e.addNodes(tree{features: []int32{isLeaf}}, len(e.leaves)/e.leafSize())
	e.leaves = append(e.leaves, make([]float64, e.leafSize())...)
	for len(e.roots)%atOnce > 0 {
		e.roots = append(e.roots, nothing)
	}
}

// addTree checks a tree and adds its nodes.
func (e *ensemble) addTree(data json.RawMessage) error {
	t, err := decodeTree(data)
	if err != nil {
		return err
	}
	leaves, err := e.decodeLeaves(t.leaves)
	if err != nil {
		return err
	}
	if err := checkShape(t, len(leaves)); err != nil {
		return err
	}
	e.roots = append(e.roots, root{node: int32(len(e.nodes)), class: e.classOf(len(e.roots))})
	e.addNodes(t, len(e.leaves)/e.leafSize())
	for _, leaf := range leaves {
		e.leaves = append(e.leaves, leaf...)
	}
	return nil
}

// decodeTree reads a tree. Only lists of numbers are in it, so a null anywhere is a fault; encoding/json
// would read it as 0.
func decodeTree(data json.RawMessage) (t tree, err error) {
	if bytes.Contains(data, []byte("null")) {
		return t, errors.New("it holds null")
	}
	err = decodeObject(data, []field{
		{name: "features", target: &t.features},
		{name: "thresholds", target: &t.thresholds},
		{name: "leaves", target: &t.leaves},
	})
	return t, err
}

// leafSize is how many numbers a leaf has.
func (e *ensemble) leafSize() int {
	if e.boosted {
		return 1
	}
	return e.classes
}

// classOf tells to which class's score a tree of boosting adds.
func (e *ensemble) classOf(tree int) int32 {
	if e.classes == 2 {
		return 1
	}
	return int32(tree % e.classes)
}

func (e *ensemble) decodeLeaves(data json.RawMessage) (leaves [][]float64, err error) {
	if e.boosted {
		var numbers []float64
		if err := json.Unmarshal(data, &numbers); err != nil {
			return nil, fmt.Errorf("leaves: %w", err)
		}
		for i, number := range numbers {
			if math.Abs(number) > maxParameter/maxTrees {
				return nil, fmt.Errorf("leaf %d is %g, beyond ±%g", i, number, maxParameter/maxTrees)
			}
			leaves = append(leaves, numbers[i:i+1])
		}
		return leaves, nil
	}
	if err := json.Unmarshal(data, &leaves); err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	for i, probabilities := range leaves {
		if err := checkProbabilities(probabilities, e.classes); err != nil {
			return nil, fmt.Errorf("leaf %d: %w", i, err)
		}
	}
	return leaves, nil
}

func checkProbabilities(probabilities []float64, classes int) error {
	if len(probabilities) != classes {
		return fmt.Errorf("%d probabilities for %d classes", len(probabilities), classes)
	}
	sum := 0.0
	for class, p := range probabilities {
		if p < 0 || p > 1 {
			return fmt.Errorf("probability %d is %g, want 0 to 1", class, p)
		}
		sum += p
	}
	if math.Abs(sum-1) > sumTolerance {
		return fmt.Errorf("the probabilities sum up to %v, want 1", sum)
	}
	return nil
}

// checkShape checks that the nodes are one whole tree. In preorder, that is so if each split is followed by
// two trees, and nothing is left over. A node then has one parent, so there is no cycle.
func checkShape(t tree, leaves int) error {
	open, splits := 1, 0 // trees that are still to come
	for i, feature := range t.features {
		switch {
		case open == 0:
			return fmt.Errorf("node %d belongs to no split: the tree ends before it", i)
		case feature == isLeaf:
			open--
		case feature < isLeaf || int(feature) >= len(item.Features):
			return fmt.Errorf("node %d splits by feature %d, want 0 to %d, or %d for a leaf", i, feature, len(item.Features)-1, isLeaf)
		default:
			open++
			splits++
		}
	}
	switch {
	case open > 0:
		return fmt.Errorf("it ends after %d nodes, and %d are missing", len(t.features), open)
	case len(t.thresholds) != splits:
		return fmt.Errorf("%d thresholds for %d splits", len(t.thresholds), splits)
	case leaves != splits+1:
		return fmt.Errorf("%d leaves, want %d", leaves, splits+1)
	}
	for i, threshold := range t.thresholds {
		if math.Abs(threshold) > maxParameter {
			return fmt.Errorf("threshold %d is %g, beyond ±%g", i, threshold, maxParameter)
		}
	}
	return nil
}

// addNodes adds the nodes of a checked tree. Its first leaf is so many leaves behind the start of all.
func (e *ensemble) addNodes(t tree, leaf int) {
	var waiting []int // splits whose right side is still to come
	thresholds := t.thresholds
	for _, feature := range t.features {
		at := len(e.nodes)
		if feature != isLeaf {
			e.nodes, e.leafOf = append(e.nodes, node{threshold: thresholds[0], feature: feature}), append(e.leafOf, 0)
			thresholds = thresholds[1:]
			waiting = append(waiting, at)
			continue
		}
		e.nodes, e.leafOf = append(e.nodes, node{threshold: math.Inf(-1), right: int32(at)}), append(e.leafOf, int32(leaf*e.leafSize()))
		leaf++
		if n := len(waiting); n > 0 { // the next node is to the right of the last split that waits
			e.nodes[waiting[n-1]].right = int32(at + 1)
			waiting = waiting[:n-1]
		}
	}
}
