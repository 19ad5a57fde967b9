"""Writes data.csv: the wine data set, split into train and test, with a reference model's answers.

The file that it writes is in this folder already. To write it again:

    python3 -m venv venv
    venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python data.py > data.csv

The reference model is a multinomial logistic regression, fitted to the rows marked train, each feature
scaled to mean 0 and deviation 1. Other versions of scikit-learn may split the wines in another way.
"""

import csv
import sys

import sklearn
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

if sklearn.__version__ != "1.9.1":
    sys.exit(f"scikit-learn is {sklearn.__version__}, want 1.9.1: see the top of this file")

wine = load_wine()
# This is the only feature whose name cannot be a key of the API: it has a slash.
names = [name.replace("od280/od315_of_diluted_wines", "od280_od315") for name in wine.feature_names]
classes = [f"cultivar {number}" for number in (1, 2, 3)]  # scikit-learn calls them class_0, class_1, class_2

train, _ = train_test_split(range(len(wine.data)), test_size=0.3, random_state=0, stratify=wine.target)
in_train = set(train)
# tol and max_iter: with the defaults, the fit stops so early that a probability is off by 0.001.
reference = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=10_000))
reference.fit(wine.data[train], wine.target[train])

out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow([*names, "class", "split", "pred_target", *(f"p_{name}" for name in classes)])
for i, (row, target) in enumerate(zip(wine.data, wine.target)):
    probabilities = reference.predict_proba([row])[0]
    out.writerow(
        [repr(float(number)) for number in row]
        + [classes[target], "train" if i in in_train else "test", classes[probabilities.argmax()]]
        + [f"{p:.12f}" for p in probabilities]
    )
