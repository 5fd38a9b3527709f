"""Rotary position embeddings as transformers' modeling_rope_utils computes them: inverse frequencies and the factor on cos and sin.

A direct transcription of the public formulas, in float64; not the form in which Strata has them.
"""

import math

import torch


def default_frequencies(base, dim):
    return 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float64) / dim))


def yarn(base, dim, rope, max_positions):
    original = rope.get("original_max_position_embeddings") or max_positions
    factor = rope.get("factor") or max_positions / original

    def mscale(scale, weight=1.0):
        return 1.0 if scale <= 1 else 0.1 * weight * math.log(scale) + 1.0

    attention = rope.get("attention_factor")
    if attention is None:
        if rope.get("mscale") and rope.get("mscale_all_dim"):
            attention = mscale(factor, rope["mscale"]) / mscale(factor, rope["mscale_all_dim"])
        else:
            attention = mscale(factor)

    def correction_dim(rotations):
        return (dim * math.log(original / (rotations * 2 * math.pi))) / (2 * math.log(base))

    low, high = correction_dim(rope.get("beta_fast") or 32), correction_dim(rope.get("beta_slow") or 1)
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dim - 1)
    if low == high:
        high += 0.001
    ramp = ((torch.arange(dim // 2, dtype=torch.float64) - low) / (high - low)).clamp(0, 1)
    extrapolation = default_frequencies(base, dim)
    return extrapolation / factor * ramp + extrapolation * (1 - ramp), attention


def longrope(base, dim, config, rope, max_positions, length):
    original = rope.get("original_max_position_embeddings") or config.get("original_max_position_embeddings")
    factor = rope.get("factor")
    if original:
        factor = max_positions / original
    else:
        original = max_positions
    attention = rope.get("attention_factor")
    if attention is None:
        attention = 1.0 if factor <= 1.0 else math.sqrt(1 + math.log(factor) / math.log(original))
    factors = torch.tensor(rope["long_factor" if length > original else "short_factor"], dtype=torch.float64)
    return 1.0 / (factors * base ** (torch.arange(0, dim, 2, dtype=torch.float64) / dim)), attention


def llama3(base, dim, rope):
    frequencies = default_frequencies(base, dim)
    factor, context = rope["factor"], rope["original_max_position_embeddings"]
    wavelength = 2 * math.pi / frequencies
    smooth = (context / wavelength - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
    blended = (1 - smooth) * frequencies / factor + smooth * frequencies
    result = torch.where(wavelength > context / rope["low_freq_factor"], frequencies / factor, frequencies)
    middle = ~(wavelength < context / rope["high_freq_factor"]) & ~(wavelength > context / rope["low_freq_factor"])
    return torch.where(middle, blended, result)


def parameters(config, dim, length, base, max_positions, rope=None):
    """Inverse frequencies [dim / 2] and the factor on cos and sin, for a sequence of so many tokens."""
    rope = rope if rope is not None else config.get("rope_parameters") or config.get("rope_scaling") or {}
    base = rope.get("rope_theta", config.get("rope_theta", base))
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return default_frequencies(base, dim), 1.0
    if kind == "linear":
        return default_frequencies(base, dim) / rope["factor"], 1.0
    if kind == "dynamic":
        length = max(length, max_positions)
        base = base * ((rope["factor"] * length / max_positions) - (rope["factor"] - 1)) ** (dim / (dim - 2))
        return default_frequencies(base, dim), 1.0
    if kind == "yarn":
        return yarn(base, dim, rope, max_positions)
    if kind in ("longrope", "su"):
        return longrope(base, dim, config, rope, max_positions, length)
    if kind == "llama3":
        return llama3(base, dim, rope), 1.0
    raise ValueError(f"rope type {kind!r}")


def cos_sin(frequencies, attention, positions):
    """[T, dim / 2] each."""
    angles = torch.outer(positions.to(frequencies.dtype), frequencies)
    return angles.cos() * attention, angles.sin() * attention


def rotate_half(x):
    first, second = x.chunk(2, dim=-1)
    return torch.cat([-second, first], dim=-1)


def apply_half(x, cos, sin):
    """x [H, T, d] with its first columns turned, as many as cos and sin have in both halves."""
    cos, sin = torch.cat([cos, cos], -1).to(x.dtype), torch.cat([sin, sin], -1).to(x.dtype)
    turned, kept = x[..., :cos.shape[-1]], x[..., cos.shape[-1]:]
    return torch.cat([turned * cos + rotate_half(turned) * sin, kept], dim=-1)


def apply_every_two(x, cos, sin):
    """The same for neighbouring columns (GPT-J)."""
    cos, sin = cos.repeat_interleave(2, -1).to(x.dtype), sin.repeat_interleave(2, -1).to(x.dtype)
    turned, kept = x[..., :cos.shape[-1]], x[..., cos.shape[-1]:]
    crossed = torch.stack([-turned[..., 1::2], turned[..., ::2]], dim=-1).flatten(-2)
    return torch.cat([turned * cos + crossed * sin, kept], dim=-1)
