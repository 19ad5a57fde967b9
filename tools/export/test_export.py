"""Tests that a model which the enricher would compute otherwise than scikit-learn is refused.

    .venv/bin/pip install -r tools/export/requirements.txt
    .venv/bin/python -m unittest discover tools/export

A Go test in enricher/classifier compares the enricher with what scikit-learn answers: see agreement.py.
"""

import copy
import json
import unittest
from unittest import mock

import numpy
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from export import artifact, encode, main, read

FEATURES, X, Y = read("train")
Y = numpy.array(Y)
CLASSES = sorted(set(Y))
TWO = numpy.isin(Y, CLASSES[:2])


def forest(**options):
    return RandomForestClassifier(n_estimators=5, random_state=1, **options)


def boosting(**options):
    return GradientBoostingClassifier(n_estimators=5, random_state=1, **options)


FOREST = forest().fit(X, Y)


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

    def test_versions_that_do_not_sort_by_time(self):
        for version in "x", "2026-12-01", "2026-12-01.1", "2026-12-01.00", "2026-02-30.01", "2026-12-01.01\n", "２026-12-01.01":
            with self.assertRaisesRegex(ValueError, "is not a date and a number from 01 to 99"):
                artifact(FOREST, version, FEATURES, {})

    def test_more_trees_than_the_enricher_takes(self):
        many = copy.copy(FOREST)
        many.estimators_ = FOREST.estimators_ * 2001
        self.refuse("10005 trees", many)

    def test_more_classes_than_the_enricher_takes(self):
        x = numpy.arange(257.0).repeat(3).reshape(-1, 1)
        self.refuse("257 classes", forest(max_depth=1).fit(x, x.ravel()), ["x"])

    def test_an_artifact_that_is_larger_than_the_enricher_takes(self):
        for model in ["x" * (4 << 20)], [1] * 1_000_002:
            with self.assertRaisesRegex(ValueError, "fewer or smaller trees"):
                encode(model)

    def test_a_command_line_in_one_line_and_before_the_fit(self):
        for words, arguments in {
            "version 'x' is not": ["--kind", "random_forest", "--version", "x"],
            "20000 trees cannot": ["--kind", "random_forest", "--version", "2026-12-01.01", "--trees", "20000"],
            "of 0 trees cannot": ["--kind", "random_forest", "--version", "2026-12-01.01", "--trees", "0"],
            f"{5000 * len(CLASSES)} trees": ["--kind", "gradient_boosting", "--version", "2026-12-01.01", "--trees", "5000"],
        }.items():
            with self.subTest(words), mock.patch("sys.argv", ["export.py", *arguments]), mock.patch("export.fit", side_effect=AssertionError("it was fitted")):
                with self.assertRaises(SystemExit) as end:
                    main()
                self.assertRegex(end.exception.code, f"^export.py: [^\n]*{words}[^\n]*$")

    def test_other_models(self):
        self.refuse("LogisticRegression cannot", LogisticRegression(), error=TypeError)


class Exported(unittest.TestCase):
    def test_what_the_enricher_computes(self):
        for model in (
            forest(), forest(class_weight="balanced", criterion="entropy", max_samples=0.5), ExtraTreesClassifier(n_estimators=5),
            boosting(), boosting(init="zero", subsample=0.5), boosting(init=DummyClassifier(strategy="uniform")),
        ):  # fmt: skip
            text = encode(export(model.fit(X, Y)))
            self.assertEqual(json.loads(text)["classes"], CLASSES)

    def test_the_columns_names_of_a_data_frame(self):
        export(named(forest().fit(X, Y), FEATURES))

    def test_trees_that_are_deeper_than_python_may_recur(self):
        rows = numpy.arange(1.0, 3001.0)
        deep = export(forest(bootstrap=False).fit(numpy.stack([rows] * len(FEATURES), 1), rows % 2))
        self.assertEqual(sum(f == -1 for f in deep["trees"][0]["features"]), 3000)


if __name__ == "__main__":
    unittest.main()
