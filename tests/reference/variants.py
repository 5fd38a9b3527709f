"""The small random networks that the tests load: one per feature of a family's config or files.

Weights have the scale of a trained network's: every norm gain differs from 1 and every bias from 0, so that a part left out
or applied twice shows in the logits.
"""

import zlib

import torch

import checkpoint
import decoder
import decoder_variants
import encoder_variants
import families

GPT2 = {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new",
    "n_layer": 4, "n_embd": 48, "n_head": 4, "vocab_size": 97, "n_positions": 64, "n_ctx": 64,
    "layer_norm_epsilon": 1e-5,
}
LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu",
    "num_hidden_layers": 4, "hidden_size": 40, "intermediate_size": 72, "num_attention_heads": 6,
    "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 97, "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
}
# With heads of width 16, theta 10000 and 256 positions, pairs fall on all three sides of the two bounds.
LLAMA3_ROPE = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}

# Variant -> (changes of the config, where None removes a key; changes of how the files are written).
GPT2_VARIANTS = {
    "base": ({}, {}),
    "gelu-erf": ({"activation_function": "gelu", "n_inner": 100}, {}),
    "untied": ({"tie_word_embeddings": False, "n_layer": 5}, {}),
    "bare-names": ({"activation_function": None, "layer_norm_epsilon": None}, {"prefix": "", "mask": torch.float32}),
    "mask-buffers": ({}, {"mask": torch.uint8, "head_copy": True}),
    "bf16": ({"torch_dtype": "bfloat16"}, {"dtype": torch.bfloat16}),
    "inverse-layer-scale": ({"scale_attn_by_inverse_layer_idx": True}, {}),
    "unscaled-attention": ({"scale_attn_weights": False, "layer_norm_epsilon": 0.05}, {}),
    "sharded": ({}, {"shards": 2}),
}
LLAMA_VARIANTS = {
    "base": ({}, {}),
    "tied": ({"tie_word_embeddings": True}, {}),
    "defaults": ({"num_attention_heads": 5, "num_key_value_heads": None, "head_dim": None, "rms_norm_eps": None,
                  "rope_theta": None, "tie_word_embeddings": None, "num_hidden_layers": 5}, {}),
    "rope-linear": ({"rope_scaling": {"rope_type": "linear", "factor": 4.0}}, {}),
    "rope-linear-old-key": ({"rope_scaling": {"type": "linear", "factor": 4.0}}, {"frequencies": True}),
    "rope-llama3": ({"rope_scaling": LLAMA3_ROPE}, {}),
    "rope-parameters": ({"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}, {}),
    "rope-parameters-llama3": ({"rope_theta": None, "dtype": "bfloat16",
                                "rope_parameters": {**LLAMA3_ROPE, "rope_theta": 20000.0}}, {"dtype": torch.bfloat16}),
    "attention-bias": ({"attention_bias": True}, {}),
    "mlp-bias": ({"mlp_bias": True}, {}),
    "bf16": ({"torch_dtype": "bfloat16"}, {"dtype": torch.bfloat16}),
    "sharded": ({}, {"shards": 2}),
    "large-epsilon": ({"rms_norm_eps": 0.05}, {}),
}
VARIANTS = {"gpt2": (GPT2, GPT2_VARIANTS), "llama": (LLAMA, LLAMA_VARIANTS), **decoder_variants.VARIANTS, **encoder_variants.VARIANTS}


def vocabulary(config):
    return config.get("text_config", config)["vocab_size"]


class Draw:
    """Random weights from one seed."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, std):
        return torch.randn(shape, generator=self.generator) * std

    def matrix(self, *shape, inputs):
        """A linear map that keeps the variance of its inputs."""
        return self.normal(*shape, std=inputs ** -0.5)

    def bias(self, width):
        return self.normal(width, std=0.1)

    def decay(self, *shape):
        """Near log 1, log 2, log 3 and so on, as such networks start."""
        return torch.arange(1, shape[-1] + 1).log() + self.normal(*shape, std=0.3)

    def gain(self, width):
        return 1 + self.normal(width, std=0.3)


def gpt2_weights(config, draw):
    """The weights of a GPT-2 by their names without prefix."""
    width, inner = config["n_embd"], config.get("n_inner") or 4 * config["n_embd"]
    weights = {"wte.weight": draw.normal(config["vocab_size"], width, std=0.3),
               "wpe.weight": draw.normal(config["n_positions"], width, std=0.8)}

    def norm(name):
        weights[name + ".weight"], weights[name + ".bias"] = draw.gain(width), draw.bias(width)

    def conv(name, inputs, outputs):
        weights[name + ".weight"], weights[name + ".bias"] = draw.matrix(inputs, outputs, inputs=inputs), draw.bias(outputs)

    for i in range(config["n_layer"]):
        norm(f"h.{i}.ln_1")
        conv(f"h.{i}.attn.c_attn", width, 3 * width)
        conv(f"h.{i}.attn.c_proj", width, width)
        norm(f"h.{i}.ln_2")
        conv(f"h.{i}.mlp.c_fc", width, inner)
        conv(f"h.{i}.mlp.c_proj", inner, width)
    norm("ln_f")
    if not config.get("tie_word_embeddings", True):
        weights["lm_head.weight"] = draw.normal(config["vocab_size"], width, std=0.4)
    return weights


def gpt2_files(config, weights, prefix="transformer.", mask=None, head_copy=False):
    """The weights under the names of the file, with the buffers that older files carry."""
    n = config["n_positions"]
    if mask is not None:
        for i in range(config["n_layer"]):
            weights[f"h.{i}.attn.bias"] = torch.ones(n, n).tril().view(1, 1, n, n).to(mask)
    named = {name if name.startswith("lm_head") else prefix + name: value for name, value in weights.items()}
    if head_copy:
        named["lm_head.weight"] = weights["wte.weight"].clone()
        for i in range(config["n_layer"]):
            named[f"{prefix}h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    return named


def llama_weights(config, draw):
    """The weights of a Llama by the names in its files."""
    width, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    head_width = config.get("head_dim") or width // heads
    groups = config.get("num_key_value_heads") or heads
    weights = {"model.embed_tokens.weight": draw.normal(config["vocab_size"], width, std=0.4)}

    def linear(name, inputs, outputs, bias):
        weights[name + ".weight"] = draw.matrix(outputs, inputs, inputs=inputs)
        if bias:
            weights[name + ".bias"] = draw.bias(outputs)

    for i in range(config["num_hidden_layers"]):
        block = f"model.layers.{i}"
        weights[block + ".input_layernorm.weight"] = draw.gain(width)
        attention_bias, mlp_bias = config.get("attention_bias", False), config.get("mlp_bias", False)
        linear(block + ".self_attn.q_proj", width, heads * head_width, attention_bias)
        linear(block + ".self_attn.k_proj", width, groups * head_width, attention_bias)
        linear(block + ".self_attn.v_proj", width, groups * head_width, attention_bias)
        linear(block + ".self_attn.o_proj", heads * head_width, width, attention_bias)
        weights[block + ".post_attention_layernorm.weight"] = draw.gain(width)
        linear(block + ".mlp.gate_proj", width, inner, mlp_bias)
        linear(block + ".mlp.up_proj", width, inner, mlp_bias)
        linear(block + ".mlp.down_proj", inner, width, mlp_bias)
    weights["model.norm.weight"] = draw.gain(width)
    if not config.get("tie_word_embeddings", False):
        weights["lm_head.weight"] = draw.normal(config["vocab_size"], width, std=0.4)
    return weights


def llama_files(config, weights, frequencies=False):
    """The weights, with the rotary frequencies that older files carry as buffers."""
    if frequencies:
        for i in range(config["num_hidden_layers"]):
            weights[f"model.layers.{i}.self_attn.rotary_emb.inv_freq"] = 10000.0 ** -(torch.arange(0, 16, 2) / 16)
    return weights


def decoder_weights(family, config, draw, buffers=None, rename=None):
    """The weights of any other family, by the shapes that it names, with buffers that its older files carry and parts of names that other files have."""
    kinds = {decoder.MATRIX: lambda shape: draw.matrix(*shape, inputs=shape[-1]), decoder.SMALL_MATRIX: lambda shape: draw.matrix(*shape, inputs=9 * shape[-1]),
             decoder.BIAS: lambda shape: draw.bias(*shape),
             decoder.GAIN: lambda shape: draw.gain(*shape), decoder.OFFSET_GAIN: lambda shape: draw.gain(*shape) - 1,
             decoder.TABLE: lambda shape: draw.normal(*shape, std=0.3), decoder.DECAY: lambda shape: draw.decay(*shape),
             decoder.STEP: lambda shape: draw.normal(*shape, std=1) - 1.5}
    weights = {name: kinds[kind](shape) for name, (shape, kind) in families.FAMILIES[family].shapes(config).items()}
    for name, shape in (buffers or {}).items():
        weights[name] = torch.ones(shape)
    for part, other in (rename or {}).items():
        weights = {name.replace(part, other): value for name, value in weights.items()}
    return weights


def oldest_names(config, weights):
    """BERT's files of 2018: gamma and beta, the positions as a buffer, a copy of the tied unembedding, heads that are not read."""
    renamed = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value for name, value in weights.items()}
    renamed["bert.embeddings.position_ids"] = torch.arange(config["max_position_embeddings"])[None]
    renamed["cls.predictions.decoder.weight"] = renamed["bert.embeddings.word_embeddings.weight"].clone()
    renamed["cls.seq_relationship.weight"], renamed["cls.seq_relationship.bias"] = torch.ones(2, config["hidden_size"]), torch.ones(2)
    return renamed


def make(folder, family, variant, seed):
    """Writes the model folder of a variant and returns its config."""
    base, variants = VARIANTS[family]
    changes, writing = variants[variant]
    writing = dict(writing)
    nulls = writing.pop("keep_none", [])
    config = {key: value for key, value in {**base, **changes}.items() if value is not None or key in nulls}
    draw = Draw(zlib.crc32(f"{family}/{variant}/{seed}".encode()))
    dtype, shards = writing.pop("dtype", torch.float32), writing.pop("shards", 1)
    if family == "gpt2":
        weights = gpt2_files(config, gpt2_weights(config, draw), **writing)
    elif family == "llama":
        weights = llama_files(config, llama_weights(config, draw), **writing)
    else:
        oldest = writing.pop("oldest", False)
        weights = decoder_weights(family, config, draw, **writing)
        if oldest:
            weights = oldest_names(config, weights)
    if dtype != torch.float32:
        weights = {name: value.to(dtype) for name, value in weights.items()}
    checkpoint.write_folder(folder, config, weights, shards)
    return config
