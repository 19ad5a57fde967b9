"""Tests that a model which the enricher would compute otherwise than scikit-learn is refused.

    .venv/bin/pip install -r tools/export/requirements.txt
    .venv/bin/python -m unittest discover tools/export

A Go test in enricher/classifier compares the enricher with what scikit-learn answers: see agreement.py.
"""

import json
import unittest

import numpy
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from export import artifact, read

FEATURES, X, Y = read("train")
Y = numpy.array(Y)
CLASSES = sorted(set(Y))
TWO = numpy.isin(Y, CLASSES[:2])


def forest(**options):
    return RandomForestClassifier(n_estimators=5, random_state=1, **options)


def boosting(**options):
    return GradientBoostingClassifier(n_estimators=5, random_state=1, **options)


def export(fitted, features=FEATURES):
    return artifact(fitted, "2026-12-01.01", features, {})


def named(fitted, names):
    """A model that was fitted to a DataFrame has the names of its columns."""
    fitted.feature_names_in_ = numpy.array(names, dtype=object)
    return fitted


class Refused(unittest.TestCase):
    def refuse(self, words, fitted, features=FEATURES, error=ValueError):
        with self.assertRaisesRegex(error, words):
            export(fitted, features)

    def test_other_probabilities_than_those_of_log_loss(self):
        self.refuse("loss='exponential'", boosting(loss="exponential").fit(X[TWO], Y[TWO]))

    def test_first_scores_that_differ_from_item_to_item(self):
        for init in LogisticRegression(max_iter=1000), DummyClassifier(strategy="stratified"):
            self.refuse("init=", boosting(init=init).fit(X, Y))

    def test_columns_in_another_order_than_the_features(self):
        self.refuse("fitted to the columns", named(forest().fit(X, Y), FEATURES[::-1]))

    def test_more_or_fewer_columns_than_features(self):
        self.refuse(f"fitted to {len(FEATURES) - 1} columns", forest().fit(X[:, :-1], Y))

    def test_splits_by_what_is_missing(self):
        x = X.copy()
        x[Y == CLASSES[0], :] = numpy.nan
        self.refuse("missing measurements", RandomForestClassifier(n_estimators=20, random_state=1).fit(x, Y))

    def test_several_outputs(self):
        self.refuse("2 outputs", forest().fit(X, numpy.stack([Y, Y], 1)))

    def test_what_is_not_fitted(self):
        for model in forest(), boosting():
            self.refuse("not fitted", model, error=NotFittedError)

    def test_other_models(self):
        self.refuse("LogisticRegression cannot", LogisticRegression(), error=TypeError)


class Exported(unittest.TestCase):
    def test_what_the_enricher_computes(self):
        for model in (
            forest(), forest(class_weight="balanced", criterion="entropy", max_samples=0.5), ExtraTreesClassifier(n_estimators=5),
            boosting(), boosting(init="zero", subsample=0.5), boosting(init=DummyClassifier(strategy="uniform")),
        ):  # fmt: skip
            text = json.dumps(export(model.fit(X, Y)), allow_nan=False)
            self.assertEqual(json.loads(text)["classes"], CLASSES)

    def test_the_columns_names_of_a_data_frame(self):
        export(named(forest().fit(X, Y), FEATURES))

    def test_trees_that_are_deeper_than_python_may_recur(self):
        rows = numpy.arange(1.0, 3001.0)
        deep = export(forest(bootstrap=False).fit(numpy.stack([rows] * len(FEATURES), 1), rows % 2))
        self.assertEqual(sum(f == -1 for f in deep["trees"][0]["features"]), 3000)


if __name__ == "__main__":
    unittest.main()
