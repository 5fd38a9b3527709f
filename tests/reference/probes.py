"""Probes and erasers by scikit-learn and by their formulas.

python3 probes.py REQUEST.json RESULT.json
Request: {"train", "test": {"rows", "columns", "file"} (float32), "labels", "test_labels", "classes", "c": C of the logistic probes, "k": neighbours, "lambda": of ridge}.
Result: predictions of each probe on the test rows, decision values of the linear ones, the LEACE-erased training rows, and online code lengths.
"""
import json
import sys

import numpy as np
import scipy.linalg
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.preprocessing import StandardScaler


def read(entry):
    return np.fromfile(entry["file"], dtype=np.float32).reshape(entry["rows"], entry["columns"]).astype(np.float64)


def logistic(c, **more):
    return LogisticRegression(C=c, tol=1e-10, max_iter=20000, **more)


def leace(x, y, classes):
    z = np.eye(classes)[y]
    mean = x.mean(0)
    covariance = np.cov(x.T, bias=True)
    w = np.real(scipy.linalg.fractional_matrix_power(covariance, -0.5))
    cross = (x - mean).T @ (z - z.mean(0)) / len(x)
    p = scipy.linalg.orth(w @ cross, rcond=1e-7)
    return x - (np.linalg.inv(w) @ p @ p.T @ w @ (x - mean).T).T


def online_code(x, y, classes, ends, c):
    bits = [ends[0] * np.log2(classes)]
    for start, end in zip(ends, ends[1:]):
        scale = StandardScaler().fit(x[:start])
        model = logistic(c, multi_class="multinomial").fit(scale.transform(x[:start]), y[:start])
        p = np.zeros((end - start, classes))
        p[:, model.classes_] = model.predict_proba(scale.transform(x[start:end]))
        mixed = (start * p[np.arange(end - start), y[start:end]] + 1) / (start + classes)
        bits.append(-np.log2(mixed).sum())
    return bits


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    x, test = read(request["train"]), read(request["test"])
    y, classes = np.array(request["labels"]), request["classes"]
    scale = StandardScaler().fit(x)
    z, t = scale.transform(x), scale.transform(test)
    ridge = Ridge(alpha=request["lambda"] * len(z)).fit(z, 2 * np.eye(classes)[y] - 1)
    ovr = logistic(request["c"], multi_class="ovr").fit(z, y)
    softmax = logistic(request["c"], multi_class="multinomial").fit(z, y)
    decisions = {"ridge": ridge.predict(t), "logistic-ovr": ovr.decision_function(t), "logistic": softmax.decision_function(t)}
    predictions = {name: values.argmax(1) for name, values in decisions.items()}
    predictions["nearest-centre"] = NearestCentroid().fit(z, y).predict(t)
    predictions["knn"] = KNeighborsClassifier(request["k"]).fit(z, y).predict(t)
    with open(sys.argv[2], "w") as file:
        json.dump({
            "decisions": {name: values.tolist() for name, values in decisions.items()},
            "predictions": {name: values.tolist() for name, values in predictions.items()},
            "leace": leace(x, y, classes).tolist(),
            "bits": online_code(x, y, classes, request["ends"], request["c"]),
        }, file)


main()
