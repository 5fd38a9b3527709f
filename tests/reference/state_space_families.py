"""Mamba and its followers as their public modelling code computes them on the sequential path: one token after another, nothing fused."""

import math

import torch
import torch.nn.functional as F

from decoder import BIAS, DECAY, GAIN, MATRIX, STEP, TABLE, Decoder, attend, linear_shapes, norm_shapes, note_attention
from networks import ACTIVATIONS, Network, split_heads


def convolve(x, weight, bias):
    """nn.Conv1d with one group per channel, padded on both sides and cut: x [T, C], weight [C, 1, K]."""
    taps, length = weight.shape[-1], x.shape[0]
    return F.conv1d(x.T[None], weight, bias, padding=taps - 1, groups=x.shape[1])[0, :, :length].T


def mixing_matrix(a, delta, b, c):
    """Entry [h, t, s]: what an input at s adds to the output at t; a [H, N], delta [T, H], b and c [T, H, N]."""
    times = delta.cumsum(0).T                                                           # [H, T]
    passed = (times[:, :, None] - times[:, None, :]).tril()                             # sum of delta over s + 1 .. t
    decay = torch.exp(a[:, None, None, :] * passed[..., None])                          # [H, T, T, N]
    inner = (c.transpose(0, 1)[:, :, None, :] * b.transpose(0, 1)[:, None, :, :] * decay).sum(-1)
    return (inner * delta.T[:, None, :]).tril()


class StateSpace(Decoder):
    """Blocks that are a state space alone."""

    prefix, tied_by_default, embedding_name = "backbone.", True, "embeddings"

    def has_half(self, kind, i):
        return kind == "attn"

    def embed(self, tokens, positions, note):
        note("embed", self.raw(self.embedding_name + ".weight")[tokens])
        return self.raw(self.embedding_name + ".weight")[tokens]

    def block(self, i, h, note):
        note("resid_pre", h)
        h = h + self.attention(i, h, note)
        note("resid_post", h)
        return h

    def attention(self, i, h, note):
        x = self.rms(f"layers.{i}.norm", h, self.config.get("layer_norm_epsilon", 1e-5))
        note("ln1.normalized", x)
        out = self.mixer(f"layers.{i}.mixer", x, note)
        note("ssm_out", out)
        return out

    def final_norm(self, h):
        return self.rms("norm_f", h, self.config.get("layer_norm_epsilon", 1e-5))

    def mamba(self, name, states, size, rank, act, note, norms=None):
        """MambaMixer.slow_forward; norms, where given, are those of dt, B and C."""
        projected = self.linear(name + ".in_proj", states)
        hidden, gate = projected.chunk(2, dim=-1)
        note("ssm.conv_pre", hidden), note("ssm.gate", gate)
        hidden = act(convolve(hidden, self.raw(name + ".conv1d.weight"), self.weights.get(f"{self.prefix}{name}.conv1d.bias")))
        note("ssm.conv", hidden)
        step, b, c = torch.split(self.linear(name + ".x_proj", hidden), [rank, size, size], dim=-1)
        if norms is not None:
            step, b, c = norms(step, b, c)
        delta = F.softplus(self.linear(name + ".dt_proj", step))
        note("ssm.delta", delta), note("ssm.B", b), note("ssm.C", c)

        a = -torch.exp(self.raw(name + ".A_log"))
        state, all_states, outputs = torch.zeros_like(a), [], []
        for t in range(len(states)):
            state = torch.exp(a * delta[t, :, None]) * state + delta[t, :, None] * b[t, None, :] * hidden[t, :, None]
            all_states.append(state.reshape(-1))
            outputs.append(state @ c[t])
        note("ssm.state", torch.stack(all_states))
        channels = hidden.shape[1]
        note("ssm.pattern", mixing_matrix(a, delta, b[:, None].expand(-1, channels, -1), c[:, None].expand(-1, channels, -1)).mean(0, keepdim=True))
        scanned = torch.stack(outputs) + hidden * self.raw(name + ".D")
        note("ssm.y", scanned)
        gated = scanned * act(gate)
        note("ssm.gated", gated)
        return self.linear(name + ".out_proj", gated)


def mamba_shapes(name, width, channels, size, rank, taps, bias, conv_bias):
    shapes = {f"{name}.A_log": ((channels, size), DECAY), f"{name}.D": ((channels,), GAIN), f"{name}.conv1d.weight": ((channels, 1, taps), MATRIX)}
    if conv_bias:
        shapes[f"{name}.conv1d.bias"] = ((channels,), BIAS)
    return {**shapes, **linear_shapes(f"{name}.in_proj", width, 2 * channels, bias), **linear_shapes(f"{name}.x_proj", channels, rank + 2 * size, False),
            f"{name}.dt_proj.weight": ((channels, rank), MATRIX), f"{name}.dt_proj.bias": ((channels,), STEP),
            **linear_shapes(f"{name}.out_proj", channels, width, bias)}


