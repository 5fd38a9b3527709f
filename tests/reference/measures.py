"""Values of the measures by numpy, scipy and scikit-learn, for the tests of Strata.Research.

    python3 measures.py DRAWS.json OUT.json

Reads what the measures draw at random (row numbers for pairs, orders of the prompts); writes data sets (prompts of states in float32, labels, factors, token ids, views) and, per case, the value of a measure
computed here in float64 from those float32 numbers ("value") and from the float64 numbers before rounding ("exact").
Formulas are written out directly from their definitions; nothing is shared with the code under test.
"""
import itertools, json, math, sys
import numpy as np
import scipy.linalg, scipy.optimize, scipy.special
from scipy.spatial.distance import cdist, cosine
from sklearn import metrics
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def entropy(weights, alpha=1.0):
    w = weights[weights > 0]
    p = w / w.sum()
    return -(p * np.log(p)).sum() if alpha == 1 else math.log((p ** alpha).sum()) / (1 - alpha)


def gram_entropy(z, alpha=1.0, clamp=False):
    k = z @ z.T if z.shape[0] <= z.shape[1] else z.T @ z
    if clamp:
        k = np.maximum(k, 0)
    values = np.linalg.eigvalsh(k)
    return entropy(values[values > len(values) * 2.3e-16 * values.max()], alpha)


def centred_unit(x):
    return unit(x - x.mean(0))


def spectrum(x, centred):
    x = x - x.mean(0) if centred else x
    return np.linalg.svd(x, compute_uv=False) ** 2


def distances(x, k):
    d = cdist(x, x)
    np.fill_diagonal(d, np.inf)
    return np.sort(d, axis=1)[:, :k]


def two_nn(x):
    r = distances(x, 2)
    mu = np.sort(np.log(r[:, 1] / r[:, 0]))
    n = len(mu)
    m = int(0.9 * n)
    y = -np.log(1 - np.arange(1, m + 1) / n)
    return (mu[:m] * y).sum() / (mu[:m] ** 2).sum()


def two_nn_ansuini(x):
    r = distances(x, 2)
    mu = np.sort(np.log(r[:, 1] / r[:, 0]))
    n = len(mu)
    m = min(int(0.9 * n), n - 2)
    y = -np.log(1 - np.arange(1, m + 1) / n)
    return np.linalg.lstsq(mu[:m, None], y, rcond=None)[0][0]


def mle(x, k, harmonic):
    r = distances(x, k)
    m = np.array([(k - 1) / np.log(row[-1] / row[:-1]).sum() for row in r])
    return 1 / np.mean(1 / m) if harmonic else m.mean()


def gride(x, n1):
    r = distances(x, 2 * n1)
    mu = r[:, 2 * n1 - 1] / r[:, n1 - 1]

    def minus_log_likelihood(d):
        return -np.sum(np.log(d) + (n1 - 1) * np.log(mu ** d - 1) - ((2 * n1 - 1) * d + 1) * np.log(mu))
    return scipy.optimize.minimize_scalar(minus_log_likelihood, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-10}).x


def curvature(p):
    v = np.diff(p, axis=0)
    cos = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(v[:-1], v[1:])]
    return np.mean(np.arccos(np.clip(cos, -1, 1)))


def state_angles(p, step):
    z = centred_unit(p)
    return np.mean(np.arccos(np.sum(z[:-step] * z[step:], axis=1)))


def anisotropy(prompts):
    cosines = []
    for a, b in itertools.permutations(prompts, 2):
        cosines.append((unit(a) @ unit(b).T).ravel())
    return np.concatenate(cosines).mean()


def random_pairs(prompts, draws, count, centred):
    """Cosines of random pairs of rows of different prompts."""
    x = np.concatenate(prompts)
    x = x - x.mean(0) if centred else x
    prompt = np.repeat(np.arange(len(prompts)), [len(p) for p in prompts])
    pairs = [(i, j) for i, j in zip(draws[0::2], draws[1::2]) if prompt[i] != prompt[j]][:count]
    assert len(pairs) == count
    return np.mean([1 - cosine(x[i], x[j]) for i, j in pairs])


def homogeneity(p):
    c = unit(p) @ unit(p).T
    return c[np.triu_indices(len(p), 1)].mean()


def composite(x):
    return math.sqrt(np.linalg.norm(x, 1) * np.linalg.norm(x, np.inf))


