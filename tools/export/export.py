"""Writes a tree ensemble of scikit-learn as an artifact of the enricher.

    pip install -r tools/export/requirements.txt
    python tools/export/export.py --kind random_forest --trees 1000 --version 2026-12-01.01 >forest.json

fits a model to the data set and writes it. To export a model of your own, import this file and call
artifact(). docs/model.md describes the form. enricher/classifier reads it.
"""

import argparse
import csv
import datetime
import json
import pathlib
import re
import sys

import numpy
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.utils.validation import check_is_fitted

# The limits of enricher/classifier.
MAX_TREES = 10_000
MAX_CLASSES = 256
MAX_BYTES = 4 << 20
MAX_COMMAS = 1_000_000

DATA = pathlib.Path(__file__).parents[2] / "enricher/classifier/dataset/data.csv"


def artifact(fitted, version, features, trained):
    """Returns the artifact of a fitted model, as an object for encode().

    fitted: a RandomForestClassifier, an ExtraTreesClassifier or a GradientBoostingClassifier.
    features: the names of the columns that it was fitted to, in their order.
    trained: how it came about, as docs/model.md says.

    The error says why a model cannot be exported: what the enricher computed would differ, or it would refuse
    the artifact.
    """
    check_version(version)
    if not isinstance(fitted, (RandomForestClassifier, ExtraTreesClassifier, GradientBoostingClassifier)):
        raise TypeError(f"{type(fitted).__name__} cannot be exported: expected RandomForestClassifier, ExtraTreesClassifier or GradientBoostingClassifier")
    check_is_fitted(fitted)
    check_features(fitted, list(features))
    if isinstance(fitted, GradientBoostingClassifier):
        scale = fitted.learning_rate
        family = {
            "kind": "gradient_boosting",
            "initial": initial(fitted),
            "trees": [tree(t.tree_, lambda value: float(scale * value[0, 0])) for stage in fitted.estimators_ for t in stage],
        }
    elif fitted.n_outputs_ != 1:
        raise ValueError(f"a model of {fitted.n_outputs_} outputs cannot be exported: the enricher predicts one class")
    else:
        family = {"kind": "random_forest", "trees": [tree(t.tree_, forest_leaf) for t in fitted.estimators_]}
    check_trees(len(family["trees"]))
    if len(fitted.classes_) > MAX_CLASSES:
        raise ValueError(f"a model of {len(fitted.classes_)} classes cannot be exported: the enricher takes at most {MAX_CLASSES}")
    return {
        "version": version,
        "kind": family.pop("kind"),
        "features": list(features),
        "classes": [str(c) for c in fitted.classes_],
        **family,
        "trained": trained,
    }


def encode(model):
    """Returns an artifact as JSON. The error says that it is larger than the enricher takes."""
    text = json.dumps(model, allow_nan=False, separators=(",", ":"))
    size, commas = len(text.encode()), text.count(",")
    if size > MAX_BYTES or commas > MAX_COMMAS:
        raise ValueError(f"the artifact has {size:,} bytes and {commas:,} commas, and the enricher takes at most {MAX_BYTES:,} and {MAX_COMMAS:,}: fit fewer or smaller trees")
    return text


def check_version(version):
    """Does what CheckVersion in enricher/classifier does."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)\.(0[1-9]|[1-9]\d)", version, re.ASCII)
    try:
        datetime.date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise ValueError(f"version {version!r} is not a date and a number from 01 to 99, as in 2026-12-01.01") from None


def check_trees(count):
    if not 1 <= count <= MAX_TREES:
        raise ValueError(f"a model of {count} trees cannot be exported: the enricher takes 1 to {MAX_TREES}")


def check_features(fitted, features):
    """The trees know the columns by their numbers only. A model that was fitted to a DataFrame knows their names."""
    known = list(getattr(fitted, "feature_names_in_", features))
    if known != features:
        raise ValueError(f"the model was fitted to the columns {known}, and features is {features}")
    if fitted.n_features_in_ != len(features):
        raise ValueError(f"the model was fitted to {fitted.n_features_in_} columns, and features is {features}")


def forest_leaf(value):
    return [float(p) for p in value[0] / value[0].sum()]


def initial(fitted):
    """Returns the scores before the first tree. They must not depend on the item."""
    if fitted.loss != "log_loss":
        raise ValueError(f"loss={fitted.loss!r} cannot be exported: it makes other probabilities of the scores than log_loss does")
    if fitted.init_ != "zero" and (type(fitted.init_) is not DummyClassifier or fitted.init_.strategy == "stratified"):
        raise ValueError(f"init={fitted.init!r} cannot be exported: the scores that it begins with are not the same for all items")
    return [float(s) for s in fitted._raw_predict_init(numpy.zeros((1, fitted.n_features_in_)))[0]]


def tree(t, leaf):
    """Returns a tree. scikit-learn numbers the nodes in no order that one may rely on. The artifact has a node,
    then what is left of it, then what is right of it."""
    features, thresholds, leaves = [], [], []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if t.children_left[node] == -1:
            features.append(-1)
            leaves.append(leaf(t.value[node]))
            continue
        if not numpy.isfinite(t.threshold[node]):
            raise ValueError("a model that was fitted to missing measurements cannot be exported: the enricher has none, and this one asks whether a measurement is missing")
        features.append(int(t.feature[node]))
        thresholds.append(float(t.threshold[node]))
        waiting += [t.children_right[node], t.children_left[node]]
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
    parser.add_argument("--trees", type=int, default=100, help="trees, or stages of boosting, each with a tree for every class (default: 100)")
    parser.add_argument("--version", required=True, help="of the artifact, as in 2026-12-01.01")
    options = parser.parse_args()
    try:
        sys.stdout.write(encode(fitted_artifact(options)))
    except ValueError as error:
        sys.exit(f"export.py: {error}")


def fitted_artifact(options):
    """Fits the model that the command line asks for. What is wrong with that is found out before the fit, which may take long."""
    features, x, y = read("train")
    _, test_x, test_y = read("test")
    check_version(options.version)
    check_trees(options.trees * (len(set(y)) if options.kind == "gradient_boosting" and len(set(y)) > 2 else 1))
    fitted = fit(options.kind, options.trees).fit(x, y)
    trained = {
        "source": DATA.name,
        "objective": f"{type(fitted).__name__} of scikit-learn with {options.trees} estimators",
        "rows": len(x),
        "train_accuracy": fitted.score(x, y),
        "test_accuracy": fitted.score(test_x, test_y),
    }
    return artifact(fitted, options.version, features, trained)


if __name__ == "__main__":
    main()
