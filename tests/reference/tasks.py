"""Embedding tasks by scikit-learn, SciPy and the definitions of trec_eval, on given embeddings.

python3 tasks.py REQUEST.json RESULT.json
Request: "embeddings" {"rows", "columns", "file"} (float32), and per task what is known about rows of it (see the functions).
Result: the scores by MTEB's names; draws of rows by NumPy's and Python's generators.
"""
import json
import random
import sys

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, adjusted_mutual_info_score, average_precision_score, f1_score, ndcg_score, precision_score, recall_score, v_measure_score
from sklearn.metrics.pairwise import paired_cosine_distances, paired_euclidean_distances, paired_manhattan_distances

CUTS = [1, 3, 5, 10, 20, 100, 1000]


def classification(x, train, labels, test, test_labels, experiments, per_label):
    order, runs, draws = list(range(len(train))), [], []
    labels, truth = np.array(labels), np.array(test_labels)
    for _ in range(experiments):
        np.random.RandomState(42).shuffle(order)
        seen, drawn = {}, []
        for i in order:
            seen[labels[i]] = seen.get(labels[i], 0) + 1
            if seen[labels[i]] <= per_label:
                drawn.append(i)
        draws.append(drawn)
        model = LogisticRegression(tol=1e-7, max_iter=20000).fit(x[np.array(train)[drawn]], labels[drawn])
        said = model.predict(x[test])
        run = {"accuracy": accuracy_score(truth, said)}
        for average, suffix in [("macro", ""), ("weighted", "_weighted")]:
            for name, score in [("f1", f1_score), ("precision", precision_score), ("recall", recall_score)]:
                run[name + suffix] = score(truth, said, average=average, zero_division=0)
        if len(np.unique(truth)) == 2:
            run["ap"] = average_precision_score(truth, said)
            run["ap_weighted"] = average_precision_score(truth, said, average="weighted")
        runs.append(run)
    return {"runs": runs, "draws": draws, "mean": {k: float(np.mean([r[k] for r in runs])) for k in runs[0]}}


