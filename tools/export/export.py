"""Writes a tree ensemble of scikit-learn as an artifact of the enricher.

    pip install -r tools/export/requirements.txt
    python tools/export/export.py --kind random_forest --trees 1000 --version 2026-12-01.01 >forest.json

fits a model to the data set and writes it. To export a model of your own, import this file and call
artifact(). docs/model.md describes the form. enricher/classifier reads it.
"""

import argparse
import csv
import json
import pathlib
import sys

import numpy
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier

DATA = pathlib.Path(__file__).parents[2] / "enricher/classifier/dataset/data.csv"


def artifact(fitted, version, features, trained):
    """Returns the artifact of a fitted model, as an object for json.dump.

    fitted: a RandomForestClassifier, an ExtraTreesClassifier or a GradientBoostingClassifier.
    features: the names of the columns that it was fitted to, in their order.
    trained: how it came about, as docs/model.md says.
    """
    if isinstance(fitted, (RandomForestClassifier, ExtraTreesClassifier)):
        family = {"kind": "random_forest", "trees": [tree(t.tree_, forest_leaf) for t in fitted.estimators_]}
    elif isinstance(fitted, GradientBoostingClassifier):
        scale = fitted.learning_rate
        family = {
            "kind": "gradient_boosting",
            "initial": initial(fitted),
            "trees": [tree(t.tree_, lambda value: float(scale * value[0, 0])) for stage in fitted.estimators_ for t in stage],
        }
    else:
        raise TypeError(f"{type(fitted).__name__} cannot be exported: expected RandomForestClassifier, ExtraTreesClassifier or GradientBoostingClassifier")
    if numpy.ndim(fitted.classes_) != 1 or isinstance(fitted.classes_, list):
        raise ValueError("a model of several outputs cannot be exported")
    return {
        "version": version,
        "kind": family.pop("kind"),
        "features": list(features),
        "classes": [str(c) for c in fitted.classes_],
        **family,
        "trained": trained,
    }


def forest_leaf(value):
    return [float(p) for p in value[0] / value[0].sum()]


def initial(fitted):
    """Returns the scores before the first tree. They must not depend on the item."""
    scores = fitted._raw_predict_init(numpy.zeros((1, fitted.n_features_in_)))[0]
    if fitted.init_ != "zero" and type(fitted.init_).__name__ != "DummyClassifier":
        raise ValueError(f"init={fitted.init!r} cannot be exported: its scores depend on the item")
    return [float(s) for s in scores]


def tree(t, leaf):
    """Returns a tree. scikit-learn keeps the nodes in the order that the artifact has: a node, then what is
    left of it, then what is right of it."""
    features, thresholds, leaves = [], [], []

    def add(node):
        left, right = t.children_left[node], t.children_right[node]
        if left == -1:
            features.append(-1)
            leaves.append(leaf(t.value[node]))
            return
        features.append(int(t.feature[node]))
        thresholds.append(float(t.threshold[node]))
        add(left)
        add(right)

    add(0)
    return {"features": features, "thresholds": thresholds, "leaves": leaves}


def read(split):
    """Returns the names of the features, the rows of the data set's split, and their classes."""
    with open(DATA, newline="") as file:
        reader = csv.DictReader(file)
        features = reader.fieldnames[: reader.fieldnames.index("class")]
        rows = [row for row in reader if row["split"] == split]
    return features, numpy.array([[float(row[f]) for f in features] for row in rows]), [row["class"] for row in rows]


def fit(kind, trees):
    if kind == "random_forest":
        return RandomForestClassifier(n_estimators=trees, random_state=1)
    return GradientBoostingClassifier(n_estimators=trees, random_state=1)


def main():
    parser = argparse.ArgumentParser(description="Fit a tree ensemble to the data set, and write it as an artifact.")
    parser.add_argument("--kind", choices=["random_forest", "gradient_boosting"], required=True)
    parser.add_argument("--trees", type=int, default=100, help="trees, or stages of boosting (default: 100)")
    parser.add_argument("--version", required=True, help="of the artifact, as in 2026-12-01.01")
    options = parser.parse_args()
    features, x, y = read("train")
    _, test_x, test_y = read("test")
    fitted = fit(options.kind, options.trees).fit(x, y)
    json.dump(
        artifact(
            fitted,
            options.version,
            features,
            {
                "source": DATA.name,
                "objective": f"{type(fitted).__name__} of scikit-learn with {options.trees} estimators",
                "rows": len(x),
                "train_accuracy": fitted.score(x, y),
                "test_accuracy": fitted.score(test_x, test_y),
            },
        ),
        sys.stdout,
        separators=(",", ":"),
    )


if __name__ == "__main__":
    main()
