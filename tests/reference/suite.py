"""The standard suite: every variant as a model folder, with requests and the tensors that they must give.

ROOT/FAMILY-VARIANT/ (a family's own hyphens as underscores) holds config.json and weights, requests.json, expected.safetensors (computed in float64, rounded to float32)
and, for decoders, generation.json. Each plan stands in requests.json twice: as steps, which the reference executes, and as text, which the
reader parses.
"""

import json
import random
from pathlib import Path

import torch

import checkpoint
import families
import variants

LENGTHS = [1, 2, 7, 33, 64]
PLAN_LENGTH = 12
NEW_TOKENS = 8


def blocks(indices):
    return [{"block": i} for i in indices]


def parallel(indices, times=1):
    return [{"parallel": blocks(indices), "times": times}]


def plans(n):
    """Name -> (text, steps) for a network of n blocks, n >= 4."""
    every = blocks(range(n))
    return {
        "all": ("..", every),
        "range": (f"0..{n}", every),
        "skip": (f"0..1, 3..{n}", blocks([0, *range(3, n)])),
        "skip-last": ("0..^1", blocks(range(n - 1))),
        "reverse": (f"0..1, reverse(1..3), 3..{n}", blocks([0, 2, 1, *range(3, n)])),
        "reverse-all": (f"reverse(0..{n})", blocks(reversed(range(n)))),
        "shuffle": ("0..1, 3, 1, 2, 4..^0", blocks([0, 3, 1, 2, *range(4, n)])),
        "swap": (f"0, 2, 1, 3..{n}", blocks([0, 2, 1, *range(3, n)])),
        "parallel": ("0..1, parallel(1..3), 3..^0", blocks([0]) + parallel([1, 2]) + blocks(range(3, n))),
        "parallel-looped": (f"0..1, parallel(1..4)*3, 4..{n}", blocks([0]) + parallel([1, 2, 3], 3) + blocks(range(4, n))),
        "parallel-listed": (f"0, parallel(1, 3), {n - 1}", blocks([0]) + parallel([1, 3]) + blocks([n - 1])),
        "repeat": (f"0..2, 2*4, 3..{n}", blocks([0, 1, 2, 2, 2, 2, *range(3, n)])),
        "parts": (f"0..1, attn(1), mlp(2), 3..{n}", blocks([0]) + [{"attn": 1}, {"mlp": 2}] + blocks(range(3, n))),
        "attention-only": (", ".join(f"attn({i})" for i in range(n)), [{"attn": i} for i in range(n)]),
        "mlp-only": (", ".join(f"mlp({i})" for i in range(n)), [{"mlp": i} for i in range(n)]),
        "one-block": ("1", blocks([1])),
    }


def runs(network, step):
    """Has the network every half block that a step asks for?"""
    if "parallel" in step:
        return all(runs(network, member) for member in step["parallel"])
    (kind, i), = step.items()
    return kind == "block" or network.has_half(kind, i)


def requests(network, vocabulary, seed):
    """Sequences of several lengths without a plan, one from a later position, and one sequence under every plan that the network can run."""
    draw = random.Random(seed)

    def tokens(length):
        # Both ends of the vocabulary, then anything.
        return ([vocabulary - 1, 0] + [draw.randrange(vocabulary) for _ in range(length)])[:length]

    result = [{"name": f"length-{length}", "tokens": tokens(length), "plan": None, "plan_text": None} for length in LENGTHS]
    result.append({"name": "positions", "tokens": tokens(9), "positions": list(range(50, 59)), "plan": None, "plan_text": None})
    shared = tokens(PLAN_LENGTH)
    for name, (text, steps) in plans(network.blocks).items():
        if not all(runs(network, step) for step in steps):
            continue
        result.append({"name": f"plan-{name}", "tokens": shared, "plan": steps, "plan_text": text})
    return result


def write_variant(folder, family, variant, seed):
    """Writes one variant's model, requests, expected tensors and continuation."""
    config = variants.make(folder, family, variant, seed)
    network = families.load(folder, torch.float64)
    wanted = requests(network, variants.vocabulary(config), seed)
    if config.get("type_vocab_size", 0) > 1:
        wanted.append({"name": "pair", "tokens": wanted[3]["tokens"][:9], "types": [0] * 5 + [1] * 4, "plan": None, "plan_text": None})
    (folder / "requests.json").write_text(json.dumps(wanted, indent=1) + "\n")
    checkpoint.write(folder / "expected.safetensors", families.run_requests(network, wanted))
    if family in families.ENCODERS:
        return
    prompt = wanted[2]["tokens"]
    generation = {"prompt": prompt, "tokens": network.generate(prompt, NEW_TOKENS)}
    (folder / "generation.json").write_text(json.dumps(generation) + "\n")


def write(root, seed):
    """Writes every variant of every family below root."""
    for family, (_, members) in variants.VARIANTS.items():
        for variant in members:
            write_variant(Path(root) / f"{family.replace('-', '_')}-{variant}", family, variant, seed)