def auto_rank(config, key, width):
    rank = config.get(key, "auto")
    return math.ceil(width / 16) if rank == "auto" else rank


class Mamba(StateSpace):
    """MambaForCausalLM."""

    def __init__(self, config, weights):
        self.embedding_name = "embeddings" if "backbone.embeddings.weight" in weights else "embedding"
        super().__init__(config, weights)

    @classmethod
    def shapes(cls, config):
        width = config["hidden_size"]
        channels = config.get("intermediate_size", int(config.get("expand", 2) * width))
        shapes = {"backbone.embeddings.weight": ((config["vocab_size"], width), TABLE), **norm_shapes("backbone.norm_f", width, False)}
        for i in range(config["num_hidden_layers"]):
            shapes.update(norm_shapes(f"backbone.layers.{i}.norm", width, False))
            shapes.update(mamba_shapes(f"backbone.layers.{i}.mixer", width, channels, config.get("state_size", 16), auto_rank(config, "time_step_rank", width),
                                       config.get("conv_kernel", 4), config.get("use_bias", True), config.get("use_conv_bias", True)))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def mixer(self, name, x, note):
        rank = auto_rank(self.config, "time_step_rank", self.config["hidden_size"])
        return self.mamba(name, x, self.config.get("state_size", 16), rank, ACTIVATIONS[self.config.get("hidden_act", "silu")], note)


