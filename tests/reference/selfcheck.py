"""Checks the reference against other definitions of the same things: closed forms, PyTorch's own modules, invariants."""

import math
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

import checkpoint
import decoder
import families
import networks
import suite
import variants


# Only learned positions are absolute.
LEARNED_POSITIONS = ("gpt2", "gpt_neo", "opt", "bert", "roberta", "xlm-roberta", "camembert", "distilbert", "albert", "electra", "mpnet", "deberta-v2")


def close(a, b, tolerance=1e-10):
    assert a.shape == b.shape, (a.shape, b.shape)
    difference = (a - b).abs().max().item()
    assert difference < tolerance, difference


def check_rotary():
    """A turned pair is a complex number times exp(i * angle); scores depend on the distance of positions alone."""
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    angles = torch.rand(5, 4, dtype=torch.float64) * 10
    turned = torch.complex(x[..., :4], x[..., 4:]) * torch.polar(torch.ones_like(angles), angles)
    close(networks.rotate(x, angles), torch.cat([turned.real, turned.imag], dim=-1))

    frequencies = networks.rotary_frequencies({}, 8)
    q, k = x[:, :1], x[:, 1:2]

    def score(query, key):
        return networks.rotate(q, query * frequencies[None]) @ networks.rotate(k, key * frequencies[None]).transpose(1, 2)

    close(score(7, 3), score(24, 20))


def check_llama3_frequencies():
    """Short wave lengths stay, long ones are stretched, those between follow the blend by wave length."""
    scaled = networks.rotary_frequencies({"rope_scaling": variants.LLAMA3_ROPE}, 16)
    sides = set()
    for i in range(8):
        plain = 10000.0 ** (-i / 8)
        length = 2 * math.pi / plain
        if length < 256 / 4:
            side, expected = "kept", plain
        elif length > 256 / 1:
            side, expected = "stretched", plain / 8
        else:
            smooth = (256 / length - 1) / (4 - 1)
            side, expected = "blended", (1 - smooth) * plain / 8 + smooth * plain
        sides.add(side)
        assert math.isclose(scaled[i], expected, rel_tol=1e-12), (i, scaled[i], expected)
    assert len(sides) == 3, sides


def check_norms_and_activations():
    """LayerNorm is RMSNorm of the centred input; the two GELUs from their formulas."""
    x, gain, bias = (torch.randn(*shape, dtype=torch.float64) for shape in [(6, 10), (10,), (10,)])
    centred = x - x.mean(-1, keepdim=True)
    close(F.layer_norm(x, (10,), gain, bias, 1e-5), networks.rms_norm(centred, gain, 1e-5) + bias)
    close(networks.ACTIVATIONS["gelu"](x), x * 0.5 * (1 + torch.erf(x / math.sqrt(2))))
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)
    close(networks.ACTIVATIONS["gelu_new"](x), 0.5 * x * (1 + torch.tanh(inner)))
    close(networks.ACTIVATIONS["silu"](x), x / (1 + torch.exp(-x)))


def check_attention():
    """attend against torch.nn.MultiheadAttention with identity projections out."""
    torch.manual_seed(1)
    module = torch.nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    x = torch.randn(7, 12, dtype=torch.float64)
    mask = torch.full((7, 7), -math.inf, dtype=torch.float64).triu(1)
    with torch.no_grad():
        expected, pattern = module(x[None], x[None], x[None], attn_mask=mask, average_attn_weights=False)
        q, k, v = F.linear(x, module.in_proj_weight, module.in_proj_bias).chunk(3, dim=-1)
        q, k, v = (networks.split_heads(part, 3) for part in (q, k, v))
        _, own_pattern, z = networks.attend(q, k, v, 0.5)
        close(own_pattern, pattern[0])
        close(module.out_proj(networks.merge_heads(z)), expected[0])


def check_files(folder):
    """What is written is read back, bit for bit, in every dtype."""
    tensors = {name: torch.arange(6).reshape(2, 3).to(dtype) for name, dtype in checkpoint.DTYPES.items()}
    tensors["scalar"] = torch.tensor(2.5)
    checkpoint.write(folder / "all.safetensors", tensors)
    back = checkpoint.read(folder / "all.safetensors")
    assert list(back) == list(tensors)
    for name, tensor in tensors.items():
        assert back[name].dtype == tensor.dtype and torch.equal(back[name], tensor), name


def check_network(folder, family, variant):
    """Causality, plans that must agree with each other, and that every weight matters."""
    folder = folder / family / variant
    config = variants.make(folder, family, variant, 3)
    network = families.load(folder, torch.float64)
    tokens = [5, 0, 17, 96, 3, 44, 8]
    points = network.run(tokens)
    if "logits" not in points:  # An encoder without a head.
        return
    logits = points["logits"]
    if family in families.ENCODERS:
        assert (network.run(tokens[:6] + [9])["logits"][0] - logits[0]).abs().max() > 1e-6
    else:
        close(network.run(tokens[:4])["logits"], logits[:4])
        assert (network.run(tokens[:6] + [9])["logits"][:6] - logits[:6]).abs().max() < 1e-10
        close(points["loss"], -logits[:-1].log_softmax(-1)[range(6), tokens[1:]])
    if family not in LEARNED_POSITIONS:
        close(network.run(tokens, positions=range(50, 57))["logits"], logits)

    steps = suite.blocks(range(network.blocks))
    whole = network.run(tokens, plan=steps)
    close(whole["logits"], logits)
    close(whole["stream"][1:], torch.stack([points[f"blocks.{i}.resid_post"] for i in range(network.blocks)]))
    if network.block.__func__ is networks.Network.block:  # Not where attention and MLP read the same stream.
        halves = [{part: i} for i in range(network.blocks) for part in ("attn", "mlp")]
        close(network.run(tokens, plan=halves)["logits"], logits)
    # Averaging one output, or the same output twice, changes nothing; looping it is repeating it.
    twice = [{"parallel": [{"block": 1}, {"block": 1}], "times": 2}]
    close(network.run(tokens, plan=twice)["logits"], network.run(tokens, plan=suite.blocks([1, 1]))["logits"])
    check_every_weight_matters(network, tokens, logits, f"{family}/{variant}", config)


def check_every_weight_matters(network, tokens, logits, name, config):
    """Each weight, disturbed alone, moves the logits: nothing in the file is left unused except buffers and copies."""
    tied = network.tied(config) if isinstance(network, decoder.Decoder) else config.get("tie_word_embeddings", network.__class__ is networks.Gpt2)
    unused = (".attn.bias", ".attention.bias", "masked_bias", "inv_freq", "vision_tower.patch.weight") + (("lm_head.weight",) if tied else ())
    for weight, value in network.weights.items():
        kept = value.clone()
        value += 0.1 * torch.randn(value.shape, dtype=value.dtype)
        moved = (network.run(tokens)["logits"] - logits).abs().max().item()
        value.copy_(kept)
        # A bias of the keys moves all scores of a query alike, unless keys turn; an expert may have no token.
        free = weight.endswith(("k_proj.bias", "self.key.bias", "attention.key.bias", "k_lin.bias", "attn.k.bias", "key_proj.bias")) or ".experts." in weight
        assert free or ((moved == 0) if weight.endswith(unused) else (moved > 1e-6)), (name, weight, moved)


def run():
    torch.manual_seed(0)
    check_rotary()
    check_llama3_frequencies()
    check_norms_and_activations()
    check_attention()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_files(folder)
        for family, (_, members) in variants.VARIANTS.items():
            for variant in members:
                check_network(folder, family, variant)
    print("the reference agrees with every check")
