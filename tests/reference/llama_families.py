"""The families that follow Llama, dense and with experts: direct transcriptions of what transformers' modelling code computes, one class each."""

import torch
import torch.nn.functional as F

import rope
from decoder import (BIAS, GAIN, MATRIX, OFFSET_GAIN, TABLE, Decoder, attend, linear_shapes, norm_shapes, note_attention)
from networks import ACTIVATIONS, merge_heads, rms_norm, split_heads


class LlamaLike(Decoder):
    """Llama's module tree and forward pass, with a method for each place where a family differs."""

    theta, max_positions, activation_key, turned_share = 10000.0, 2048, "hidden_act", 1.0
    norms = ("input_layernorm", "post_attention_layernorm")
    norm_kind, norm_bias, output_name = GAIN, False, "o_proj"

    # Shapes.

    @classmethod
    def heads(cls, config):
        return config["num_attention_heads"]

    @classmethod
    def groups(cls, config):
        return config.get("num_key_value_heads") or config["num_attention_heads"]

    @classmethod
    def head_width(cls, config):
        return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]

    @classmethod
    def shapes(cls, config):
        width = config["hidden_size"]
        shapes = {cls.prefix + "embed_tokens.weight": ((config["vocab_size"], width), TABLE)}
        for i in range(config["num_hidden_layers"]):
            block = f"{cls.prefix}layers.{i}."
            shapes.update(cls.attention_shapes(config, block + "self_attn."))
            shapes.update(cls.mlp_shapes(config, block, i))
            for name in cls.norm_names(config):
                shapes.update(norm_shapes(block + name, width, cls.norm_bias, cls.norm_kind))
        shapes.update(cls.final_shapes(config))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    @classmethod
    def norm_names(cls, config):
        return cls.norms

    @classmethod
    def final_shapes(cls, config):
        return norm_shapes(cls.prefix + "norm", config["hidden_size"], cls.norm_bias, cls.norm_kind)

    @classmethod
    def attention_biases(cls, config):
        """Whether q, k and v have biases, and whether the output has."""
        return config.get("attention_bias", False), config.get("attention_bias", False)

    @classmethod
    def attention_shapes(cls, config, prefix):
        width, head = config["hidden_size"], cls.head_width(config)
        queries, keys = cls.heads(config) * head, cls.groups(config) * head
        qkv_bias, o_bias = cls.attention_biases(config)
        return {**linear_shapes(prefix + "q_proj", width, queries, qkv_bias), **linear_shapes(prefix + "k_proj", width, keys, qkv_bias),
                **linear_shapes(prefix + "v_proj", width, keys, qkv_bias), **linear_shapes(prefix + cls.output_name, queries, width, o_bias)}

    @classmethod
    def gated_shapes(cls, config, prefix, inner, bias=False):
        width = config["hidden_size"]
        return {**linear_shapes(prefix + "gate_proj", width, inner, bias), **linear_shapes(prefix + "up_proj", width, inner, bias),
                **linear_shapes(prefix + "down_proj", inner, width, bias)}

    @classmethod
    def mlp_shapes(cls, config, block, i):
        return cls.gated_shapes(config, block + "mlp.", config["intermediate_size"], config.get("mlp_bias", False))

    # Forward.

    def norm(self, name, x):
        return self.rms(name, x, self.config["rms_norm_eps"])

    def embed(self, tokens, positions, note):
        embedded = self.scale_embedding(self.raw("embed_tokens.weight")[tokens])
        self.turns = {kind: rope.cos_sin(*parameters, positions) for kind, parameters in self.rope_parameters(len(tokens)).items()}
        note("embed", embedded)
        return embedded

    def scale_embedding(self, x):
        return x

    def rope_parameters(self, length):
        """Kind of block -> inverse frequencies and factor."""
        config = self.config
        parameters = config.get("rope_parameters") or {}
        share = parameters.get("partial_rotary_factor", config.get("partial_rotary_factor", self.turned_share))
        dim = int(self.head_width(config) * share)
        return {"full": rope.parameters(config, dim, length, self.theta, config.get("max_position_embeddings", self.max_positions))}

    def project(self, i, x, note):
        """q, k, v [T, heads * d] before rotary."""
        q, k, v = (self.linear(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        return q, k, v

    def turn(self, i, q, k, note):
        q, k = rope.apply_half(q, *self.turns["full"]), rope.apply_half(k, *self.turns["full"])
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        return q, k

    def window(self, i):
        return None

    def attention_scale(self):
        return self.head_width(self.config) ** -0.5

    attention_cap = None

    def self_attention(self, i, x, note):
        q, k, v = self.project(i, x, note)
        q, k, v = split_heads(q, self.heads(self.config)), split_heads(k, self.groups(self.config)), split_heads(v, self.groups(self.config))
        q, k = self.turn(i, q, k, note)
        scores, pattern, z = attend(q, k, v, self.attention_scale(), self.window(i), self.attention_cap)
        note_attention(note, scores, pattern, z)
        return self.linear(f"layers.{i}.self_attn.{self.output_name}", z)

    def attention(self, i, h, note):
        x = self.norm(f"layers.{i}.input_layernorm", h)
        note("ln1.normalized", x)
        out = self.self_attention(i, x, note)
        note("attn_out", out)
        return out

    def activation(self, x):
        return ACTIVATIONS[self.config.get(self.activation_key, "silu")](x)

    def gated(self, name, x):
        gate, up = self.linear(name + ".gate_proj", x), self.linear(name + ".up_proj", x)
        post = self.activation(gate) * up
        return gate, up, post, self.linear(name + ".down_proj", post)

    def feed_forward(self, i, x, note):
        gate, up, post, out = self.gated(f"layers.{i}.mlp", x)
        note("mlp.pre", gate), note("mlp.pre_linear", up), note("mlp.post", post)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"layers.{i}.post_attention_layernorm", h)
        note("ln2.normalized", x)
        out = self.feed_forward(i, x, note)
        note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("norm", h)


class Mistral(LlamaLike):
    @classmethod
    def attention_biases(cls, config):
        return False, False

    def window(self, i):
        return self.config.get("sliding_window", 4096)


class Qwen2(LlamaLike):
    @classmethod
    def attention_biases(cls, config):
        return True, False

    def window(self, i):
        if not self.config.get("use_sliding_window", False):
            return None
        if "layer_types" in self.config:
            return self.config["sliding_window"] if self.config["layer_types"][i] == "sliding_attention" else None
        return self.config["sliding_window"] if i >= self.config["max_window_layers"] else None


class PerHeadNorm(LlamaLike):
    """q_norm and k_norm over each head."""

    @classmethod
    def attention_shapes(cls, config, prefix):
        head = cls.head_width(config)
        return {**super().attention_shapes(config, prefix), **norm_shapes(prefix + "q_norm", head, False, cls.norm_kind),
                **norm_shapes(prefix + "k_norm", head, False, cls.norm_kind)}

    def project(self, i, x, note):
        q, k, v = super().project(i, x, note)
        head = self.head_width(self.config)
        q = self.norm(f"layers.{i}.self_attn.q_norm", q.view(len(x), -1, head)).flatten(1)
        k = self.norm(f"layers.{i}.self_attn.k_norm", k.view(len(x), -1, head)).flatten(1)
        note("attn.norm_q", q), note("attn.norm_k", k)
        return q, k, v


class Qwen3(PerHeadNorm):
    window = Qwen2.window


class Gemma(LlamaLike):
    tied_by_default, norm_kind = True, OFFSET_GAIN

    def norm(self, name, x):
        return rms_norm(x, 1.0 + self.raw(name + ".weight"), self.config["rms_norm_eps"])

    def scale_embedding(self, x):
        return x * self.config["hidden_size"] ** 0.5

    def activation(self, x):
        return F.gelu(x, approximate="tanh")


class Gemma2(Gemma):
    norms = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")
    activation_key = "hidden_activation"

    @property
    def attention_cap(self):
        return self.config.get("attn_logit_softcapping", 50.0)

    def activation(self, x):
        return ACTIVATIONS[self.config.get("hidden_activation", "gelu_pytorch_tanh")](x)

    def attention_scale(self):
        return self.config.get("query_pre_attn_scalar", 256) ** -0.5

    def window(self, i):
        return None if i % 2 else self.config["sliding_window"]

    def attention(self, i, h, note):
        x = self.norm(f"layers.{i}.input_layernorm", h)
        note("ln1.normalized", x)
        out = self.norm(f"layers.{i}.post_attention_layernorm", self.self_attention(i, x, note))
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"layers.{i}.pre_feedforward_layernorm", h)
        note("ln2.normalized", x)
        out = self.norm(f"layers.{i}.post_feedforward_layernorm", self.feed_forward(i, x, note))
        note("mlp_out", out)
        return out

    def logits(self, normalized):
        logits, cap = super().logits(normalized), self.config.get("final_logit_softcapping", 30.0)
        return logits if cap is None else torch.tanh(logits / cap) * cap


