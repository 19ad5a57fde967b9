package classifier

import (
	"math"
	"slices"

	"simple-sam-demo/shared/item"
)

// ensemble is a number of decision trees: a random forest, whose trees' probabilities are averaged, or
// gradient boosting, whose trees add to the classes' scores.
//
// Sources: L. Breiman, "Random Forests", Machine Learning 45 (2001); J. H. Friedman, "Greedy Function
// Approximation: A Gradient Boosting Machine", The Annals of Statistics 29 (2001). The arithmetic is that of
// scikit-learn 1.9.1.
type ensemble struct {
	boosted bool
	classes int
	initial []float64 // of boosting: each class's score before the first tree
	nodes   []node    // of all trees, each in preorder
	roots   []root
	leafOf  []int32   // by node; of a leaf the index in leaves
	leaves  []float64 // of a forest: so many probabilities as there are classes, a leaf; of boosting: one number a leaf
}

// root is where a tree begins.
type root struct {
	node  int32
	class int32 // of boosting: to whose score the tree adds
}

// node is a split or a leaf, in 16 bytes. What is left of a split is the next node. Everything is over a
// leaf's threshold, and to its right is the leaf itself.
type node struct {
	threshold float64
	feature   int32 // that is compared with the threshold
	right     int32 // node
}

// maxEnsembleClasses allows the classes' scores to be on the stack.
const maxEnsembleClasses = 256

type scores [maxEnsembleClasses]float64

// predict returns the class with the highest weight. The probability is 1 over the sum of all weights
// relative to the highest, so that it is never below 1 over the number of classes.
func (e *ensemble) predict(measurements item.Measurements) (class int, probability float64) {
	var s scores
	best, total := e.weights(measurements, &s)
	return best, 1 / total
}

func (e *ensemble) probabilities(measurements item.Measurements) []float64 {
	var s scores
	_, total := e.weights(measurements, &s)
	probabilities := make([]float64, e.classes)
	for class := range probabilities {
		probabilities[class] = s[class] / total
	}
	return probabilities
}

// weights sets the weight of each class, relative to the highest, which is 1. It returns the class that has
// it, and the sum.
func (e *ensemble) weights(measurements item.Measurements, s *scores) (best int, total float64) {
	e.add(measurements, s)
	for class := range e.classes {
		if s[class] > s[best] {
			best = class
		}
	}
	top := s[best]
	for class := range e.classes {
		if e.boosted {
			s[class] = math.Exp(s[class] - top)
		} else {
			s[class] /= top
		}
		total += s[class]
	}
	return best, total
}

// atOnce is how many trees are followed at the same time. A processor waits for the memory at each step of a
// tree, and meanwhile does those of the others.
const atOnce = 4

// add adds up what all trees say. Their number is a multiple of atOnce.
func (e *ensemble) add(measurements item.Measurements, s *scores) {
	x := rounded(measurements)
	copy(s[:], e.initial)
	for some := range slices.Chunk(e.roots, atOnce) {
		e.addSome((*[atOnce]root)(some), &x, s)
	}
}

func (e *ensemble) addSome(roots *[atOnce]root, x *item.Measurements, s *scores) {
	a, b, c, d := roots[0].node, roots[1].node, roots[2].node, roots[3].node
	for {
		a, b, c, d = e.step(a, x), e.step(b, x), e.step(c, x), e.step(d, x)
		if e.isLeaf(a) && e.isLeaf(b) && e.isLeaf(c) && e.isLeaf(d) {
			break
		}
	}
	for i, node := range [atOnce]int32{a, b, c, d} {
		leaf := e.leafOf[node]
		if e.boosted {
			s[roots[i].class] += e.leaves[leaf]
			continue
		}
		for class, probability := range e.leaves[leaf : int(leaf)+e.classes] {
			s[class] += probability
		}
	}
}

// step goes from a node to the next, or from a leaf to itself. It needs no jump, which a processor would
// often foresee wrongly; that would take longer than the step.
func (e *ensemble) step(at int32, x *item.Measurements) int32 {
	n := e.nodes[at]
	toTheRight := -number(x[n.feature] > n.threshold) // all bits, or none
	return (at+1)&^toTheRight | n.right&toTheRight
}

func number(condition bool) int32 {
	if condition {
		return 1
	}
	return 0
}

func (e *ensemble) isLeaf(at int32) bool { return e.nodes[at].right == at }

// rounded returns the measurements as scikit-learn's trees compare them: rounded to float32. It does not
// round the thresholds. So a measurement that equals a threshold can be over it. A measurement beyond
// float32 counts as the largest one; scikit-learn would refuse it.
func rounded(measurements item.Measurements) (x item.Measurements) {
	for i, m := range measurements {
		x[i] = float64(float32(min(max(m, -math.MaxFloat32), math.MaxFloat32)))
	}
	return x
}
