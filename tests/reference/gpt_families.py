"""GPT-Neo, GPT-J, GPT-NeoX, OPT, BLOOM and Falcon: direct transcriptions of what transformers' modelling code computes, one class each."""

import math

import torch
import torch.nn.functional as F

import rope
from decoder import BIAS, MATRIX, TABLE, Decoder, alibi_slopes, attend, linear_shapes, norm_shapes, note_attention
from networks import ACTIVATIONS, merge_heads, split_heads


class GptNeo(Decoder):
    prefix, tied_by_default, layers_key, embedding_name = "transformer.", True, "num_layers", "wte"

    @classmethod
    def shapes(cls, config):
        width, inner = config["hidden_size"], config.get("intermediate_size") or 4 * config["hidden_size"]
        shapes = {"transformer.wte.weight": ((config["vocab_size"], width), TABLE),
                  "transformer.wpe.weight": ((config["max_position_embeddings"], width), TABLE)}
        for i in range(config["num_layers"]):
            block = f"transformer.h.{i}."
            shapes.update(norm_shapes(block + "ln_1", width, True))
            for part in ("k_proj", "v_proj", "q_proj"):
                shapes.update(linear_shapes(block + "attn.attention." + part, width, width, False))
            shapes.update(linear_shapes(block + "attn.attention.out_proj", width, width, True))
            shapes.update(norm_shapes(block + "ln_2", width, True))
            shapes.update(linear_shapes(block + "mlp.c_fc", width, inner, True))
            shapes.update(linear_shapes(block + "mlp.c_proj", inner, width, True))
        shapes.update(norm_shapes("transformer.ln_f", width, True))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def kinds(self):
        layers = []
        for names, count in self.config["attention_types"]:
            for _ in range(count):
                layers.extend(names)
        return layers

    def embed(self, tokens, positions, note):
        return self.learned(tokens, positions, note)

    def attention(self, i, h, note):
        x = self.layer_norm(f"h.{i}.ln_1", h, self.config["layer_norm_epsilon"])
        q, k, v = (self.linear(f"h.{i}.attn.attention.{part}_proj", x) for part in "qkv")
        note("ln1.normalized", x), note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["num_heads"]) for part in (q, k, v))
        window = self.config["window_size"] if self.kinds()[i] == "local" else None
        scores, pattern, z = attend(q, k, v, 1.0, window)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"h.{i}.attn.attention.out_proj", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.layer_norm(f"h.{i}.ln_2", h, self.config["layer_norm_epsilon"])
        pre = self.linear(f"h.{i}.mlp.c_fc", x)
        post = ACTIVATIONS[self.config["activation_function"]](pre)
        out = self.linear(f"h.{i}.mlp.c_proj", post)
        note("ln2.normalized", x), note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.layer_norm("ln_f", h, self.config["layer_norm_epsilon"])


