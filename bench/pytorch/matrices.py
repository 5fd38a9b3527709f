"""Similarity and entropy of representations in numpy, as a careful user would write them for speed."""

import numpy


def linear_cka(layers):
    """Linear CKA of all pairs of layers [samples, width] in float32, in the feature form: no matrix of samples by samples."""
    centred = [layer - layer.mean(0) for layer in layers]
    values = numpy.ones((len(layers), len(layers)))
    own = [numpy.linalg.norm(x.T @ x) for x in centred]
    for i, x in enumerate(centred):
        for j in range(i):
            inner = numpy.linalg.norm(x.T @ centred[j]) ** 2
            values[i, j] = values[j, i] = inner / (own[i] * own[j])
    return values


def prompt_entropies(prompts):
    """Matrix-based entropy of the tokens of each prompt [prompts, length, width], in float64."""
    entropies = []
    for prompt in prompts.astype(numpy.float64):
        unit = prompt - prompt.mean(0)
        unit /= numpy.linalg.norm(unit, axis=1, keepdims=True)
        weights = numpy.linalg.eigvalsh(unit @ unit.T) / len(unit)
        weights = weights[weights > 1e-15]
        entropies.append(-(weights * numpy.log(weights)).sum())
    return entropies