class Gemma3(PerHeadNorm, Gemma2):
    @property
    def attention_cap(self):
        return self.config.get("attn_logit_softcapping")

    def local(self, i):
        if "layer_types" in self.config:
            return self.config["layer_types"][i] == "sliding_attention"
        return bool((i + 1) % self.config.get("sliding_window_pattern", 6))

    def window(self, i):
        return self.config["sliding_window"] if self.local(i) else None

    def rope_parameters(self, length):
        config, dim = self.config, self.head_width(self.config)
        nested = config.get("rope_parameters") or {}
        if "full_attention" in nested:
            return {"full": rope.parameters(config, dim, length, 1e6, config["max_position_embeddings"], nested["full_attention"]),
                    "local": rope.parameters(config, dim, length, 1e4, config["max_position_embeddings"], nested["sliding_attention"])}
        return {"full": rope.parameters(config, dim, length, 1e6, config["max_position_embeddings"]),
                "local": (rope.default_frequencies(config.get("rope_local_base_freq", 10000.0), dim), 1.0)}

    def turn(self, i, q, k, note):
        turns = self.turns["local" if self.local(i) else "full"]
        q, k = rope.apply_half(q, *turns), rope.apply_half(k, *turns)
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        return q, k

    def logits(self, normalized):
        logits, cap = Decoder.logits(self, normalized), self.config.get("final_logit_softcapping")
        return logits if cap is None else torch.tanh(logits / cap) * cap