class GptJ(Decoder):
    prefix, layers_key, embedding_name = "transformer.", "n_layer", "wte"

    @classmethod
    def shapes(cls, config):
        width, inner = config["n_embd"], config.get("n_inner") or 4 * config["n_embd"]
        shapes = {"transformer.wte.weight": ((config["vocab_size"], width), TABLE)}
        for i in range(config["n_layer"]):
            block = f"transformer.h.{i}."
            shapes.update(norm_shapes(block + "ln_1", width, True))
            for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
                shapes.update(linear_shapes(block + "attn." + part, width, width, False))
            shapes.update(linear_shapes(block + "mlp.fc_in", width, inner, True))
            shapes.update(linear_shapes(block + "mlp.fc_out", inner, width, True))
        shapes.update(norm_shapes("transformer.ln_f", width, True))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        shapes["lm_head.bias"] = ((config["vocab_size"],), BIAS)
        return shapes

    def embed(self, tokens, positions, note):
        frequencies = rope.default_frequencies(10000.0, self.config["rotary_dim"])
        self.turns = rope.cos_sin(frequencies, 1.0, positions)
        note("embed", self.raw("wte.weight")[tokens])
        return self.raw("wte.weight")[tokens]

    def normalized(self, i, h):
        return self.layer_norm(f"h.{i}.ln_1", h, self.config["layer_norm_epsilon"])

    def attention(self, i, h, note):
        x = self.normalized(i, h)
        q, k, v = (self.linear(f"h.{i}.attn.{part}_proj", x) for part in "qkv")
        note("ln1.normalized", x), note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["n_head"]) for part in (q, k, v))
        q, k = rope.apply_every_two(q, *self.turns), rope.apply_every_two(k, *self.turns)
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        scores, pattern, z = attend(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note_attention(note, scores, pattern, z)
        out = self.linear(f"h.{i}.attn.out_proj", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        pre = self.linear(f"h.{i}.mlp.fc_in", self.normalized(i, h))
        post = ACTIVATIONS[self.config["activation_function"]](pre)
        out = self.linear(f"h.{i}.mlp.fc_out", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def block(self, i, h, note):
        return self.parallel_block(i, h, note)

    def final_norm(self, h):
        return self.layer_norm("ln_f", h, self.config["layer_norm_epsilon"])


class GptNeoX(Decoder):
    prefix, embedding_name, head_name = "gpt_neox.", "embed_in", "embed_out"

    @classmethod
    def shapes(cls, config):
        width, inner, bias = config["hidden_size"], config["intermediate_size"], config.get("attention_bias", True)
        shapes = {"gpt_neox.embed_in.weight": ((config["vocab_size"], width), TABLE)}
        for i in range(config["num_hidden_layers"]):
            block = f"gpt_neox.layers.{i}."
            shapes.update(norm_shapes(block + "input_layernorm", width, True))
            shapes.update(norm_shapes(block + "post_attention_layernorm", width, True))
            shapes.update(linear_shapes(block + "attention.query_key_value", width, 3 * width, bias))
            shapes.update(linear_shapes(block + "attention.dense", width, width, bias))
            shapes.update(linear_shapes(block + "mlp.dense_h_to_4h", width, inner, True))
            shapes.update(linear_shapes(block + "mlp.dense_4h_to_h", inner, width, True))
        shapes.update(norm_shapes("gpt_neox.final_layer_norm", width, True))
        if not cls.tied(config):
            shapes["embed_out.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def embed(self, tokens, positions, note):
        config = self.config
        parameters = config.get("rope_parameters") or {}
        share = parameters.get("partial_rotary_factor", config.get("rotary_pct", 0.25))
        dim = int(config["hidden_size"] // config["num_attention_heads"] * share)
        frequencies, factor = rope.parameters(config, dim, len(tokens), config.get("rotary_emb_base", 10000.0), config["max_position_embeddings"])
        self.turns = rope.cos_sin(frequencies, factor, positions)
        note("embed", self.raw("embed_in.weight")[tokens])
        return self.raw("embed_in.weight")[tokens]

    def attention(self, i, h, note):
        heads = self.config["num_attention_heads"]
        x = self.layer_norm(f"layers.{i}.input_layernorm", h, self.config.get("layer_norm_eps", 1e-5))
        qkv = self.linear(f"layers.{i}.attention.query_key_value", x)
        # [T, heads, 3 * d] -> three times [heads, T, d]
        q, k, v = qkv.view(len(x), heads, -1).transpose(0, 1).chunk(3, dim=-1)
        note("ln1.normalized", x), note("attn.q", merge_heads(q)), note("attn.k", merge_heads(k)), note("attn.v", merge_heads(v))
        q, k = rope.apply_half(q, *self.turns), rope.apply_half(k, *self.turns)
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        scores, pattern, z = attend(q, k, v, q.shape[-1] ** -0.5)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"layers.{i}.attention.dense", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.layer_norm(f"layers.{i}.post_attention_layernorm", h, self.config.get("layer_norm_eps", 1e-5))
        pre = self.linear(f"layers.{i}.mlp.dense_h_to_4h", x)
        post = ACTIVATIONS[self.config["hidden_act"]](pre)
        out = self.linear(f"layers.{i}.mlp.dense_4h_to_h", post)
        note("ln2.normalized", x), note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def block(self, i, h, note):
        if self.config.get("use_parallel_residual", True):
            return self.parallel_block(i, h, note)
        return super().block(i, h, note)

    def final_norm(self, h):
        return self.layer_norm("final_layer_norm", h, self.config.get("layer_norm_eps", 1e-5))


class Opt(Decoder):
    prefix, tied_by_default = "model.decoder.", True

    @classmethod
    def shapes(cls, config):
        width, inner, bias = config["hidden_size"], config["ffn_dim"], config.get("enable_bias", True)
        embedding, affine = config.get("word_embed_proj_dim", width), config.get("layer_norm_elementwise_affine", True)
        shapes = {cls.prefix + "embed_tokens.weight": ((config["vocab_size"], embedding), TABLE),
                  cls.prefix + "embed_positions.weight": ((config["max_position_embeddings"] + 2, width), TABLE)}
        if embedding != width:
            shapes.update(linear_shapes(cls.prefix + "project_out", width, embedding, False))
            shapes.update(linear_shapes(cls.prefix + "project_in", embedding, width, False))
        if cls.normalises_at_the_end(config) and affine:
            shapes.update(norm_shapes(cls.prefix + "final_layer_norm", width, True))
        for i in range(config["num_hidden_layers"]):
            block = f"{cls.prefix}layers.{i}."
            for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
                shapes.update(linear_shapes(block + "self_attn." + part, width, width, bias))
            if affine:
                shapes.update(norm_shapes(block + "self_attn_layer_norm", width, True))
                shapes.update(norm_shapes(block + "final_layer_norm", width, True))
            shapes.update(linear_shapes(block + "fc1", width, inner, bias))
            shapes.update(linear_shapes(block + "fc2", inner, width, bias))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], embedding), MATRIX)
        return shapes

    @staticmethod
    def normalises_at_the_end(config):
        return config.get("do_layer_norm_before", True) and not config.get("_remove_final_layer_norm", False)

    @property
    def before(self):
        return self.config.get("do_layer_norm_before", True)

    def norm(self, name, x):
        if self.config.get("layer_norm_elementwise_affine", True):
            return self.layer_norm(name, x, 1e-5)
        return F.layer_norm(x, x.shape[-1:], None, None, 1e-5)

    def embed(self, tokens, positions, note):
        embedded = self.raw("embed_tokens.weight")[tokens]
        if self.prefix + "project_in.weight" in self.weights:
            embedded = self.linear("project_in", embedded)
        placed = self.raw("embed_positions.weight")[positions + 2]
        note("embed", embedded), note("pos_embed", placed)
        return embedded + placed

    def attention(self, i, h, note):
        heads = self.config["num_attention_heads"]
        x = h
        if self.before:
            x = self.norm(f"layers.{i}.self_attn_layer_norm", h)
            note("ln1.normalized", x)
        q, k, v = (self.linear(f"layers.{i}.self_attn.{part}_proj", x) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q = q * (q.shape[-1] // heads) ** -0.5
        scores, pattern, z = attend(*(split_heads(part, heads) for part in (q, k, v)), 1.0)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"layers.{i}.self_attn.out_proj", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = h
        if self.before:
            x = self.norm(f"layers.{i}.final_layer_norm", h)
            note("ln2.normalized", x)
        pre = self.linear(f"layers.{i}.fc1", x)
        post = ACTIVATIONS[self.config["activation_function"]](pre)
        out = self.linear(f"layers.{i}.fc2", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def attention_half(self, i, h, note):
        h = h + self.attention(i, h, note)
        return h if self.before else self.norm(f"layers.{i}.self_attn_layer_norm", h)

    def mlp_half(self, i, h, note):
        h = h + self.mlp(i, h, note)
        return h if self.before else self.norm(f"layers.{i}.final_layer_norm", h)

    def final_norm(self, h):
        return self.norm("final_layer_norm", h) if self.normalises_at_the_end(self.config) else None

    def logits(self, normalized):
        if self.prefix + "project_out.weight" in self.weights:
            normalized = self.linear("project_out", normalized)
        return super().logits(normalized)


class Bloom(Decoder):
    prefix, tied_by_default, layers_key, embedding_name = "", True, "n_layer", "word_embeddings"

    @classmethod
    def shapes(cls, config):
        width = config["hidden_size"]
        shapes = {"word_embeddings.weight": ((config["vocab_size"], width), TABLE)}
        shapes.update(norm_shapes("word_embeddings_layernorm", width, True))
        for i in range(config["n_layer"]):
            block = f"h.{i}."
            shapes.update(norm_shapes(block + "input_layernorm", width, True))
            shapes.update(linear_shapes(block + "self_attention.query_key_value", width, 3 * width, True))
            shapes.update(linear_shapes(block + "self_attention.dense", width, width, True))
            shapes.update(norm_shapes(block + "post_attention_layernorm", width, True))
            shapes.update(linear_shapes(block + "mlp.dense_h_to_4h", width, 4 * width, True))
            shapes.update(linear_shapes(block + "mlp.dense_4h_to_h", 4 * width, width, True))
        shapes.update(norm_shapes("ln_f", width, True))
        return shapes

    def norm(self, name, x):
        return self.layer_norm(name, x, self.config["layer_norm_epsilon"])

    def embed(self, tokens, positions, note):
        embedded = self.raw("word_embeddings.weight")[tokens]
        h = self.norm("word_embeddings_layernorm", embedded)
        note("embed", embedded), note("ln_embed.normalized", h)
        return h

    def attention(self, i, h, note):
        heads = self.config["n_head"]
        x = self.norm(f"h.{i}.input_layernorm", h)
        fused = self.linear(f"h.{i}.self_attention.query_key_value", x).view(len(x), heads, 3, -1)
        q, k, v = (fused[:, :, part].transpose(0, 1) for part in range(3))
        note("ln1.normalized", x), note("attn.q", merge_heads(q)), note("attn.k", merge_heads(k)), note("attn.v", merge_heads(v))
        alibi = alibi_slopes(heads)[:, None, None].to(x.dtype) * torch.arange(len(x))
        scores, pattern, z = attend(q, k, v, 1 / math.sqrt(q.shape[-1]), bias=alibi)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"h.{i}.self_attention.dense", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"h.{i}.post_attention_layernorm", h)
        pre = self.linear(f"h.{i}.mlp.dense_h_to_4h", x)
        post = pre * 0.5 * (1.0 + torch.tanh(0.79788456 * pre * (1 + 0.044715 * pre * pre)))
        out = self.linear(f"h.{i}.mlp.dense_4h_to_h", post)
        note("ln2.normalized", x), note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("ln_f", h)


class Falcon(Decoder):
    prefix, tied_by_default, embedding_name = "transformer.", True, "word_embeddings"

    @classmethod
    def kv_heads(cls, config):
        if config.get("new_decoder_architecture", False):
            return config["num_kv_heads"]
        return 1 if config.get("multi_query", True) else config["num_attention_heads"]

    @classmethod
    def norm_names(cls, config):
        """Names of the norms before attention and MLP; equal where one serves both."""
        if not config.get("parallel_attn", True):
            return "input_layernorm", "post_attention_layernorm"
        count = config.get("num_ln_in_parallel_attn") or (2 if config.get("new_decoder_architecture", False) else 1)
        return ("ln_attn", "ln_mlp") if count == 2 else ("input_layernorm", "input_layernorm")

    @classmethod
    def shapes(cls, config):
        width, bias, inner = config["hidden_size"], config.get("bias", False), config.get("ffn_hidden_size") or 4 * config["hidden_size"]
        head = width // config["num_attention_heads"]
        shapes = {"transformer.word_embeddings.weight": ((config["vocab_size"], width), TABLE)}
        for i in range(config["num_hidden_layers"]):
            block = f"transformer.h.{i}."
            for name in dict.fromkeys(cls.norm_names(config)):
                shapes.update(norm_shapes(block + name, width, True))
            shapes.update(linear_shapes(block + "self_attention.query_key_value", width, width + 2 * cls.kv_heads(config) * head, bias))
            shapes.update(linear_shapes(block + "self_attention.dense", width, width, bias))
            shapes.update(linear_shapes(block + "mlp.dense_h_to_4h", width, inner, bias))
            shapes.update(linear_shapes(block + "mlp.dense_4h_to_h", inner, width, bias))
        shapes.update(norm_shapes("transformer.ln_f", width, True))
        if not cls.tied(config):
            shapes["lm_head.weight"] = ((config["vocab_size"], width), MATRIX)
        return shapes

    def norm(self, name, x):
        return self.layer_norm(name, x, self.config["layer_norm_epsilon"])

    def embed(self, tokens, positions, note):
        config = self.config
        head = config["hidden_size"] // config["num_attention_heads"]
        frequencies, factor = rope.parameters(config, head, len(tokens), 10000.0, config.get("max_position_embeddings", 2048))
        self.turns = rope.cos_sin(frequencies, factor, positions)
        note("embed", self.raw("word_embeddings.weight")[tokens])
        return self.raw("word_embeddings.weight")[tokens]

    def split(self, fused, heads):
        """The three layouts of the fused map, each as the code views it: q [heads, T, d], k and v [kv, T, d]."""
        length, kv = len(fused), self.kv_heads(self.config)
        if self.config.get("new_decoder_architecture", False):
            view = fused.view(length, kv, heads // kv + 2, -1)
            q, k, v = view[:, :, :-2].flatten(1, 2), view[:, :, -2], view[:, :, -1]
        elif not self.config.get("multi_query", True):
            view = fused.view(length, heads, 3, -1)
            q, k, v = view[..., 0, :], view[..., 1, :], view[..., 2, :]
        else:
            view = fused.view(length, heads + 2, -1)
            q, k, v = view[:, :-2], view[:, [-2]], view[:, [-1]]
        return (part.transpose(0, 1) for part in (q, k, v))

    def attention(self, i, h, note):
        heads = self.config["num_attention_heads"]
        x = self.norm(f"h.{i}.{self.norm_names(self.config)[0]}", h)
        q, k, v = self.split(self.linear(f"h.{i}.self_attention.query_key_value", x), heads)
        note("ln1.normalized", x), note("attn.q", merge_heads(q)), note("attn.k", merge_heads(k)), note("attn.v", merge_heads(v))
        scale, bias = 1 / math.sqrt(q.shape[-1]), None
        if self.config.get("alibi", False):
            alibi = alibi_slopes(heads)[:, None, None].bfloat16() * torch.arange(len(x))
            bias = alibi.to(x.dtype) * scale
        else:
            q, k = rope.apply_half(q, *self.turns), rope.apply_half(k, *self.turns)
            note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        scores, pattern, z = attend(q, k, v, scale, bias=bias)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"h.{i}.self_attention.dense", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        first, second = self.norm_names(self.config)
        x = self.norm(f"h.{i}.{second}", h)
        if first != second:
            note("ln2.normalized", x)
        pre = self.linear(f"h.{i}.mlp.dense_h_to_4h", x)
        post = ACTIVATIONS[self.config.get("activation", "gelu")](pre)
        out = self.linear(f"h.{i}.mlp.dense_4h_to_h", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def block(self, i, h, note):
        if self.config.get("parallel_attn", True):
            return self.parallel_block(i, h, note)
        return super().block(i, h, note)

    def final_norm(self, h):
        return self.norm("ln_f", h)


FAMILIES = {"gpt_neo": GptNeo, "gptj": GptJ, "gpt_neox": GptNeoX, "opt": Opt, "bloom": Bloom, "falcon": Falcon}