def coding_rate(p, scale):
    z = unit(p)
    return np.linalg.slogdet(np.eye(z.shape[1]) + scale * z.T @ z)[1] / 2


def head_rates(p, heads, scale):
    return sum(np.linalg.slogdet(np.eye(z.shape[1]) + z.shape[1] / len(z) / scale * z.T @ z)[1] / 2 for z in np.split(unit(p), heads, axis=1))


def without_top(x, k):
    top = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:k]
    return x - (x - x.mean(0)) @ top.T @ top


def by_word(prompts, ids, least):
    words = {}
    for s, (p, row) in enumerate(zip(prompts, ids)):
        for x, i in zip(p, row):
            words.setdefault(i, []).append((s, x))
    return [np.array([x for _, x in w]) for w in words.values() if len({s for s, _ in w}) >= least]


def decomposition(prompts):
    h = np.array(prompts)
    mu = h.mean((0, 1))
    return h, mu, h.mean(0) - mu, h.mean(1) - mu


def seq_vcr(prompts, positions, weight_var, weight_cov):
    h = np.array(prompts)
    t = h.shape[1]
    chosen = sorted({0}) if positions == 1 else [i * (t - 1) // (min(positions, t) - 1) for i in range(min(positions, t))]
    total = 0
    for i in chosen:
        c = np.cov(h[:, i].T)
        off = c - np.diag(np.diag(c))
        total += weight_var * np.maximum(0, 1 - np.sqrt(np.diag(c) + 0.001)).sum() + weight_cov * (off ** 2).sum()
    return total / len(chosen) / h.shape[2]


def classes(x, y):
    return [x[y == c] for c in sorted(set(y))]


def cdnv(x, y):
    groups = classes(x, y)
    values = []
    for a, b in itertools.combinations(groups, 2):
        va, vb = ((a - a.mean(0)) ** 2).sum(1).mean(), ((b - b.mean(0)) ** 2).sum(1).mean()
        values.append((va + vb) / 2 / ((a.mean(0) - b.mean(0)) ** 2).sum())
    return np.mean(values)


def nc1(x, y):
    groups = classes(x, y)
    means = np.array([g.mean(0) for g in groups])
    within = sum((g - g.mean(0)).T @ (g - g.mean(0)) for g in groups) / len(x)
    centred = means - means.mean(0)
    between = centred.T @ centred / len(groups)
    u, s, vt = np.linalg.svd(between)
    k = len(groups) - 1
    return np.trace(within @ (vt[:k].T / s[:k]) @ u[:, :k].T)


def class_means(x, y):
    means = np.array([g.mean(0) for g in classes(x, y)])
    return means, means - means.mean(0)


def angles(m, target):
    c = unit(m) @ unit(m).T
    n = len(m)
    return np.abs(c + target)[~np.eye(n, dtype=bool)].sum() / (n * (n - 1))


def dunn(x, y):
    d = cdist(x, x)
    same = y[:, None] == y[None]
    return d[~same].min() / d[same].max()


def xie_beni(x, y):
    groups = classes(x, y)
    within = sum(((g - g.mean(0)) ** 2).sum() for g in groups)
    means = np.array([g.mean(0) for g in groups])
    d = cdist(means, means) + np.diag([np.inf] * len(means))
    return within / len(x) / d.min() ** 2


def additive(x, factors, unseen):
    cells = sorted(set(zip(*factors)), key=lambda c: ",".join(map(str, c)))
    at = np.array(list(zip(*factors)))
    means = np.array([x[(at == c).all(1)].mean(0) for c in cells])
    n = np.array([(at == c).all(1).sum() for c in cells])
    levels = [(f, v) for f in range(len(factors)) for v in sorted({c[f] for c in cells})]
    design = np.array([[1.0 * (c[f] == v) for f, v in levels] for c in cells])
    centre = (n[:, None] * means).sum(0) / n.sum()
    if not unseen:
        fit = LinearRegression().fit(design, means, sample_weight=n).predict(design)
        return 1 - (n * ((means - fit) ** 2).sum(1)).sum() / (n * ((means - centre) ** 2).sum(1)).sum()
    error = total = 0
    for i, c in enumerate(cells):
        rest = [j for j in range(len(cells)) if j != i]
        if not all(any(cells[j][f] == c[f] for j in rest) for f in range(len(factors))):
            continue
        # Not scikit-learn: its regression keeps singular values that are rounding, and indicators are linearly dependent.
        a, w = np.hstack([np.ones((len(cells), 1)), design]), np.sqrt(n[rest])[:, None]
        predicted = a[i] @ np.linalg.lstsq(a[rest] * w, means[rest] * w, rcond=1e-9)[0]
        error += n[i] * ((means[i] - predicted) ** 2).sum()
        total += n[i] * ((means[i] - centre) ** 2).sum()
    return 1 - error / total


def vectors(prompts):
    return np.array([centred_unit(p).mean(0) for p in prompts])


def infonce(a, b, tau, normalise):
    z = np.concatenate([a, b])
    z = unit(z) if normalise else z
    s = z @ z.T / tau
    n = len(a)
    np.fill_diagonal(s, -np.inf)
    return np.mean([scipy.special.logsumexp(s[i]) - s[i, (i + n) % (2 * n)] for i in range(2 * n)])


def dime(a, b, orders, alpha):
    """Difference of matrix entropies: the kernels at trace 1, as density matrices, wrongly and rightly paired."""
    ka, kb = (metrics.pairwise.cosine_similarity(v) for v in (a, b))

    def joint(permutation):
        p = np.eye(len(ka))[permutation]
        k = ka * (p @ kb @ p.T)
        values = scipy.linalg.eigvalsh(k / np.trace(k))
        return entropy(values[values > len(values) * 2.3e-16 * values.max()], alpha)
    return np.mean([joint(o) for o in orders]) - joint(np.arange(len(ka)))


def lidar(views, delta):
    x = np.array(views).transpose(1, 0, 2)
    n, q, d = x.shape
    means = x.mean(1)
    centred = means - means.mean(0)
    between = centred.T @ centred / n
    r = (x - means[:, None]).reshape(n * q, d)
    within = r.T @ r / (n * q) + delta * np.eye(d)
    root = scipy.linalg.fractional_matrix_power(within, -0.5).real
    values = np.linalg.eigvalsh(root @ between @ root)
    return np.where(values > d * 2.3e-16 * values.max(), values, 0)


def lidar_rank(values):
    values = np.sort(values)[::-1]
    p = values / values.sum() + 1e-7
    return math.exp(-(p * np.log(p)).sum())


def alpha_req(x, first, last, weighted):
    lam = spectrum(x, True)
    lam = lam[lam > len(lam) * 2.3e-16 * lam[0]]
    i = np.arange(first, min(last, len(lam)) + 1)
    w = np.sqrt(1 / i) if weighted else np.ones(len(i))
    design = np.stack([np.log(i), np.ones(len(i))], 1)
    return -np.linalg.lstsq(design * w[:, None], np.log(lam[i - 1]) * w, rcond=None)[0][0]


def everything(d, draws):
    """(measure, form, parameters, value) for a data set."""
    prompts, views, after = d["prompts"], d["views"], d["after"]
    x = np.concatenate(prompts)
    n, width = x.shape
    y = np.array(d["labels"])
    last = np.array([p[-1] for p in prompts])
    pooled = d["pooled"]
    yield "prompt-entropy", "textbook", "", np.mean([gram_entropy(centred_unit(p)) for p in prompts])
    yield "prompt-entropy", "textbook", "alpha=2", np.mean([gram_entropy(centred_unit(p), 2) for p in prompts])
    yield "prompt-entropy", "textbook", "normalization=log-n", np.mean([gram_entropy(centred_unit(p)) / math.log(len(p)) for p in prompts])
    yield "prompt-entropy", "reference:information_flow", "", np.mean([gram_entropy(centred_unit(p), clamp=True) for p in prompts])
    yield "dataset-entropy", "textbook", "", gram_entropy(vectors(prompts))
    yield "dataset-entropy", "reference:information_flow", "", gram_entropy(vectors(prompts), clamp=True)
    yield "vne", "textbook", "", entropy(np.linalg.eigvalsh(unit(x).T @ unit(x) / n).clip(0))
    s = np.linalg.svd(x, compute_uv=False)
    p = s / s.sum()
    yield "effective-rank", "textbook", "", math.exp(-(p * np.log(p)).sum())
    yield "effective-rank", "reference:rankme", "", math.exp(-((p + 1e-7) * np.log(p + 1e-7)).sum())
    lam = spectrum(x, True)
    yield "participation-ratio", "textbook", "", lam.sum() ** 2 / (lam ** 2).sum()
    yield "stable-rank", "textbook", "", (s ** 2).sum() / s[0] ** 2
    yield "pca-dimension", "textbook", "variance-share=0.8", int(PCA(n_components=0.8, svd_solver="full").fit(x).n_components_)
    yield "alpha-req", "textbook", "fit-from=2,fit-to=8", alpha_req(x, 2, 8, False)
    yield "alpha-req", "reference:stringer", "fit-from=2,fit-to=8", alpha_req(x, 2, 8, True)
    yield "gram-rank", "textbook", "rank-tolerance=0.01", int((s ** 2 > 0.01 * s[0] ** 2).sum())
    yield "two-nn", "textbook", "", two_nn(x)
    yield "two-nn", "reference:ansuini", "", two_nn_ansuini(x)
    r = distances(x, 2)
    yield "two-nn-ml", "textbook", "", (n - 1) / np.log(r[:, 1] / r[:, 0]).sum()
    yield "mle", "textbook", "neighbours=6", mle(x, 6, False)
    yield "mle", "reference:skdim", "neighbours=6", mle(x, 6, True)
    yield "gride", "textbook", "gride-scale=1", gride(x, 1)
    yield "gride", "textbook", "gride-scale=2", gride(x, 2)
    yield "gride", "textbook", "gride-scale=4", gride(x, 4)
    yield "curvature", "textbook", "", np.mean([curvature(p) for p in prompts])
    yield "curvature", "reference:information_flow", "curvature-step=2", np.mean([state_angles(p, 2) for p in prompts])
    yield "anisotropy", "textbook", "", anisotropy(prompts)
    yield "anisotropy", "reference:contextual", "pairs=800", random_pairs(prompts, draws["rows"], 800, False)
    yield "anisotropy-centred", "textbook", "", random_pairs(prompts, draws["rows"], 1000, True)
    yield "drift", "textbook", "", np.linalg.norm(x.mean(0)) / np.linalg.norm(x, axis=1).mean()
    yield "norm", "textbook", "", np.linalg.norm(x, axis=1).mean()
    yield "activation-variance", "textbook", "", x.var(1).mean()
    yield "max-activation", "textbook", "", np.abs(x).max()
    yield "massive-ratio", "textbook", "", np.mean([np.abs(p).max() / np.median(np.abs(p)) for p in prompts])
    with np.errstate(invalid="ignore"):
        cosines = np.array([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(x, np.concatenate(after))])
    yield "block-influence", "textbook", "", 1 - np.nanmean(cosines)
    yield "block-influence", "reference:shortgpt", "", (1 - np.nan_to_num(cosines, nan=0.5)).mean()
    yield "token-homogeneity", "textbook", "", np.mean([homogeneity(p) for p in prompts])
    yield "token-variance", "textbook", "", np.mean([p.var(0).sum() / (p ** 2).sum(1).mean() for p in prompts])
    yield "rank-one-residual", "textbook", "", np.mean([composite(p - p.mean(0)) / composite(p) for p in prompts])
    intra = np.mean([(unit(p) @ unit(p.mean(0))).mean() for p in prompts])
    yield "intra-sentence", "textbook", "", intra
    yield "intra-sentence", "textbook", "adjusted=true", intra - anisotropy(prompts)
    words = by_word(prompts, d["ids"], 3)
    yield "self-similarity", "textbook", "min-contexts=3", np.mean([homogeneity(w) for w in words])
    yield "self-similarity", "textbook", "min-contexts=3,adjusted=true", np.mean([homogeneity(w) for w in words]) - anisotropy(prompts)
    yield "mev", "textbook", "min-contexts=3", np.mean([spectrum(w[:50], False)[0] / spectrum(w[:50], False).sum() for w in words])
    yield "mev", "reference:contextual", "min-contexts=3", np.mean([PCA().fit(w[:50]).explained_variance_ratio_[0] for w in words])
    h, mu, pos, ctx = decomposition(prompts)
    total = ((h - mu) ** 2).sum(2).mean()
    yield "position-share", "textbook", "", (pos ** 2).sum(1).mean() / total
    yield "context-share", "textbook", "", (ctx ** 2).sum(1).mean() / total
    yield "incoherence", "textbook", "", np.abs(unit(pos) @ unit(ctx).T).max()
    t = len(prompts[0])
    yield "coding-rate", "textbook", "epsilon=0.3", np.mean([coding_rate(p, width / t / 0.09) for p in prompts])
    yield "coding-rate", "reference:mcr2", "epsilon=0.3", np.mean([coding_rate(p, width / t / 0.3) for p in prompts])
    for form, scale in (("textbook", 0.09), ("reference:mcr2", 0.3)):
        yield "coding-rate-heads", form, "epsilon=0.3,heads=2", np.mean([head_rates(p, 2, scale) for p in prompts])
    for k in (1, 3):
        rest = without_top(np.concatenate(prompts), k)
        yield "effective-rank", "textbook", f"remove-top={k}", entropy_rank(rest)
        yield "token-homogeneity", "textbook", f"remove-top={k}", np.mean([homogeneity(p) for p in np.split(rest, len(prompts))])
    yield "sparsity", "textbook", "zero-below=0.25", (np.abs(x) <= 0.25).mean()
    yield "seq-vcr", "textbook", "positions=3", seq_vcr(prompts, 3, 1, 0.004)
    yield "seq-vcr", "textbook", "variance-weight=0,covariance-weight=1", seq_vcr(prompts, 8, 0, 1)
    yield "infonce", "textbook", "", infonce(vectors(prompts), vectors(views[0]), 0.1, True)
    yield "infonce", "reference:information_flow", "temperature=0.5", infonce(vectors(prompts), vectors(views[0]), 0.5, False)
    values = lidar([vectors(prompts)] + [vectors(v) for v in views], 1e-4)
    values = values[np.argsort(-values)][:min(width, 10**9)]
    yield "dime", "textbook", "", dime(vectors(prompts), vectors(views[0]), draws["orders"], 1)
    yield "dime", "textbook", "alpha=2,permutations=3", dime(vectors(prompts), vectors(views[0]), draws["orders"][:3], 2)
    yield "lidar", "textbook", "", lidar_rank(values)
    yield "lidar", "reference:information_flow", "", entropy(values)
    errors = [np.linalg.norm(p - q) / np.linalg.norm(p) for v in views for p, q in zip(prompts, v)]
    yield "relative-error", "textbook", "", np.mean(errors)
    for name, rows in (("last", last), ("mean", np.array([p.mean(0) for p in prompts]))):
        row = f"row={name}"
        groups = classes(rows, y)
        means, centred = class_means(rows, y)
        yield "cdnv", "textbook", row, cdnv(rows, y)
        yield "nc1", "textbook", row, nc1(rows, y) / len(groups)
        yield "nc1", "reference:papyan", row, nc1(rows, y)
        lengths = np.linalg.norm(centred, axis=1)
        yield "nc2-norm", "textbook", row, lengths.std(ddof=1) / lengths.mean()
        yield "nc2-angle", "textbook", row, angles(centred, 1 / (len(means) - 1))
        yield "nc2-angle", "reference:orthogonal", row, angles(means, 0)
        w = np.array(d["classifier"])
        yield "nc3", "textbook", row, np.linalg.norm(w / np.linalg.norm(w) - centred / np.linalg.norm(centred)) ** 2
        nearest = cdist(rows, means).argmin(1)
        yield "nc4", "textbook", row, (nearest != np.array(d["predictions"])).mean()
        even, odd = np.arange(len(rows)) % 2 == 0, np.arange(len(rows)) % 2 == 1
        centres = np.array([rows[even & (y == c)].mean(0) for c in sorted(set(y[even]))])
        guess = np.array(sorted(set(y[even])))[cdist(rows[odd], centres).argmin(1)]
        yield "nearest-centre", "textbook", row, (guess == y[odd]).mean()
        yield "davies-bouldin", "textbook", row, metrics.davies_bouldin_score(rows, y)
        yield "calinski-harabasz", "textbook", row, metrics.calinski_harabasz_score(rows, y)
        yield "silhouette", "textbook", row, metrics.silhouette_score(rows, y)
        yield "dunn", "textbook", row, dunn(rows, y)
        yield "xie-beni", "textbook", row, xie_beni(rows, y)
        yield "label-variance", "textbook", row, 1 - sum(((g - g.mean(0)) ** 2).sum() for g in groups) / ((rows - rows.mean(0)) ** 2).sum()
        yield "additive-r2", "textbook", row, additive(rows, d["factors"], False)
        yield "additive-r2-unseen", "textbook", row, additive(rows, d["factors"], True)
    kin, kout = d["read"], d["written"]
    counts = []
    for rows in (kin, kout):
        share = np.cumsum(spectrum(np.concatenate(rows), False))
        counts.append(int((share < 0.9 * share[-1]).sum()) + 1)
    yield "utilized-rank", "textbook", "variance-share=0.9", min(counts) / min(kin[0].shape[1], kout[0].shape[1])
    fires = np.concatenate(kin) > 0
    patterns = ["".join("1" if v else "0" for v in fires[:, j]) for j in range(fires.shape[1])]
    alive = [q for q in patterns if "1" in q]
    yield "synchronised-units", "textbook", "", sum(1 for q in alive if alive.count(q) > 1) / len(patterns)
    # Pooled rows: those that are read as they are.
    yield "pooled:effective-rank", "textbook", "", entropy_rank(pooled)
    yield "pooled:dataset-entropy", "textbook", "", gram_entropy(centred_unit(pooled))
    yield "pooled:anisotropy", "textbook", "", anisotropy([row[None] for row in pooled])
    yield "pooled:cdnv", "textbook", "", cdnv(pooled, y)
    yield "pooled:infonce", "textbook", "", infonce(pooled, d["pooled_view"], 0.1, True)
    yield "pooled:dime", "textbook", "", dime(pooled, d["pooled_view"], draws["orders"], 1)


def entropy_rank(x):
    s = np.linalg.svd(x, compute_uv=False)
    return math.exp(entropy(s))


def data_set(seed, prompts, tokens, width):
    g = np.random.default_rng(seed)
    scales = 3.0 * np.arange(1, width + 1) ** -0.6
    mean = g.normal(size=width)
    base = g.normal(size=(prompts, 1, width)) * 0.5

    def states():
        return [(g.normal(size=(tokens, width)) + base[i]) * scales + mean for i in range(prompts)]
    first = states()
    labels = [int(v) for v in np.arange(prompts) * 7 % 3]
    first = [p + 0.8 * np.eye(3, width)[l] for p, l in zip(first, labels)]
    factors = [[int(v) for v in np.arange(prompts) % 3], [int(v) for v in np.arange(prompts) // 3 % 2]]
    read = [np.maximum(0, g.normal(size=(tokens, 12)) - 0.4) for _ in range(prompts)]
    for r in read:
        r[:, 5] = r[:, 2] * 2
        r[:, 7] = 0
    after = [p + 0.4 * g.normal(size=p.shape) for p in first]
    after[0][1] = after[-1][0] = 0
    return {
        "prompts": first,
        "after": after,
        "views": [[p + 0.2 * g.normal(size=p.shape) for p in first] for _ in range(3)],
        "pooled": np.array([p.mean(0) for p in first]),
        "pooled_view": np.array([p.mean(0) + 0.1 * g.normal(size=width) for p in first]),
        "ids": [[int(v) for v in g.integers(0, 9, size=tokens)] for _ in range(prompts)],
        "labels": labels,
        "factors": factors,
        "predictions": [int(v) for v in g.integers(0, 3, size=prompts)],
        "classifier": g.normal(size=(3, width)),
        "read": read,
        "written": [r @ g.normal(size=(12, width)) for r in read],
    }


STATES = ("prompts", "after", "views", "pooled", "pooled_view", "classifier", "read", "written")


def rounded(value):
    return [rounded(v) for v in value] if isinstance(value, list) else value.astype(np.float32).astype(np.float64)


def plain(value):
    if isinstance(value, list):
        return [plain(v) for v in value]
    return {"rows": value.shape[0], "columns": value.shape[1], "values": [float(v) for v in value.ravel()]} if isinstance(value, np.ndarray) else value


def main(draws_path, path):
    result = []
    with open(draws_path) as file:
        draws = json.load(file)
    for name, shape in (("tall", (14, 9, 10)), ("wide", (6, 5, 40)), ("many", (60, 7, 10))):
        exact = data_set(len(name), *shape)
        single = {k: rounded(v) if k in STATES else v for k, v in exact.items()}
        # Near-ties of neighbours are not what rounding should be judged by: data are drawn without.
        cases = []
        for (measure, form, parameters, value), (_, _, _, wanted) in zip(everything(single, draws[name]), everything(exact, draws[name])):
            cases.append({"measure": measure, "form": form, "parameters": parameters, "value": float(value), "exact": float(wanted)})
        result.append({"name": name, "cases": cases, **{k: plain(v) for k, v in single.items()}})
    with open(path, "w") as out:
        json.dump(result, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
