"""ViT, DeiT, DINOv2, CLIP and SigLIP: direct transcriptions of what transformers' modelling code computes, one class each.

Images are [3, height, width], after preprocessing; one image or text at a time. The stream is [T, D], and the hook points are
those of the decoders; pooled, projected and class_logits have one row.
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from decoder import BIAS, GAIN, MATRIX, TABLE, Decoder, linear_shapes, norm_shapes, note_attention
from networks import ACTIVATIONS, merge_heads, split_heads


class Tower(Decoder):
    """A network whose input is not only tokens: embed(input, note), blocks as those of decoders, read_out(normalized, input, note)."""

    causal = False
    blocks_name, norm1, norm2, fc1, fc2 = "encoder.layers", "layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"
    attention_names = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj")

    def __init__(self, config, weights, prefix):
        self.config, self.weights, self.prefix, self.blocks = config, weights, prefix, config["num_hidden_layers"]
        self.epsilon, self.heads = config["layer_norm_eps"], config["num_attention_heads"]

    @torch.inference_mode()
    def read(self, given, plan=None):
        points = {}
        h = self.embed(given, points.__setitem__)
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
        points["ln_final.normalized"] = normalized
        self.read_out(normalized, given, points.__setitem__)
        return points

    def scaled(self, name, x):
        """Layer scale, where the family has it."""
        return x

    def attention(self, i, h, note):
        block = f"{self.blocks_name}.{i}."
        x = self.layer_norm(block + self.norm1, h, self.epsilon)
        q, k, v = (self.linear(block + name, x) for name in self.attention_names[:3])
        note("ln1.normalized", x), note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.heads) for part in (q, k, v))
        scores = q @ k.transpose(1, 2) * q.shape[-1] ** -0.5
        if self.causal:
            scores = scores + torch.full(scores.shape[1:], -math.inf, dtype=scores.dtype).triu(1)
        pattern = scores.softmax(-1)
        z = merge_heads(pattern @ v)
        note_attention(note, scores, pattern, z)
        out = self.scaled(block + "layer_scale1", self.linear(block + self.attention_names[3], z))
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        block = f"{self.blocks_name}.{i}."
        x = self.layer_norm(block + self.norm2, h, self.epsilon)
        note("ln2.normalized", x)
        out = self.scaled(block + "layer_scale2", self.feed_forward(block, x, note))
        note("mlp_out", out)
        return out

    def feed_forward(self, block, x, note):
        pre = self.linear(block + self.fc1, x)
        post = ACTIVATIONS[self.config["hidden_act"]](pre)
        note("mlp.pre", pre), note("mlp.post", post)
        return self.linear(block + self.fc2, post)

    @classmethod
    def block_shapes(cls, config, prefix, inner, bias=True):
        width, shapes = config["hidden_size"], {}
        for i in range(config["num_hidden_layers"]):
            block = f"{prefix}{cls.blocks_name}.{i}."
            for name in (cls.norm1, cls.norm2):
                shapes.update(norm_shapes(block + name, width, True))
            for name in cls.attention_names:
                shapes.update(linear_shapes(block + name, width, width, bias or name == cls.attention_names[3]))
            shapes.update(linear_shapes(block + cls.fc1, width, inner, True))
            shapes.update(linear_shapes(block + cls.fc2, inner, width, True))
        return shapes


def sides(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def grid(config):
    (height, width), (patch, _) = sides(config["image_size"]), sides(config["patch_size"])
    return height // patch, width // patch


class ImageTower(Tower):
    """Patches by a convolution whose stride is its width; a table of positions, interpolated where the image has another size."""

    patch_name, antialias = "embeddings.patch_embeddings.projection", False

    def patches(self, pixels):
        patch, _ = sides(self.config["patch_size"])
        x = F.conv2d(pixels[None], self.raw(self.patch_name + ".weight"), self.weights.get(f"{self.prefix}{self.patch_name}.bias"), stride=patch)
        return x.flatten(2).transpose(1, 2)[0]

    def interpolate(self, table, pixels):
        """Positions of the patches, [rows * columns, D]."""
        (rows, columns), (patch, _) = grid(self.config), sides(self.config["patch_size"])
        height, width = pixels.shape[1] // patch, pixels.shape[2] // patch
        if (height, width) == (rows, columns):
            return table
        table = table.reshape(1, rows, columns, -1).permute(0, 3, 1, 2)
        table = F.interpolate(table, size=(height, width), mode="bicubic", align_corners=False, antialias=self.antialias)
        return table.permute(0, 2, 3, 1).reshape(height * width, -1)

    @classmethod
    def patch_shapes(cls, config, prefix, bias):
        patch, _ = sides(config["patch_size"])
        shapes = {f"{prefix}{cls.patch_name}.weight": ((config["hidden_size"], 3, patch, patch), MATRIX)}
        if bias:
            shapes[f"{prefix}{cls.patch_name}.bias"] = ((config["hidden_size"],), BIAS)
        return shapes


class Vit(ImageTower):
    blocks_name, norm1, norm2 = "encoder.layer", "layernorm_before", "layernorm_after"
    fc1, fc2 = "intermediate.dense", "output.dense"
    attention_names = ("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense")
    tokens, own_prefix = ("embeddings.cls_token",), "vit."

    @classmethod
    def prefix_of(cls, config):
        return cls.own_prefix if config["architectures"][0].endswith(("Classification", "Teacher")) else ""

    @classmethod
    def shapes(cls, config):
        prefix, width, (rows, columns) = cls.prefix_of(config), config["hidden_size"], grid(config)
        shapes = {prefix + token: ((1, 1, width), TABLE) for token in cls.tokens}
        shapes[prefix + "embeddings.position_embeddings"] = ((1, len(cls.tokens) + rows * columns, width), TABLE)
        shapes.update(cls.patch_shapes(config, prefix, True))
        shapes.update(cls.block_shapes(config, prefix, config["intermediate_size"], config["qkv_bias"]))
        shapes.update(norm_shapes(prefix + "layernorm", width, True))
        for head in cls.heads_of(config):
            shapes.update(linear_shapes(head, width, len(config["id2label"]), True))
        if config.get("pooler"):
            shapes.update(linear_shapes(prefix + "pooler.dense", width, width, True))
        return shapes

    @classmethod
    def heads_of(cls, config):
        return ["classifier"] if cls.prefix_of(config) else []

    def embed(self, pixels, note):
        x = torch.cat([self.raw(token)[0] for token in self.tokens] + [self.patches(pixels)])
        table, count = self.raw("embeddings.position_embeddings")[0], len(self.tokens)
        positions = torch.cat([table[:count], self.interpolate(table[count:], pixels)])
        note("embed", x), note("pos_embed", positions)
        return x + positions

    def final_norm(self, h):
        return self.layer_norm("layernorm", h, self.epsilon)

    def head(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def read_out(self, normalized, pixels, note):
        if self.config.get("pooler"):
            pre = self.linear("pooler.dense", normalized[:1])
            return note("pooler.pre", pre), note("pooled", pre.tanh())
        note("pooled", normalized[:1])
        for head in self.heads_of(self.config):
            note("class_logits", self.head(head, normalized[:1]))


class Deit(Vit):
    tokens, own_prefix = ("embeddings.cls_token", "embeddings.distillation_token"), "deit."

    @classmethod
    def heads_of(cls, config):
        return ["cls_classifier", "distillation_classifier"] if config["architectures"][0].endswith("Teacher") else super().heads_of(config)

    def read_out(self, normalized, pixels, note):
        if len(self.heads_of(self.config)) < 2:
            return super().read_out(normalized, pixels, note)
        first, second = self.head("cls_classifier", normalized[:1]), self.head("distillation_classifier", normalized[1:2])
        note("pooled", torch.cat([normalized[:1], normalized[1:2]], dim=1))
        note("class_logits", (first + second) / 2)


class Dinov2(Vit):
    norm1, norm2, fc1, fc2, own_prefix, registers = "norm1", "norm2", "mlp.fc1", "mlp.fc2", "dinov2.", 0

    @classmethod
    def shapes(cls, config):
        prefix, width = cls.prefix_of(config), config["hidden_size"]
        inner = int(width * config["mlp_ratio"])
        shapes = super().shapes({**config, "intermediate_size": inner})
        for i in range(config["num_hidden_layers"]):
            block = f"{prefix}encoder.layer.{i}."
            shapes.update({f"{block}layer_scale{half}.lambda1": ((width,), GAIN) for half in (1, 2)})
            if config["use_swiglu_ffn"]:
                for name in [name for name in shapes if name.startswith(block + "mlp.")]:
                    del shapes[name]
                hidden = (int(inner * 2 / 3) + 7) // 8 * 8
                shapes.update(linear_shapes(block + "mlp.weights_in", width, 2 * hidden, True))
                shapes.update(linear_shapes(block + "mlp.weights_out", hidden, width, True))
        if cls.heads_of(config):
            shapes["classifier.weight"] = ((len(config["id2label"]), 2 * width), MATRIX)
        return shapes

    def scaled(self, name, x):
        return x * self.raw(name + ".lambda1")

    def feed_forward(self, block, x, note):
        if not self.config["use_swiglu_ffn"]:
            return super().feed_forward(block, x, note)
        gate, up = self.linear(block + "mlp.weights_in", x).chunk(2, dim=-1)
        hidden = F.silu(gate) * up
        note("mlp.pre", gate), note("mlp.pre_linear", up), note("mlp.post", hidden)
        return self.linear(block + "mlp.weights_out", hidden)

    def read_out(self, normalized, pixels, note):
        if not self.heads_of(self.config):
            return note("pooled", normalized[:1])
        pooled = torch.cat([normalized[0], normalized[1 + self.registers:].mean(dim=0)])[None]
        note("pooled", pooled), note("class_logits", self.head("classifier", pooled))


class Dinov2WithRegisters(Dinov2):
    own_prefix, antialias = "dinov2_with_registers.", True

    def __init__(self, config, weights, prefix):
        super().__init__(config, weights, prefix)
        self.registers = config["num_register_tokens"]

    @classmethod
    def shapes(cls, config):
        shapes = super().shapes(config)
        shapes[cls.prefix_of(config) + "embeddings.register_tokens"] = ((1, config["num_register_tokens"], config["hidden_size"]), TABLE)
        return shapes

    def embed(self, pixels, note):
        found = {}
        h = super().embed(pixels, found.__setitem__)
        registers = self.raw("embeddings.register_tokens")[0]
        note("embed", torch.cat([found["embed"][:1], registers, found["embed"][1:]]))
        note("pos_embed", torch.cat([found["pos_embed"][:1], torch.zeros_like(registers), found["pos_embed"][1:]]))
        return torch.cat([h[:1], registers, h[1:]])


class ClipVision(ImageTower):
    patch_name, model, projection_name = "embeddings.patch_embedding", "vision_model.", "visual_projection"

    @classmethod
    def shapes(cls, config):
        width, (rows, columns), model = config["hidden_size"], grid(config), cls.model
        shapes = {model + "embeddings.class_embedding": ((width,), TABLE), model + "embeddings.position_embedding.weight": ((1 + rows * columns, width), TABLE)}
        shapes.update(cls.patch_shapes(config, model, False))
        shapes.update(norm_shapes(model + "pre_layrnorm", width, True))
        shapes.update(cls.block_shapes(config, model, config["intermediate_size"]))
        shapes.update(norm_shapes(model + "post_layernorm", width, True))
        shapes.update(cls.projection_shapes(config))
        return shapes

    @classmethod
    def projection_shapes(cls, config):
        return linear_shapes(cls.projection_name, config["hidden_size"], config["projection_dim"], False) if config.get("projected", True) else {}

    def embed(self, pixels, note):
        x = torch.cat([self.raw("embeddings.class_embedding")[None], self.patches(pixels)])
        table = self.raw("embeddings.position_embedding.weight")
        positions = torch.cat([table[:1], self.interpolate(table[1:], pixels)])
        h = self.layer_norm("pre_layrnorm", x + positions, self.epsilon)
        note("embed", x), note("pos_embed", positions), note("ln_embed.normalized", h)
        return h

    def final_norm(self, h):
        return self.layer_norm("post_layernorm", h, self.epsilon)

    def project(self, pooled, note):
        note("pooled", pooled)
        if self.projection_name + ".weight" in self.weights:
            note("projected", F.linear(pooled, self.weights[self.projection_name + ".weight"]))

    def read_out(self, normalized, pixels, note):
        self.project(normalized[:1], note)


class TextTower(Tower):
    model = "text_model."

    @classmethod
    def shapes(cls, config):
        width, model = config["hidden_size"], cls.model
        shapes = {model + "embeddings.token_embedding.weight": ((config["vocab_size"], width), TABLE),
                  model + "embeddings.position_embedding.weight": ((config["max_position_embeddings"], width), TABLE)}
        shapes.update(cls.block_shapes(config, model, config["intermediate_size"]))
        shapes.update(norm_shapes(model + "final_layer_norm", width, True))
        shapes.update(cls.projection_shapes(config))
        return shapes

    def embed(self, tokens, note):
        x = self.raw("embeddings.token_embedding.weight")[tokens]
        positions = self.raw("embeddings.position_embedding.weight")[:len(tokens)]
        note("embed", x), note("pos_embed", positions)
        return x + positions

    def final_norm(self, h):
        return self.layer_norm("final_layer_norm", h, self.epsilon)


class ClipText(TextTower):
    causal, projection_name = True, "text_projection"
    projection_shapes, project = classmethod(ClipVision.projection_shapes.__func__), ClipVision.project

    def read_out(self, normalized, tokens, note):
        end = self.config["eos_token_id"]
        place = tokens.argmax() if end == 2 else (tokens == end).int().argmax()
        self.project(normalized[place][None], note)


class SiglipVision(ImageTower):
    patch_name, model = "embeddings.patch_embedding", "vision_model."

    @classmethod
    def shapes(cls, config):
        width, (rows, columns), model = config["hidden_size"], grid(config), cls.model
        shapes = {model + "embeddings.position_embedding.weight": ((rows * columns, width), TABLE)}
        shapes.update(cls.patch_shapes(config, model, True))
        shapes.update(cls.block_shapes(config, model, config["intermediate_size"]))
        shapes.update(norm_shapes(model + "post_layernorm", width, True))
        if "id2label" in config:
            shapes.update(linear_shapes("classifier", width, len(config["id2label"]), True))
        elif config.get("vision_use_head", True):
            shapes.update({model + "head.probe": ((1, 1, width), TABLE), model + "head.attention.in_proj_weight": ((3 * width, width), MATRIX),
                           model + "head.attention.in_proj_bias": ((3 * width,), BIAS)})
            shapes.update(linear_shapes(model + "head.attention.out_proj", width, width, True))
            shapes.update(norm_shapes(model + "head.layernorm", width, True))
            shapes.update(linear_shapes(model + "head.mlp.fc1", width, config["intermediate_size"], True))
            shapes.update(linear_shapes(model + "head.mlp.fc2", config["intermediate_size"], width, True))
        return shapes

    def embed(self, pixels, note):
        x = self.patches(pixels)
        positions = self.interpolate(self.raw("embeddings.position_embedding.weight"), pixels)
        note("embed", x), note("pos_embed", positions)
        return x + positions

    def final_norm(self, h):
        return self.layer_norm("post_layernorm", h, self.epsilon)

    def read_out(self, normalized, pixels, note):
        if "classifier.weight" in self.weights:
            pooled = normalized.mean(dim=0, keepdim=True)
            note("pooled", pooled), note("class_logits", F.linear(pooled, self.weights["classifier.weight"], self.weights["classifier.bias"]))
        elif self.prefix + "head.probe" in self.weights:
            note("pooled", self.attention_pool(normalized))

    def attention_pool(self, h):
        """torch's own multi-head attention of one learned query, then the MLP with its residual."""
        width = h.shape[1]
        attention = torch.nn.MultiheadAttention(width, self.heads, batch_first=True).to(h.dtype)
        attention.load_state_dict({name: self.raw("head.attention." + name) for name in attention.state_dict()})
        x = attention(self.raw("head.probe"), h[None], h[None])[0]
        hidden = self.layer_norm("head.layernorm", x, self.epsilon)
        hidden = self.linear("head.mlp.fc2", ACTIVATIONS[self.config["hidden_act"]](self.linear("head.mlp.fc1", hidden)))
        return (x + hidden)[:, 0]