class Gemma3Wrapped(Gemma3):
    """The checkpoint of the multi-modal model: the text model below another prefix and another key."""

    prefix = "language_model.model."

    def __init__(self, config, weights):
        super().__init__(config["text_config"], weights)

    @classmethod
    def shapes(cls, config):
        return {**super().shapes(config["text_config"]), "vision_tower.patch.weight": ((3, 3), MATRIX)}


class Phi(LlamaLike):
    norm_bias, turned_share, norms, output_name = True, 0.5, ("input_layernorm",), "dense"

    @classmethod
    def attention_biases(cls, config):
        return True, True

    @classmethod
    def attention_shapes(cls, config, prefix):
        shapes = super().attention_shapes(config, prefix)
        if config.get("qk_layernorm", False):
            shapes.update(norm_shapes(prefix + "q_layernorm", cls.head_width(config), True))
            shapes.update(norm_shapes(prefix + "k_layernorm", cls.head_width(config), True))
        return shapes

    @classmethod
    def mlp_shapes(cls, config, block, i):
        width, inner = config["hidden_size"], config["intermediate_size"]
        return {**linear_shapes(block + "mlp.fc1", width, inner, True), **linear_shapes(block + "mlp.fc2", inner, width, True)}

    @classmethod
    def final_shapes(cls, config):
        return {**norm_shapes("model.final_layernorm", config["hidden_size"], True), "lm_head.bias": ((config["vocab_size"],), BIAS)}

    def norm(self, name, x):
        return self.layer_norm(name, x, self.config["layer_norm_eps"])

    def project(self, i, x, note):
        q, k, v = super().project(i, x, note)
        if self.config.get("qk_layernorm", False):
            head = self.head_width(self.config)
            q = self.norm(f"layers.{i}.self_attn.q_layernorm", q.view(len(x), -1, head)).flatten(1)
            k = self.norm(f"layers.{i}.self_attn.k_layernorm", k.view(len(x), -1, head)).flatten(1)
            note("attn.norm_q", q), note("attn.norm_k", k)
        return q, k, v

    def mlp(self, i, h, note):
        pre = self.linear(f"layers.{i}.mlp.fc1", self.norm(f"layers.{i}.input_layernorm", h))
        post = ACTIVATIONS[self.config.get("hidden_act", "gelu_new")](pre)
        out = self.linear(f"layers.{i}.mlp.fc2", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def block(self, i, h, note):
        return self.parallel_block(i, h, note)

    def final_norm(self, h):
        return self.norm("final_layernorm", h)


class Phi3(LlamaLike):
    @classmethod
    def attention_shapes(cls, config, prefix):
        width, head = config["hidden_size"], cls.head_width(config)
        queries, keys = cls.heads(config) * head, cls.groups(config) * head
        return {**linear_shapes(prefix + "o_proj", queries, width, False), **linear_shapes(prefix + "qkv_proj", width, queries + 2 * keys, False)}

    @classmethod
    def mlp_shapes(cls, config, block, i):
        width, inner = config["hidden_size"], config["intermediate_size"]
        return {**linear_shapes(block + "mlp.gate_up_proj", width, 2 * inner, False), **linear_shapes(block + "mlp.down_proj", inner, width, False)}

    def project(self, i, x, note):
        head = self.head_width(self.config)
        queries, keys = self.heads(self.config) * head, self.groups(self.config) * head
        q, k, v = self.linear(f"layers.{i}.self_attn.qkv_proj", x).split([queries, keys, keys], dim=-1)
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        return q, k, v

    def feed_forward(self, i, x, note):
        gate, up = self.linear(f"layers.{i}.mlp.gate_up_proj", x).chunk(2, dim=-1)
        post = up * self.activation(gate)
        note("mlp.pre", gate), note("mlp.pre_linear", up), note("mlp.post", post)
        return self.linear(f"layers.{i}.mlp.down_proj", post)

    def window(self, i):
        return self.config.get("sliding_window")


class Olmo(LlamaLike):
    norms = ()

    @classmethod
    def final_shapes(cls, config):
        return {}

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], None, None, 1e-5)

    def project(self, i, x, note):
        q, k, v = (self.linear(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        limit = self.config.get("clip_qkv")
        if limit is not None:
            q, k, v = (part.clamp(-limit, limit) for part in (q, k, v))
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        return q, k, v


class WholeNorm(LlamaLike):
    """q_norm and k_norm over all heads."""

    @classmethod
    def attention_shapes(cls, config, prefix):
        head = cls.head_width(config)
        return {**super().attention_shapes(config, prefix), **norm_shapes(prefix + "q_norm", cls.heads(config) * head, False),
                **norm_shapes(prefix + "k_norm", cls.groups(config) * head, False)}

    def project(self, i, x, note):
        q, k, v = (self.linear(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k)
        q, k = self.norm(f"layers.{i}.self_attn.q_norm", q), self.norm(f"layers.{i}.self_attn.k_norm", k)
        limit = self.config.get("clip_qkv")
        if limit is not None:
            q, k, v = (part.clamp(-limit, limit) for part in (q, k, v))
        note("attn.norm_q", q), note("attn.norm_k", k), note("attn.v", v)
        return q, k, v


class Olmo2(WholeNorm):
    norms = ("post_attention_layernorm", "post_feedforward_layernorm")

    def attention(self, i, h, note):
        out = self.norm(f"layers.{i}.post_attention_layernorm", self.self_attention(i, h, note))
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        out = self.norm(f"layers.{i}.post_feedforward_layernorm", self.feed_forward(i, h, note))
        note("mlp_out", out)
        return out


class StableLm(LlamaLike):
    norm_bias, turned_share = True, 0.25

    @classmethod
    def attention_biases(cls, config):
        return config.get("use_qkv_bias", False), False

    @classmethod
    def attention_shapes(cls, config, prefix):
        shapes = super().attention_shapes(config, prefix)
        if config.get("qk_layernorm", False):
            for name, count in (("q_layernorm", cls.heads(config)), ("k_layernorm", cls.groups(config))):
                for head in range(count):
                    shapes.update(norm_shapes(f"{prefix}{name}.norms.{head}", cls.head_width(config), False))
        return shapes

    def project(self, i, x, note):
        q, k, v = super().project(i, x, note)
        if self.config.get("qk_layernorm", False):
            q, k = self.norm_each(f"layers.{i}.self_attn.q_layernorm", q), self.norm_each(f"layers.{i}.self_attn.k_layernorm", k)
            note("attn.norm_q", q), note("attn.norm_k", k)
        return q, k, v

    def norm_each(self, name, x):
        """Each head by a layer norm of its own."""
        heads = x.split(self.head_width(self.config), dim=-1)
        return torch.cat([self.norm(f"{name}.norms.{head}", part) for head, part in enumerate(heads)], dim=-1)

    @classmethod
    def norm_names(cls, config):
        return cls.norms[:1] if config.get("use_parallel_residual", False) else cls.norms

    def norm(self, name, x):
        return self.layer_norm(name, x, self.config["layer_norm_eps"])

    def mlp(self, i, h, note):
        if not self.config.get("use_parallel_residual", False):
            return super().mlp(i, h, note)
        out = self.feed_forward(i, self.norm(f"layers.{i}.input_layernorm", h), note)
        note("mlp_out", out)
        return out

    def block(self, i, h, note):
        if self.config.get("use_parallel_residual", False):
            return self.parallel_block(i, h, note)
        return super().block(i, h, note)


class SmolLm3(LlamaLike):
    tied_by_default, theta = True, 2000000.0

    def turns_in(self, i):
        if "no_rope_layers" in self.config:
            return bool(self.config["no_rope_layers"][i])
        return (i + 1) % self.config.get("no_rope_layer_interval", 4) != 0

    def turn(self, i, q, k, note):
        return super().turn(i, q, k, note) if self.turns_in(i) else (q, k)

    def window(self, i):
        if not self.config.get("use_sliding_window", False):
            return None
        return None if self.turns_in(i) else self.config["sliding_window"]


class Granite(LlamaLike):
    def scale_embedding(self, x):
        return x * self.config["embedding_multiplier"]

    def attention_scale(self):
        return self.config["attention_multiplier"]

    def attention(self, i, h, note):
        x = self.norm(f"layers.{i}.input_layernorm", h)
        out = self.self_attention(i, x, note) * self.config["residual_multiplier"]
        note("ln1.normalized", x), note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"layers.{i}.post_attention_layernorm", h)
        out = self.feed_forward(i, x, note) * self.config["residual_multiplier"]
        note("ln2.normalized", x), note("mlp_out", out)
        return out

    def logits(self, normalized):
        return super().logits(normalized) / self.config["logits_scaling"]


class Experts(LlamaLike):
    """A mixture of experts in place of the MLP."""

    module, count_key, maps = "mlp", "num_experts", ("gate_proj", "up_proj", "down_proj")

    @classmethod
    def expert_width(cls, config):
        return config["moe_intermediate_size"]

    @classmethod
    def sparse(cls, config, i):
        return i not in config.get("mlp_only_layers", []) and (i + 1) % config.get("decoder_sparse_step", 1) == 0

    @classmethod
    def mlp_shapes(cls, config, block, i):
        if not cls.sparse(config, i):
            return super().mlp_shapes(config, block, i)
        width, inner, prefix = config["hidden_size"], cls.expert_width(config), f"{block}{cls.module}."
        gate, up, down = cls.maps
        shapes = linear_shapes(prefix + "gate", width, config[cls.count_key], False)
        for expert in range(config[cls.count_key]):
            for name, inputs, outputs in ((gate, width, inner), (up, width, inner), (down, inner, width)):
                shapes.update(linear_shapes(f"{prefix}experts.{expert}.{name}", inputs, outputs, False))
        return shapes

    def normalises(self):
        return self.config.get("norm_topk_prob", False)

    def feed_forward(self, i, x, note):
        if not self.sparse(self.config, i):
            return super().feed_forward(i, x, note)
        prefix, count = f"layers.{i}.{self.module}.", self.config[self.count_key]
        logits = self.linear(prefix + "gate", x)
        weights, selected = torch.topk(F.softmax(logits, dim=1), self.config["num_experts_per_tok"], dim=-1)
        if self.normalises():
            weights = weights / weights.sum(dim=-1, keepdim=True)
        note("mlp.router", logits), note("mlp.weights", torch.zeros_like(logits).scatter(1, selected, weights))
        out, (gate, up, down) = torch.zeros_like(x), self.maps
        for expert in range(count):
            tokens, place = torch.where(selected == expert)
            name = f"{prefix}experts.{expert}."
            hidden = self.activation(self.linear(name + gate, x[tokens])) * self.linear(name + up, x[tokens])
            out.index_add_(0, tokens, self.linear(name + down, hidden) * weights[tokens, place, None])
        return out


class Mixtral(Experts):
    theta, module, count_key, maps = 1e6, "block_sparse_moe", "num_local_experts", ("w1", "w3", "w2")

    @classmethod
    def attention_biases(cls, config):
        return False, False

    @classmethod
    def expert_width(cls, config):
        return config["intermediate_size"]

    def normalises(self):
        return True

    def window(self, i):
        return self.config.get("sliding_window")


class Qwen2Moe(Experts):
    @classmethod
    def attention_biases(cls, config):
        return config.get("qkv_bias", True), False

    @classmethod
    def mlp_shapes(cls, config, block, i):
        shapes = super().mlp_shapes(config, block, i)
        if cls.sparse(config, i):
            shapes.update(cls.gated_shapes(config, block + "mlp.shared_expert.", config["shared_expert_intermediate_size"]))
            shapes.update(linear_shapes(block + "mlp.shared_expert_gate", config["hidden_size"], 1, False))
        return shapes

    def feed_forward(self, i, x, note):
        out = super().feed_forward(i, x, note)
        if not self.sparse(self.config, i):
            return out
        shared = self.gated(f"layers.{i}.mlp.shared_expert", x)[-1] * torch.sigmoid(self.linear(f"layers.{i}.mlp.shared_expert_gate", x))
        note("mlp.shared_out", shared)
        return out + shared


class Qwen3Moe(PerHeadNorm, Experts):
    def window(self, i):
        return self.config["sliding_window"] if self.config.get("use_sliding_window", False) else None


class Olmoe(WholeNorm, Experts):
    @classmethod
    def expert_width(cls, config):
        return config["intermediate_size"]


FAMILIES = {"mistral": Mistral, "qwen2": Qwen2, "qwen3": Qwen3, "gemma": Gemma, "gemma2": Gemma2, "gemma3_text": Gemma3, "gemma3": Gemma3Wrapped,
            "phi": Phi, "phi3": Phi3, "olmo": Olmo, "olmo2": Olmo2, "stablelm": StableLm, "smollm3": SmolLm3, "granite": Granite,
            "mixtral": Mixtral, "qwen2_moe": Qwen2Moe, "qwen3_moe": Qwen3Moe, "olmoe": Olmoe}
