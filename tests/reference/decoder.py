"""What the transcriptions of decoder families share: reading weights by name, masked attention, drawing weights by shape."""

import math

import torch
import torch.nn.functional as F

from networks import Network, merge_heads, rms_norm


class Decoder(Network):
    """A family as its public modelling code computes it.

    A subclass has: prefix (of its weights), shapes(config) (names, shapes and kinds of all weights in the files), embed,
    attention, mlp, final_norm, and block where it is not x + attention, then + mlp.
    """

    prefix, tied_by_default, layers_key = "model.", False, "num_hidden_layers"
    embedding_name, head_name = "embed_tokens", "lm_head"

    def __init__(self, config, weights):
        self.config, self.weights, self.blocks = config, weights, config[self.layers_key]
        self.dtype = next(iter(weights.values())).dtype
        self.unembedding = self.raw(self.embedding_name + ".weight") if self.tied(config) else weights[self.head_name + ".weight"]

    @classmethod
    def tied(cls, config):
        return config.get("tie_word_embeddings", cls.tied_by_default)

    def raw(self, name):
        return self.weights[self.prefix + name]

    def linear(self, name, x):
        return F.linear(x, self.raw(name + ".weight"), self.weights.get(f"{self.prefix}{name}.bias"))

    def layer_norm(self, name, x, epsilon):
        return F.layer_norm(x, x.shape[-1:], self.raw(name + ".weight"), self.weights.get(f"{self.prefix}{name}.bias"), epsilon)

    def rms(self, name, x, epsilon):
        return rms_norm(x, self.raw(name + ".weight"), epsilon)

    def logits(self, normalized):
        return F.linear(normalized, self.unembedding, self.weights.get(self.head_name + ".bias"))

    def learned(self, tokens, positions, note):
        """Token and learned position embeddings of the GPT-2 naming."""
        note("embed", self.raw("wte.weight")[tokens])
        note("pos_embed", self.raw("wpe.weight")[positions])
        return self.raw("wte.weight")[tokens] + self.raw("wpe.weight")[positions]

    def parallel_block(self, i, h, note):
        """x + attention(x) + mlp(x)."""
        note("resid_pre", h)
        h = self.mlp(i, h, note) + self.attention(i, h, note) + h
        note("resid_post", h)
        return h


def attend(q, k, v, scale, window=None, cap=None, bias=None):
    """Attention of q [H, T, d] to k, v [G, T, d]: scores, pattern [H, T, T] and mixed values [T, H * d]."""
    groups = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(groups, dim=0), v.repeat_interleave(groups, dim=0)
    scores = torch.matmul(q, k.transpose(1, 2)) * scale
    if cap is not None:
        scores = torch.tanh(scores / cap) * cap
    if bias is not None:
        scores = scores + bias
    length = q.shape[1]
    allowed = torch.ones(length, length, dtype=torch.bool).tril()
    if window is not None:
        allowed = allowed & ~torch.ones(length, length, dtype=torch.bool).tril(-window)
    scores = scores.masked_fill(~allowed, -math.inf)
    pattern = scores.softmax(-1)
    return scores, pattern, merge_heads(pattern @ v)


def note_attention(note, scores, pattern, z):
    note("attn.scores", scores), note("attn.pattern", pattern), note("attn.z", z)


def alibi_slopes(heads):
    """The slopes of the ALiBi paper as BLOOM's and Falcon's code makes them, in float32."""
    closest = 2 ** math.floor(math.log2(heads))
    base = torch.tensor(2 ** (-(2 ** -(math.log2(closest) - 3))), dtype=torch.float32)
    slopes = torch.pow(base, torch.arange(1, 1 + closest, dtype=torch.int32))
    if closest != heads:
        extra = torch.tensor(2 ** (-(2 ** -(math.log2(2 * closest) - 3))), dtype=torch.float32)
        remaining = min(closest, heads - closest)
        slopes = torch.cat([slopes, torch.pow(extra, torch.arange(1, 1 + 2 * remaining, 2, dtype=torch.int32))])
    return slopes


# Kinds of weights: what Draw makes of a shape. DECAY and STEP: the logarithms of a state space's decays and the bias of its step sizes.
MATRIX, SMALL_MATRIX, BIAS, GAIN, OFFSET_GAIN, TABLE, DECAY, STEP = "matrix", "small matrix", "bias", "gain", "offset gain", "table", "decay", "step"


def linear_shapes(name, inputs, outputs, bias):
    shapes = {name + ".weight": ((outputs, inputs), MATRIX)}
    if bias:
        shapes[name + ".bias"] = ((outputs,), BIAS)
    return shapes


def norm_shapes(name, width, bias, kind=GAIN):
    shapes = {name + ".weight": ((width,), kind)}
    if bias:
        shapes[name + ".bias"] = ((width,), BIAS)
    return shapes