def clustering(x, rows, labels, per_run, centres):
    generator = random.Random(42)
    taken = generator.sample(range(len(rows)), k=min(len(rows), 40))
    generator = random.Random(42)
    labels, runs, draws = np.array(labels), [], []
    for start in centres:
        drawn = generator.choices(range(len(rows)), k=per_run)
        draws.append(drawn)
        means = x[rows] - x[rows].mean(0)
        said = KMeans(n_clusters=len(start), init=np.array(start), n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit_predict(means[drawn])
        runs.append({"v_measure": v_measure_score(labels[drawn], said), "ami": adjusted_mutual_info_score(labels[drawn], said)})
    return {"runs": runs, "draws": draws, "sample": taken}


def similarities(x, pairs):
    a, b = x[[p[0] for p in pairs]], x[[p[1] for p in pairs]]
    return {
        "cosine": 1 - paired_cosine_distances(a, b),
        "manhattan": -paired_manhattan_distances(a, b),
        "euclidean": -paired_euclidean_distances(a, b),
        "dot": (a * b).sum(1),
    }


def pair_classification(x, pairs, labels):
    result, best = {}, {}
    for kind, values in similarities(x, pairs).items():
        order = sorted(range(len(pairs)), key=lambda i: -values[i])
        scores = {"accuracy": 0, "f1": 0, "precision": 0, "recall": 0, "ap": average_precision_score(labels, values)}
        for cut in range(1, len(pairs)):
            said = np.zeros(len(pairs), int)
            said[order[:cut]] = 1
            scores["accuracy"] = max(scores["accuracy"], accuracy_score(labels, said))
            f = f1_score(labels, said, zero_division=0)
            if f > scores["f1"] + 1e-12:
                scores.update(f1=f, precision=precision_score(labels, said), recall=recall_score(labels, said))
        for name, value in scores.items():
            result[f"{kind}_{name}"] = value
            best[f"max_{name}"] = max(best.get(f"max_{name}", 0), value)
    return result | best


def sts(x, pairs, scores):
    found = similarities(x, pairs)
    del found["dot"]
    return {f"{kind}_{name}": f(scores, values)[0] for kind, values in found.items() for name, f in [("pearson", pearsonr), ("spearman", spearmanr)]}


def ranks(queries):
    """Queries as (float32 score, id, gain or None) of every candidate; ranked by score, then by id, both from the largest."""
    means = {}
    for candidates in queries:
        order = sorted(candidates, key=lambda c: (c[0], c[1]), reverse=True)
        gains = [c[2] or 0 for c in order]
        relevant = sum(g > 0 for g in gains)
        for k in CUTS:
            top = gains[:k]
            hits = [i for i, g in enumerate(top) if g > 0]
            # scikit-learn's ndcg with scores that have no ties, on as many documents as it needs
            ndcg = ndcg_score([gains], [list(range(len(gains), 0, -1))], k=k) if relevant and len(gains) > 1 else 0
            values = {
                "ndcg": ndcg,
                "map": sum((n + 1) / (i + 1) for n, i in enumerate(hits)) / relevant if relevant else 0,
                "recall": len(hits) / relevant if relevant else 0,
                "precision": len(hits) / k,
                "mrr": 1 / (hits[0] + 1) if hits else 0,
                "hit_rate": 1 if hits else 0,
            }
            for name, value in values.items():
                means.setdefault(f"{name}_at_{k}", []).append(value)
    return {name: float(np.mean(values)) for name, values in means.items()}


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def retrieval(x, documents, ids, queries, judged):
    scores = np.float32(unit(x[queries]) @ unit(x[documents]).T)
    return ranks([[(float(s), i, known.get(i)) for s, i in zip(row, ids)] for row, known in zip(scores, judged)])


def reranking(x, queries):
    found = []
    for query, positive, negative in queries:
        candidates = positive + negative
        scores = np.float32(unit(x[[query]]) @ unit(x[candidates]).T)[0]
        names = [f"apositive_{i:05}" for i in range(len(positive))] + [f"negative_{i:05}" for i in range(len(negative))]
        found.append([(float(s), n, int(i < len(positive))) for i, (s, n) in enumerate(zip(scores, names))])
    return ranks(found)


def summarization(x, texts):
    found = {}
    for human, machine, relevance in texts:
        cosine = (unit(x[machine]) @ unit(x[human]).T).max(1)
        dot = (x[machine] @ x[human].T).max(1)
        if len(set(relevance)) == 1 or len(set(machine)) == 1:
            continue
        for name, values in [("cosine", cosine), ("dot", dot)]:
            found.setdefault(f"{name}_pearson", []).append(pearsonr(relevance, values)[0])
            found.setdefault(f"{name}_spearman", []).append(spearmanr(relevance, values)[0])
    return {name: float(np.mean(values)) for name, values in found.items()}


def distance_correlation(x, y):
    def centred(values):
        d = np.abs(np.subtract.outer(values, values))
        return d - d.mean(0)[None, :] - d.mean(1)[:, None] + d.mean()

    a, b = centred(np.array(x)), centred(np.array(y))
    return float(np.sqrt((a * b).mean() / np.sqrt((a * a).mean() * (b * b).mean())))


def correlations(x, y):
    return [pearsonr(x, y)[0], spearmanr(x, y)[0], distance_correlation(x, y)]


def main(request, result):
    asked = json.load(open(request))
    entry = asked.pop("embeddings")
    x = np.fromfile(entry["file"], dtype=np.float32).reshape(entry["rows"], entry["columns"]).astype(np.float64)
    found = {"correlations": [correlations(*pair) for pair in asked.pop("correlations")]}
    for name, (kind, arguments) in asked["tasks"].items():
        found[name] = globals()[kind](x, **arguments)
    json.dump(found, open(result, "w"))


main(*sys.argv[1:])
