"""Comparisons of two matrices with corresponding rows, straight from their definitions: numpy, scipy and scikit-learn.

python3 comparisons.py REQUESTS.json RESULTS.json
Requests: {"cases": [{"name", "x", "y", "z": {"rows", "columns", "file"} (float64, row-major), "order": a permutation of the rows, "names": [...]}]}.
Results: {case: {name: [value on the matrices rounded to float32, value on float64]}}.
"""
import json
import re
import sys

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.spatial.distance as distance
import scipy.stats
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors


def centre(x):
    return x - x.mean(0)


def gretton(k, l):
    n = len(k)
    h = np.eye(n) - np.ones((n, n)) / n
    return np.trace(k @ h @ l @ h)


def song(k, l):
    n = len(k)
    k, l, one = k - np.diag(np.diag(k)), l - np.diag(np.diag(l)), np.ones(len(k))
    return (np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def kernel(x, p):
    if p.get("kernel", "linear") == "linear":
        return x @ x.T
    squared = distance.squareform(distance.pdist(x, "sqeuclidean"))
    rule = p.get("bandwidth", "median")
    scale = {"median": np.median(distance.pdist(x, "sqeuclidean")), "median-all": np.median(squared), "fixed": 1}[rule]
    return np.exp(-squared / (2 * float(p.get("sigma", 1)) ** 2 * scale))


def cka(x, y, z, p, order):
    batch = int(p.get("batch", 0))
    hsic = {"gretton": gretton, "song": song}[p.get("hsic", "song" if batch else "gretton")]
    if batch:
        parts = [slice(i * batch, (i + 1) * batch) for i in range(len(x) // batch)]
        pairs = [(kernel(x[s], p), kernel(y[s], p)) for s in parts]
        mean = lambda f: np.mean([f(k, l) for k, l in pairs])
        return mean(lambda k, l: hsic(k, l)) / np.sqrt(mean(lambda k, l: hsic(k, k)) * mean(lambda k, l: hsic(l, l)))
    k, l = kernel(x, p), kernel(y, p)
    if p.get("confounder") == "input":
        n = len(k)
        h = np.eye(n) - np.ones((n, n)) / n
        m = h @ z @ z.T @ h
        design = np.stack([np.ones(n * n), m.ravel()], 1)
        k, l = [(c.ravel() - design @ np.linalg.lstsq(design, c.ravel(), rcond=None)[0]).reshape(n, n) for c in (h @ k @ h, h @ l @ h)]
    return hsic(k, l) / (np.sqrt(hsic(k, k) * hsic(l, l)) + float(p.get("guard", 0)))


def rdm(x, kind):
    return distance.pdist(x, {"correlation": "correlation", "cosine": "cosine", "euclidean": "euclidean", "squared-euclidean": "sqeuclidean"}[kind])


def rsa(x, y, z, p, order):
    kind = p.get("rdm", "correlation")
    a, b = rdm(x, kind), rdm(y, kind)
    if p.get("confounder") == "input":
        design = np.stack([np.ones(len(a)), rdm(z, kind)], 1)
        a, b = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (a, b)]
    compare = p.get("compare", "spearman")
    if compare == "spearman":
        return scipy.stats.spearmanr(a, b)[0]
    return scipy.stats.pearsonr(a, b)[0] if compare == "pearson" else 1 - distance.cosine(a, b)


def basis(x):
    u, s, _ = np.linalg.svd(centre(x), full_matrices=False)
    kept = s > 1e-6 * s[0]
    return u[:, kept], s[kept]


def aggregate(rho, p):
    rho = np.clip(rho, 0, 1)
    kind = p.get("aggregate", "mean")
    if kind == "mean":
        return rho.mean()
    if kind == "mean-squared":
        return (rho**2).mean()
    count = next(i for i in range(len(rho) + 1) if rho[:i].sum() / rho.sum() >= 0.98)
    return rho[:count].mean()


def google_cca(x, y):
    """The arithmetic of Google's svcca code: covariances scaled by their largest entry, pseudo-inverse square roots, the mean up to 98 % of the sum."""
    c = np.cov(x.T, y.T)
    d = x.shape[1]
    a, b = np.abs(c[:d, :d]).max(), np.abs(c[d:, d:]).max()
    root = lambda m: np.real(scipy.linalg.sqrtm(np.linalg.pinv(m)))
    rho = np.abs(np.linalg.svd(root(c[:d, :d] / a) @ (c[:d, d:] / np.sqrt(a * b)) @ root(c[d:, d:] / b))[1])
    return aggregate(rho, {"aggregate": "google"})


def cca(x, y, z, p, order):
    if p.get("aggregate") == "google" and len(x) > 4 * x.shape[1]:
        return google_cca(x, y)
    # By QR, as textbooks of numerical linear algebra have it.
    if len(x) > max(x.shape[1], y.shape[1]):
        a, b = np.linalg.qr(centre(x))[0], np.linalg.qr(centre(y))[0]
    else:
        a, b = basis(x)[0], basis(y)[0]
    return aggregate(np.linalg.svd(a.T @ b, compute_uv=False), p)


def svcca(x, y, z, p, order):
    sides = []
    for m in (x, y):
        u, s = basis(m)
        count = int(p["dims"]) if "dims" in p else np.searchsorted(np.cumsum(s**2) / (s**2).sum(), float(p.get("keep", 0.99)) * (1 - 1e-15)) + 1
        sides.append(u[:, :count])
    return aggregate(np.linalg.svd(sides[0].T @ sides[1], compute_uv=False), p)


def pwcca(x, y, z, p, order):
    a, b = basis(x)[0], basis(y)[0]
    u, rho, _ = np.linalg.svd(a.T @ b, full_matrices=False)
    alpha = np.abs((a @ u).T @ centre(x)).sum(1)
    return (alpha * rho).sum() / alpha.sum()


def procrustes(x, y, z, p, order):
    width = max(x.shape[1], y.shape[1])
    pad = lambda m: np.pad(centre(m) / np.linalg.norm(centre(m)), ((0, 0), (0, width - m.shape[1])))
    a, b = pad(x), pad(y)
    rotation, overlap = scipy.linalg.orthogonal_procrustes(a, b)
    return np.arccos(min(1, overlap)) if p.get("distance") == "angular" else np.linalg.norm(a @ rotation - b) ** 2


def cosine(x, y, z, p, order):
    return np.mean([1 - distance.cosine(a, b) for a, b in zip(x, y)])


def clamped(x, p):
    if "clamp" not in p:
        return x
    bound = np.quantile(np.abs(x), float(p["clamp"]), axis=1).mean()
    return np.clip(x, -bound, bound)


def similarities(x, metric):
    if metric == "euclidean":
        return -distance.squareform(distance.pdist(x, "sqeuclidean"))
    if metric == "cosine":
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
    return x @ x.T


def nearest(x, p):
    k = int(p.get("k", 10))
    metric = p.get("metric", "cosine")
    if metric == "inner":
        s = x @ x.T
        np.fill_diagonal(s, -np.inf)
        index = np.argsort(-s, axis=1)[:, :k]
    else:
        index = NearestNeighbors(n_neighbors=k, metric=metric).fit(x).kneighbors(return_distance=False)
    mask = np.zeros((len(x), len(x)))
    np.put_along_axis(mask, index, 1, axis=1)
    return mask


def mutual_knn(x, y, z, p, order):
    return (nearest(clamped(x, p), p) * nearest(clamped(y, p), p)).sum() / len(x) / int(p.get("k", 10))


def cknna(x, y, z, p, order):
    x, y = clamped(x, p), clamped(y, p)
    a, b = nearest(x, p), nearest(y, p)
    k, l = similarities(x, p.get("metric", "cosine")), similarities(y, p.get("metric", "cosine"))
    return song(a * b * k, a * b * l) / (np.sqrt(song(a * k, a * k) * song(b * l, b * l)) + float(p.get("guard", 0)))


def relative(x, y, z, p, order):
    count = int(p.get("anchors", 64))
    anchors, others = order[:count], np.sort(order[count:])
    kinds = {"cosine": "cosine", "euclidean": "euclidean", "l1": "cityblock", "linf": "chebyshev"}
    wanted = p.get("similarity", "cosine")

    def vectors(m):
        blocks = []
        for kind in kinds if wanted == "product" else [wanted]:
            block = distance.cdist(m[others], m[anchors], kinds[kind])
            block = centre(-block if kind == "cosine" else block)
            blocks.append(block / np.linalg.norm(block, axis=1, keepdims=True))
        return np.concatenate(blocks, 1) / np.sqrt(len(blocks))

    a, b = vectors(x), vectors(y)
    compare = p.get("compare", "cosine")
    if compare == "cosine":
        return (a * b).sum(1).mean()
    if compare == "mrr":
        s = a @ b.T
        return np.mean(1 / scipy.stats.rankdata(-s, method="min", axis=1).diagonal())
    p, q = nearest(a, {"metric": "inner"}), nearest(b, {"metric": "inner"})
    return ((p * q).sum(1) / np.maximum(p, q).sum(1)).mean()


def unit_match(x, y, z, p, order):
    c = np.corrcoef(x.T, y.T)[: x.shape[1], x.shape[1] :]
    c = np.abs(c) if p.get("correlation") == "absolute" else c
    if p.get("assignment") == "one-to-many":
        return c.max(1).mean()
    return c[scipy.optimize.linear_sum_assignment(c, maximize=True)].mean()


def linear_map(x, y, z, p, order):
    test, lam = float(p.get("test", 0.25)), float(p.get("lambda", 0.001))
    held = round(test * len(x))
    fit, judged = (order[held:], order[:held]) if held else (order, order)
    scale = lam * len(fit) * x[fit].var(0).mean()
    read = Ridge(alpha=scale).fit(x[fit], y[fit]).predict(x[judged])
    return 1 - ((y[judged] - read) ** 2).sum() / ((y[judged] - y[fit].mean(0)) ** 2).sum()


def subspace_angle(x, y, z, p, order):
    count = int(p.get("dims", 10))
    if p.get("space", "samples") == "samples":
        a, b = basis(x)[0][:, :count], basis(y)[0][:, :count]
    else:
        a, b = [np.linalg.svd(centre(m), full_matrices=False)[2][:count].T for m in (x, y)]
    angles = scipy.linalg.subspace_angles(a, b)
    kind = p.get("aggregate", "mean")
    return {"mean": angles.mean(), "max": angles.max(), "projection": np.sqrt((np.sin(angles) ** 2).mean())}[kind]


FAMILIES = {
    "cka": cka, "rsa": rsa, "cca": cca, "svcca": svcca, "pwcca": pwcca, "procrustes": procrustes, "cosine": cosine, "mutual-knn": mutual_knn, "cknna": cknna,
    "relative": relative, "unit-match": unit_match, "linear-map": linear_map, "subspace-angle": subspace_angle,
}


def read(entry):
    return np.fromfile(entry["file"]).reshape(entry["rows"], entry["columns"])


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)["cases"]
    results = {}
    for case in cases:
        x, y, z = read(case["x"]), read(case["y"]), read(case["z"])
        order = np.array(case["order"])
        rounded = [m.astype(np.float32).astype(np.float64) for m in (x, y, z)]
        values = results[case["name"]] = {}
        for name in case["names"]:
            family, *parts = re.split(r"-(?=[a-z]+=)", name)
            parameters = dict(part.split("=", 1) for part in parts)
            values[name] = [float(FAMILIES[family](*m, parameters, order)) for m in (rounded, (x, y, z))]
    with open(sys.argv[2], "w") as file:
        json.dump(results, file)


main()
