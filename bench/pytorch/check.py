#!/usr/bin/env python3
"""Checks that the tuned network of the benchmarks computes what the plain reference of the tests computes."""

import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "reference"))

import networks  # noqa: E402 (found through the line above)
from hooks import HookedGpt2  # noqa: E402


def disturb(network):
    """Larger weights, biases that are not 0 and norm gains that are not 1, so that any mistake shows."""
    for block in network.blocks:
        for part in ("qkv", "out", "up", "down"):
            getattr(block, part).mul_(8)
            getattr(block, part + "_bias").normal_(std=0.1)
        block.norm_1, block.norm_2 = ((1 + 0.2 * torch.randn(network.width), 0.1 * torch.randn(network.width)) for _ in "12")
    network.final_norm = (1 + 0.2 * torch.randn(network.width), 0.1 * torch.randn(network.width))


def reference_of(network):
    """The reference with the same weights under their Hugging Face names."""
    weights = {"wte.weight": network.token_embedding, "wpe.weight": network.position_embedding}
    weights["ln_f.weight"], weights["ln_f.bias"] = network.final_norm
    for i, block in enumerate(network.blocks):
        for name, norm in {"ln_1": block.norm_1, "ln_2": block.norm_2}.items():
            weights[f"h.{i}.{name}.weight"], weights[f"h.{i}.{name}.bias"] = norm
        for name, part in {"attn.c_attn": "qkv", "attn.c_proj": "out", "mlp.c_fc": "up", "mlp.c_proj": "down"}.items():
            weights[f"h.{i}.{name}.weight"] = getattr(block, part)
            weights[f"h.{i}.{name}.bias"] = getattr(block, part + "_bias")
    return networks.Gpt2({"n_layer": len(network.blocks), "n_head": network.heads}, weights)


def check_hooks(network, tokens):
    """A head without output is one whose part of the output map is 0; an embedding patched is a token replaced."""
    loss, part = network.ablated(tokens, 1, 2), network.blocks[1].out.view(network.heads, -1, network.width)[2]
    kept = part.clone()
    part.zero_()
    assert abs(loss - network.forward(tokens)) < 1e-5
    part.copy_(kept)
    assert abs(loss - network.forward(tokens)) > 2e-5
    clean, one = tokens[1:2], tokens[:1]
    replaced = one.clone()
    replaced[0, 7] = clean[0, 7]
    patched = network.patched(one, network.streams(clean), 0, 7)
    assert torch.allclose(patched, network.patched(replaced, network.streams(replaced), 0, 7), atol=1e-5)


@torch.inference_mode()
def main():
    torch.manual_seed(0)
    network = HookedGpt2(seed=1, blocks=3, width=64, heads=4, vocab=300, positions=200)
    disturb(network)
    reference = reference_of(network)
    tokens = torch.randint(300, (3, 130))
    for plan in (None, [2, 0], [0, [1, 2, 0], 2]):
        steps = None if plan is None else [{"block": i} if isinstance(i, int) else {"parallel": [{"block": j} for j in i], "times": 1} for i in plan]
        expected = sum(reference.run(row.tolist(), plan=steps)["loss"].mean().item() for row in tokens) / len(tokens)
        loss = network.forward(tokens, plan)
        assert abs(loss - expected) < 1e-5, (plan, loss, expected)
    prompt = tokens[:1, :20]
    assert network.generate(prompt, 12) == reference.generate(prompt[0].tolist(), 12)
    check_hooks(network, tokens)
    print("the benchmark's network agrees with the reference")


if __name__ == "__main__":
    main()
