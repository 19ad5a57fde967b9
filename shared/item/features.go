package item

// Features are the measurements of an item, in the order in which they are kept everywhere. Here the
// items are iris flowers. To put another item in their place, change this list;
// docs/make-it-yours.md says what else belongs to an item.
var Features = [...]Feature{
	{Name: "sepal_length", Unit: "cm", Min: 0, Max: 100, OverMin: true},
	{Name: "sepal_width", Unit: "cm", Min: 0, Max: 100, OverMin: true},
	{Name: "petal_length", Unit: "cm", Min: 0, Max: 100, OverMin: true},
	{Name: "petal_width", Unit: "cm", Min: 0, Max: 100, OverMin: true},
}

// Plotted are the indices of the two features by which the page draws the items.
var Plotted = [2]int{2, 3}
