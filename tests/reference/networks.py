"""What every forward pass has in common, and GPT-2 and Llama: plain PyTorch, one sequence at a time and nothing cached.

Written from the definitions of the families (the config keys are those of Hugging Face transformers), with no regard
for speed, so that a reader can check every line. Shapes: T tokens, D width of the stream, H heads of width d.
"""

import math

import torch
import torch.nn.functional as F

ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_fast": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_10": lambda x: F.gelu(x).clamp(-10, 10),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
}


def attend(q, k, v, scale):
    """Causal attention of q, k, v [H, T, d]: masked scores [H, T, T], pattern [H, T, T] and mixed values [H, T, d]."""
    future = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1)
    scores = (q @ k.transpose(1, 2) * scale).masked_fill(future, -math.inf)
    pattern = scores.softmax(-1)
    return scores, pattern, pattern @ v


def split_heads(x, heads):
    """[T, H*d] -> [H, T, d]."""
    return x.reshape(x.shape[0], heads, -1).transpose(0, 1)


def merge_heads(x):
    """[H, T, d] -> [T, H*d]."""
    return x.transpose(0, 1).reshape(x.shape[1], -1)


def rms_norm(x, gain, epsilon):
    """x / sqrt(mean x^2 + epsilon) * gain."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gain


def rotate(x, angles):
    """Turns the pairs (i, i + d/2) of x [H, T, d] by angles [T, d/2]."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def rotary_frequencies(config, head_width):
    """Angle per position of each of the d/2 pairs, in float64, scaled as the config says."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    plain = theta ** -(torch.arange(0, head_width, 2, dtype=torch.float64) / head_width)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return plain
    if kind == "linear":
        return plain / rope["factor"]
    if kind != "llama3":
        raise ValueError(f"rope type {kind!r} is not one of default, linear, llama3")
    # Turns made within the original context. Many: frequency kept. Few: divided by the factor. Between: blended.
    turns = rope["original_max_position_embeddings"] * plain / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return kept * plain + (1 - kept) * plain / rope["factor"]


class Network:
    """What the families share: running a plan, reading out, the loss.

    A family has: blocks, embed(tokens, positions, note), attention(i, h, note), mlp(i, h, note), final_norm(h), unembedding;
    and what it does otherwise than here. note(name, value) records what is at a hook point.
    """

    def embed(self, tokens, positions, note):
        raise NotImplementedError

    def attention(self, i, h, note):
        """What the attention of block i adds to the stream h [T, D]; its norm included."""
        raise NotImplementedError

    def mlp(self, i, h, note):
        """What the MLP of block i adds to the stream h [T, D]; its norm included."""
        raise NotImplementedError

    def final_norm(self, h):
        """The stream as it is unembedded; None where it is unembedded as it is."""
        raise NotImplementedError

    def logits(self, normalized):
        return normalized @ self.unembedding.T

    def has_half(self, kind, i):
        """Has block i attention (attn) or an MLP (mlp)?"""
        return True

    def attention_half(self, i, h, note):
        return h + self.attention(i, h, note)

    def mlp_half(self, i, h, note):
        return h + self.mlp(i, h, note)

    def block(self, i, h, note):
        note("resid_pre", h)
        h = self.attention_half(i, h, note)
        note("resid_mid", h)
        h = self.mlp_half(i, h, note)
        note("resid_post", h)
        return h

    def step(self, step, h):
        """One step of a plan, taken literally."""
        if "parallel" in step:
            return sum(self.step(member, h) for member in step["parallel"]) / len(step["parallel"])
        (kind, i), = step.items()
        if kind == "block":
            return self.block(i, h, ignore)
        if kind == "attn":
            return self.attention_half(i, h, ignore)
        if kind == "mlp":
            return self.mlp_half(i, h, ignore)
        raise ValueError(f"a step is block, attn, mlp or parallel, not {kind!r}")

    @torch.inference_mode()
    def run(self, tokens, positions=None, plan=None):
        """Every hook point by name without a plan; the stream after each step [steps + 1, T, D] with one.

        Both with ln_final.normalized [T, D], logits [T, V] and, for T > 1 and decoders, loss [T - 1]: that of the next token in nats.
        """
        tokens = torch.tensor(tokens)
        positions = torch.arange(len(tokens)) if positions is None else torch.tensor(list(positions))
        points = {}
        h = self.embed(tokens, positions, points.__setitem__)
        if plan is None:
            for i in range(self.blocks):
                h = self.block(i, h, lambda name, value: points.__setitem__(f"blocks.{i}.{name}", value))
        else:
            stream = [h]
            for step in plan:
                for _ in range(step.get("times", 1)):
                    stream.append(self.step(step, stream[-1]))
            h, points = stream[-1], {"stream": torch.stack(stream)}
        normalized = self.final_norm(h)
        if normalized is not None:
            points["ln_final.normalized"] = normalized
        self.read_out(h if normalized is None else normalized, tokens, points)
        return points

    def read_out(self, normalized, tokens, points):
        """What is read from the last stream."""
        points["logits"] = self.logits(normalized)
        if len(tokens) > 1:
            points["loss"] = F.cross_entropy(points["logits"][:-1], tokens[1:], reduction="none")

    def generate(self, tokens, count):
        """The most likely continuation, token by token, everything recomputed each time."""
        tokens = list(tokens)
        for _ in range(count):
            tokens.append(int(self.run(tokens)["logits"][-1].argmax()))
        return tokens[-count:]


def ignore(name, value):
    """The note of a run that records nothing."""


class Gpt2(Network):
    """GPT-2: learned positions, LayerNorm before each part, one product for q, k and v, weights stored [in, out]."""

    def __init__(self, config, weights):
        self.config, self.blocks = config, config["n_layer"]
        self.weights = {name.removeprefix("transformer."): value for name, value in weights.items()}
        self.activation = ACTIVATIONS[config.get("activation_function", "gelu_new")]
        tied = config.get("tie_word_embeddings", True)
        self.unembedding = self.weights["wte.weight" if tied else "lm_head.weight"]

    def norm(self, name, x):
        epsilon = self.config.get("layer_norm_epsilon", 1e-5)
        return F.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"], epsilon)

    def project(self, name, x):
        return x @ self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def embed(self, tokens, positions, note):
        note("embed", self.weights["wte.weight"][tokens])
        note("pos_embed", self.weights["wpe.weight"][positions])
        return self.weights["wte.weight"][tokens] + self.weights["wpe.weight"][positions]

    def scale(self, i, head_width):
        scale = 1 / math.sqrt(head_width) if self.config.get("scale_attn_weights", True) else 1.0
        return scale / (i + 1) if self.config.get("scale_attn_by_inverse_layer_idx", False) else scale

    def attention(self, i, h, note):
        x = self.norm(f"h.{i}.ln_1", h)
        note("ln1.normalized", x)
        q, k, v = self.project(f"h.{i}.attn.c_attn", x).chunk(3, dim=-1)
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["n_head"]) for part in (q, k, v))
        scores, pattern, z = attend(q, k, v, self.scale(i, q.shape[-1]))
        note("attn.scores", scores), note("attn.pattern", pattern), note("attn.z", merge_heads(z))
        out = self.project(f"h.{i}.attn.c_proj", merge_heads(z))
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"h.{i}.ln_2", h)
        note("ln2.normalized", x)
        pre = self.project(f"h.{i}.mlp.c_fc", x)
        post = self.activation(pre)
        out = self.project(f"h.{i}.mlp.c_proj", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("ln_f", h)


class Llama(Network):
    """Llama: rotary positions, RMSNorm before each part, grouped queries, gated MLP, weights stored [out, in]."""

    def __init__(self, config, weights):
        self.config, self.weights, self.blocks = config, weights, config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.groups = config.get("num_key_value_heads") or self.heads
        self.activation = ACTIVATIONS[config.get("hidden_act", "silu")]
        head_width = config.get("head_dim") or config["hidden_size"] // self.heads
        tied = config.get("tie_word_embeddings", False)
        self.unembedding = weights["model.embed_tokens.weight" if tied else "lm_head.weight"]
        self.frequencies = rotary_frequencies(config, head_width).to(self.unembedding.dtype)

    def norm(self, name, x):
        return rms_norm(x, self.weights[f"model.{name}.weight"], self.config.get("rms_norm_eps", 1e-6))

    def project(self, name, x):
        return F.linear(x, self.weights[f"model.{name}.weight"], self.weights.get(f"model.{name}.bias"))

    def embed(self, tokens, positions, note):
        self.angles = torch.outer(positions.to(self.frequencies.dtype), self.frequencies)
        note("embed", self.weights["model.embed_tokens.weight"][tokens])
        return self.weights["model.embed_tokens.weight"][tokens]

    def attention(self, i, h, note):
        x = self.norm(f"layers.{i}.input_layernorm", h)
        note("ln1.normalized", x)
        q, k, v = (self.project(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q = rotate(split_heads(q, self.heads), self.angles)
        k = rotate(split_heads(k, self.groups), self.angles)
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        # Query head j reads key and value head j // (heads per group).
        k, v = (x.repeat_interleave(self.heads // self.groups, dim=0) for x in (k, split_heads(v, self.groups)))
        scores, pattern, z = attend(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note("attn.scores", scores), note("attn.pattern", pattern), note("attn.z", merge_heads(z))
        out = self.project(f"layers.{i}.self_attn.o_proj", merge_heads(z))
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"layers.{i}.post_attention_layernorm", h)
        note("ln2.normalized", x)
        gate, up = self.project(f"layers.{i}.mlp.gate_proj", x), self.project(f"layers.{i}.mlp.up_proj", x)
        post = self.activation(gate) * up
        out = self.project(f"layers.{i}.mlp.down_proj", post)
        note("mlp.pre", gate), note("mlp.pre_linear", up), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("norm", h)
