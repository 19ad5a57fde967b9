"""Writes what scikit-learn answers for 5,000 points, for the test that compares the enricher with it.

    pip install -r tools/export/requirements.txt
    python tools/export/agreement.py

writes enricher/classifier/testdata/ensembles: a small forest, gradient boosting, and the points with the
probabilities that scikit-learn gives for them. Half of the points have measurements that equal a threshold
of the trees, or are the next number beside it.
"""

import gzip
import json

import numpy
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

from export import DATA, artifact, read

FOLDER = DATA.parents[1] / "testdata/ensembles"
POINTS = 5_000


def points(random, x, models):
    """Returns the points: within the ranges of the data, and then at the thresholds."""
    low, high = x.min(axis=0) - 0.5, x.max(axis=0) + 0.5
    found = numpy.round(random.uniform(low, high, (POINTS, x.shape[1])), 2)
    thresholds = [
        (feature, threshold)
        for model in models
        for estimator in numpy.ravel(model.estimators_)
        for feature, threshold in zip(estimator.tree_.feature, estimator.tree_.threshold)
        if feature >= 0
    ]
    for point in found[POINTS // 2 :]:
        for _ in range(2):
            feature, threshold = thresholds[random.integers(len(thresholds))]
            beside = [threshold, numpy.nextafter(threshold, 0), numpy.nextafter(threshold, 100), float(numpy.float32(threshold))]
            point[feature] = beside[random.integers(len(beside))]
    return found


def main():
    features, x, y = read("train")
    forest = RandomForestClassifier(n_estimators=50, random_state=2).fit(x, y)
    boosting = GradientBoostingClassifier(n_estimators=30, random_state=2).fit(x, y)
    found = points(numpy.random.default_rng(3), x, [forest, boosting])
    FOLDER.mkdir(parents=True, exist_ok=True)
    answers = []
    for name, model in ("forest", forest), ("boosting", boosting):
        trained = {"source": DATA.name, "objective": type(model).__name__, "rows": len(x), "train_accuracy": model.score(x, y), "test_accuracy": model.score(*read("test")[1:])}
        (FOLDER / f"{name}.json").write_text(json.dumps(artifact(model, "2026-12-01.01", features, trained), separators=(",", ":")) + "\n")
        answers.append(model.predict_proba(found))
    lines = [",".join([*features, *(f"{name}_{c}" for name in ("forest", "boosting") for c in forest.classes_)])]
    for point, *probabilities in zip(found, *answers):
        lines.append(",".join([*(repr(float(m)) for m in point), *(f"{p:.12g}" for p in numpy.concatenate(probabilities))]))
    with open(FOLDER / "points.csv.gz", "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as zipped:
        zipped.write("\n".join(lines).encode() + b"\n")


if __name__ == "__main__":
    main()