class Heads(StateSpace):
    """The second kind of state space: Mamba2Mixer, one token at a time as its single-step branch computes them."""

    def mamba2(self, name, states, heads, width, groups, size, act, limits, epsilon, norm_groups, note):
        channels = heads * width
        projected = self.linear(name + ".in_proj", states)
        gate, convolved, delta = torch.split(projected, [channels, channels + 2 * groups * size, heads], dim=-1)
        note("ssm.gate", gate), note("ssm.conv_pre", convolved[:, :channels])
        convolved = act(convolve(convolved, self.raw(name + ".conv1d.weight"), self.weights.get(f"{self.prefix}{name}.conv1d.bias")))
        hidden, b, c = torch.split(convolved, [channels, groups * size, groups * size], dim=-1)
        delta = torch.clamp(F.softplus(delta + self.raw(name + ".dt_bias")), limits[0], limits[1])
        note("ssm.conv", hidden), note("ssm.delta", delta), note("ssm.B", b), note("ssm.C", c)

        a = -torch.exp(self.raw(name + ".A_log"))
        b, c = (x.reshape(len(states), groups, size).repeat_interleave(heads // groups, dim=1) for x in (b, c))
        x = hidden.reshape(len(states), heads, width)
        state, all_states, outputs = torch.zeros(heads, width, size, dtype=x.dtype), [], []
        for t in range(len(states)):
            decay = torch.exp(delta[t] * a)[:, None, None]
            state = decay * state + (delta[t][:, None] * b[t])[:, None, :] * x[t][:, :, None]
            all_states.append(state.reshape(-1))
            outputs.append((state @ c[t][:, :, None])[..., 0])
        note("ssm.state", torch.stack(all_states)), note("ssm.pattern", mixing_matrix(a[:, None], delta, b, c))
        scanned = (torch.stack(outputs) + x * self.raw(name + ".D")[:, None]).reshape(len(states), channels)
        note("ssm.y", scanned)
        gated = (scanned * act(gate)).reshape(len(states), norm_groups, -1)
        gated = (gated * torch.rsqrt(gated.pow(2).mean(-1, keepdim=True) + epsilon)).reshape(len(states), channels) * self.raw(name + ".norm.weight")
        note("ssm.gated", gated)
        return self.linear(name + ".out_proj", gated)


def mamba2_shapes(name, width, heads, head_width, groups, size, taps, bias, conv_bias):
    channels, convolved = heads * head_width, heads * head_width + 2 * groups * size
    shapes = {f"{name}.dt_bias": ((heads,), STEP), f"{name}.A_log": ((heads,), DECAY), f"{name}.D": ((heads,), GAIN), f"{name}.conv1d.weight": ((convolved, 1, taps), MATRIX)}
    if conv_bias:
        shapes[f"{name}.conv1d.bias"] = ((convolved,), BIAS)
    return {**shapes, **linear_shapes(f"{name}.in_proj", width, channels + convolved + heads, bias), **norm_shapes(f"{name}.norm", channels, False),
            **linear_shapes(f"{name}.out_proj", channels, width, bias)}


class Mamba2(Heads):
    """Mamba2ForCausalLM."""

    tied_by_default = False

    @classmethod
    def sizes(cls, config):
        return config.get("num_heads", 128), config.get("head_dim", 64), config.get("n_groups", 8), config.get("state_size", 128)

    @classmethod
    def shapes(cls, config):
        width = config["hidden_size"]
        shapes = {"backbone.embeddings.weight": ((config["vocab_size"], width), TABLE), **norm_shapes("backbone.norm_f", width, False)}
        for i in range(config["num_hidden_layers"]):
            shapes.update(norm_shapes(f"backbone.layers.{i}.norm", width, False))
            shapes.update(mamba2_shapes(f"backbone.layers.{i}.mixer", width, *cls.sizes(config), config.get("conv_kernel", 4), config.get("use_bias", False),
                                        config.get("use_conv_bias", True)))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def mixer(self, name, x, note):
        act = ACTIVATIONS[self.config.get("hidden_act", "silu")]
        limits = self.config.get("time_step_limit", (0.0, math.inf))
        return self.mamba2(name, x, *self.sizes(self.config), act, limits, self.config.get("layer_norm_epsilon", 1e-5), 1, note)


class MambaSsm(Heads):
    """MambaLMHeadModel of the makers' package: Mamba (mamba_simple.py) or Mamba-2 (mamba2.py) by the options in ssm_cfg."""

    layers_key, embedding_name = "n_layer", "embedding"

    @classmethod
    def tied(cls, config):
        return config.get("tie_embeddings", True)

    @classmethod
    def vocabulary(cls, config):
        multiple = config.get("pad_vocab_size_multiple", 8)
        return -(-config["vocab_size"] // multiple) * multiple

    @classmethod
    def sizes(cls, config):
        """Heads, their width, groups and state size of Mamba-2."""
        options = config["ssm_cfg"]
        head = options.get("headdim", 64)
        return options.get("expand", 2) * config["d_model"] // head, head, options.get("ngroups", 1), options.get("d_state", 128)

    @classmethod
    def second(cls, config):
        return config["ssm_cfg"].get("layer", "Mamba1") == "Mamba2"

    @classmethod
    def shapes(cls, config):
        width, options, bias = config["d_model"], config["ssm_cfg"], not config.get("rms_norm", True)
        switches = options.get("d_conv", 4), options.get("bias", False), options.get("conv_bias", True)
        shapes = {"backbone.embedding.weight": ((cls.vocabulary(config), width), TABLE), **norm_shapes("backbone.norm_f", width, bias)}
        for i in range(config["n_layer"]):
            name = f"backbone.layers.{i}.mixer"
            shapes.update(norm_shapes(f"backbone.layers.{i}.norm", width, bias))
            shapes.update(mamba2_shapes(name, width, *cls.sizes(config), *switches) if cls.second(config) else
                          mamba_shapes(name, width, options.get("expand", 2) * width, options.get("d_state", 16), auto_rank(options, "dt_rank", width), *switches))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((cls.vocabulary(config), width), MATRIX)
        return shapes

    def rms(self, name, x, epsilon):
        """The norms of the stream are layer norms where rms_norm is false."""
        return super().rms(name, x, 1e-5) if self.config.get("rms_norm", True) else self.layer_norm(name, x, 1e-5)

    def mixer(self, name, x, note):
        options = self.config["ssm_cfg"]
        if self.second(self.config):
            sizes = self.sizes(self.config)
            return self.mamba2(name, x, *sizes, F.silu, options.get("dt_limit", (0.0, math.inf)), 1e-5, sizes[2], note)
        return self.mamba(name, x, options.get("d_state", 16), auto_rank(options, "dt_rank", self.config["d_model"]), F.silu, note)


class Jamba(StateSpace):
    """JambaForCausalLM: attention without positions in some blocks, Mamba with normalised parameters in the others, experts in some."""

    prefix, tied_by_default, embedding_name = "model.", False, "embed_tokens"

    def has_half(self, kind, i):
        return True

    @classmethod
    def attends(cls, config, i):
        return i % config.get("attn_layer_period", 8) == config.get("attn_layer_offset", 4)

    @classmethod
    def experts(cls, config, i):
        return config.get("num_experts", 16) if i % config.get("expert_layer_period", 2) == config.get("expert_layer_offset", 1) else 1

    @classmethod
    def shapes(cls, config):
        width, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
        keys = width // heads * (config.get("num_key_value_heads", 8) or heads)
        size, rank = config.get("mamba_d_state", 16), auto_rank(config, "mamba_dt_rank", width)
        shapes = {"model.embed_tokens.weight": ((config["vocab_size"], width), TABLE), **norm_shapes("model.final_layernorm", width, False)}
        for i in range(config["num_hidden_layers"]):
            block = f"model.layers.{i}."
            shapes.update({**norm_shapes(block + "input_layernorm", width, False), **norm_shapes(block + "pre_ff_layernorm", width, False)})
            if cls.attends(config, i):
                for part, outputs in (("q", width), ("k", keys), ("v", keys), ("o", width)):
                    shapes.update(linear_shapes(f"{block}self_attn.{part}_proj", width, outputs, False))
            else:
                shapes.update(mamba_shapes(block + "mamba", width, config.get("mamba_expand", 2) * width, size, rank, config.get("mamba_d_conv", 4),
                                           config.get("mamba_proj_bias", False), config.get("mamba_conv_bias", True)))
                # Small gains, lest products of B and C, as long as the root of the state's size each, drown everything else.
                for part, columns, kind in (("dt", rank, GAIN), ("b", size, TABLE), ("c", size, TABLE)):
                    shapes.update(norm_shapes(f"{block}mamba.{part}_layernorm", columns, False, kind))
            count = cls.experts(config, i)
            if count > 1:
                shapes.update(linear_shapes(block + "feed_forward.router", width, count, False))
            for prefix in [f"{block}feed_forward.experts.{e}." for e in range(count)] if count > 1 else [block + "feed_forward."]:
                shapes.update({**linear_shapes(prefix + "gate_proj", width, inner, False), **linear_shapes(prefix + "up_proj", width, inner, False),
                               **linear_shapes(prefix + "down_proj", inner, width, False)})
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def block(self, i, h, note):
        return Network.block(self, i, h, note)

    def norm(self, name, x):
        return self.rms(name, x, self.config.get("rms_norm_eps", 1e-6))

    def act(self, x):
        return ACTIVATIONS[self.config.get("hidden_act", "silu")](x)

    def attention(self, i, h, note):
        x = self.norm(f"layers.{i}.input_layernorm", h)
        note("ln1.normalized", x)
        out = self.self_attention(i, x, note) if self.attends(self.config, i) else self.mamba_mixer(f"layers.{i}.mamba", x, note)
        note("attn_out" if self.attends(self.config, i) else "ssm_out", out)
        return out

    def self_attention(self, i, x, note):
        q, k, v = (self.linear(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        heads, groups = self.config["num_attention_heads"], self.config.get("num_key_value_heads", 8) or self.config["num_attention_heads"]
        q, k, v = split_heads(q, heads), split_heads(k, groups), split_heads(v, groups)
        scores, pattern, z = attend(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note_attention(note, scores, pattern, z)
        return self.linear(f"layers.{i}.self_attn.o_proj", z)

    def mamba_mixer(self, name, x, note):
        def norms(*parts):
            return [self.norm(f"{name}.{part}_layernorm", value) for part, value in zip(("dt", "b", "c"), parts)]

        rank = auto_rank(self.config, "mamba_dt_rank", self.config["hidden_size"])
        return self.mamba(name, x, self.config.get("mamba_d_state", 16), rank, self.act, note, norms)

    def gated(self, name, x):
        gate, up = self.linear(name + "gate_proj", x), self.linear(name + "up_proj", x)
        post = self.act(gate) * up
        return gate, up, post, self.linear(name + "down_proj", post)

    def mlp(self, i, h, note):
        x, name = self.norm(f"layers.{i}.pre_ff_layernorm", h), f"layers.{i}.feed_forward."
        note("ln2.normalized", x)
        if self.experts(self.config, i) > 1:
            out = self.routed(name, x, note)
        else:
            gate, up, post, out = self.gated(name, x)
            note("mlp.pre", gate), note("mlp.pre_linear", up), note("mlp.post", post)
        note("mlp_out", out)
        return out

    def routed(self, name, x, note):
        logits = self.linear(name + "router", x)
        weights, selected = torch.topk(F.softmax(logits, dim=1), self.config.get("num_experts_per_tok", 2), dim=-1)
        note("mlp.router", logits), note("mlp.weights", torch.zeros_like(logits).scatter(1, selected, weights))
        out = torch.zeros_like(x)
        for expert in range(logits.shape[1]):
            tokens, place = torch.where(selected == expert)
            out.index_add_(0, tokens, self.gated(f"{name}experts.{expert}.", x[tokens])[-1] * weights[tokens, place, None])
        return out

    def final_norm(self, h):
        return self.norm("final_layernorm", h)


class NemotronH(Heads):
    """NemotronHForCausalLM: each block is a state space, an attention without positions or an MLP."""

    tied_by_default = False

    def __init__(self, config, weights):
        self.prefix = "backbone." if "backbone.norm_f.weight" in weights else "model."
        super().__init__(config, weights)
        self.blocks = len(self.kinds(config))

    @classmethod
    def kinds(cls, config):
        letters = {"mamba": "M", "linear_attention": "M", "attention": "*", "full_attention": "*", "mlp": "-"}
        return config.get("hybrid_override_pattern") or "".join(letters[word] for word in config["layers_block_type"])

    @classmethod
    def sizes(cls, config):
        return config.get("mamba_num_heads", 128), config.get("mamba_head_dim", 64), config.get("n_groups", 8), config.get("ssm_state_size", 128)

    @classmethod
    def head_width(cls, config):
        return config.get("head_dim", config.get("attention_head_dim", 128))

    @classmethod
    def shapes(cls, config):
        width, inner, prefix = config["hidden_size"], config["intermediate_size"], "backbone." if "hybrid_override_pattern" in config else "model."
        queries, keys = cls.head_width(config) * config["num_attention_heads"], cls.head_width(config) * config.get("num_key_value_heads", 8)
        shapes = {prefix + "embeddings.weight": ((config["vocab_size"], width), TABLE), **norm_shapes(prefix + "norm_f", width, False)}
        for i, kind in enumerate(cls.kinds(config)):
            block = f"{prefix}layers.{i}."
            shapes.update(norm_shapes(block + "norm", width, False))
            if kind == "M":
                shapes.update(mamba2_shapes(block + "mixer", width, *cls.sizes(config), config.get("conv_kernel", 4), config.get("use_bias", False), config.get("use_conv_bias", True)))
            elif kind == "*":
                for part, inputs, outputs in (("q", width, queries), ("k", width, keys), ("v", width, keys), ("o", queries, width)):
                    shapes.update(linear_shapes(f"{block}mixer.{part}_proj", inputs, outputs, config.get("attention_bias", False)))
            else:
                shapes.update({**linear_shapes(block + "mixer.up_proj", width, inner, config.get("mlp_bias", False)),
                               **linear_shapes(block + "mixer.down_proj", inner, width, config.get("mlp_bias", False))})
        shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def has_half(self, kind, i):
        return (kind == "mlp") == (self.kinds(self.config)[i] == "-")

    def block(self, i, h, note):
        note("resid_pre", h)
        h = h + (self.mlp if self.kinds(self.config)[i] == "-" else self.attention)(i, h, note)
        note("resid_post", h)
        return h

    def attention(self, i, h, note):
        x, name = self.rms(f"layers.{i}.norm", h, self.config.get("layer_norm_epsilon", 1e-5)), f"layers.{i}.mixer"
        note("ln1.normalized", x)
        if self.kinds(self.config)[i] == "M":
            act = ACTIVATIONS[self.config.get("mamba_hidden_act", "silu")]
            limits = self.config.get("time_step_limit", (0.0, math.inf))
            sizes = self.sizes(self.config)
            out = self.mamba2(name, x, *sizes, act, limits, self.config.get("layer_norm_epsilon", 1e-5), sizes[2], note)
            note("ssm_out", out)
            return out
        q, k, v = (self.linear(f"{name}.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = split_heads(q, self.config["num_attention_heads"]), *(split_heads(part, self.config.get("num_key_value_heads", 8)) for part in (k, v))
        scores, pattern, z = attend(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note_attention(note, scores, pattern, z)
        out = self.linear(name + ".o_proj", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.rms(f"layers.{i}.norm", h, self.config.get("layer_norm_epsilon", 1e-5))
        pre = self.linear(f"layers.{i}.mixer.up_proj", x)
        post = {"relu2": lambda y: F.relu(y).square(), **ACTIVATIONS}[self.config.get("mlp_hidden_act", "relu2")](pre)
        out = self.linear(f"layers.{i}.mixer.down_proj", post)
        note("ln2.normalized", x), note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out


FAMILIES = {"mamba": Mamba, "mamba2": Mamba2, "mamba_ssm": MambaSsm, "jamba": Jamba, "nemotron_h": NemotronH}