class SiglipText(TextTower):
    @classmethod
    def projection_shapes(cls, config):
        return linear_shapes(cls.model + "head", config["hidden_size"], config.get("projection_size", config["hidden_size"]), True)

    def read_out(self, normalized, tokens, note):
        note("pooled", normalized[-1:]), note("projected", self.linear("head", normalized[-1:]))


FAMILIES = {"vit": Vit, "deit": Deit, "dinov2": Dinov2, "dinov2_with_registers": Dinov2WithRegisters, "clip_vision_model": ClipVision,
            "clip_text_model": ClipText, "siglip_vision_model": SiglipVision, "siglip_text_model": SiglipText}
PAIRS = {"clip": ("clip_vision_model", "clip_text_model"), "siglip": ("siglip_vision_model", "siglip_text_model")}


def tower(family, config, weights):
    kind = FAMILIES[family]
    return kind(config, weights, kind.model if hasattr(kind, "model") else kind.prefix_of(config))


def similarity(pair, images, texts, weights):
    """logits_per_image of a pair's embeddings, [images, texts]."""
    images, texts = (x / x.norm(p=2, dim=-1, keepdim=True) for x in (images, texts))
    logits = texts @ images.T * weights["logit_scale"].exp()
    return (logits + weights["logit_bias"] if pair == "siglip" else logits).T
