"""BERT and the encoders that followed it: direct transcriptions of what transformers' modelling code computes, one class each."""

import math

import torch
import torch.nn.functional as F

from decoder import BIAS, TABLE, Decoder, linear_shapes, norm_shapes, note_attention
from networks import ACTIVATIONS, merge_heads, split_heads


def attend_all(q, k, v, scale, bias=None):
    """Attention of q [H, T, d] to all k, v [H, T, d]: scores, pattern [H, T, T] and mixed values [T, H * d]."""
    scores = torch.matmul(q, k.transpose(1, 2)) * scale
    if bias is not None:
        scores = scores + bias
    pattern = scores.softmax(-1)
    return scores, pattern, merge_heads(pattern @ v)


class Encoder(Decoder):
    """What is read from an encoder: the head of its masked language model, where its files have one, and no loss of the next token.

    A subclass has: head (where the weights of the head's map, norm, unembedding and bias lie) and head_activation.
    """

    tied_by_default = True
    head = None

    def __init__(self, config, weights):
        self.config, self.weights, self.blocks = config, weights, config[self.layers_key]
        self.dtype = next(iter(weights.values())).dtype

    def final_norm(self, h):
        return None

    @classmethod
    def has_head(cls, config):
        return config["architectures"][0].endswith("ForMaskedLM")

    @classmethod
    def head_shapes(cls, config, width, vocabulary, embedding):
        """Names, shapes and kinds of the head's weights, where the network is a masked language model."""
        if not cls.has_head(config):
            return {}
        dense, norm, decoder, bias = cls.head
        shapes = {**linear_shapes(dense, width, embedding, True), **norm_shapes(norm, embedding, True), bias: ((vocabulary,), BIAS)}
        if not cls.tied(config):
            shapes[decoder] = ((vocabulary, embedding), TABLE)
        return shapes

    def head_activation(self):
        return ACTIVATIONS["gelu"]

    def epsilon(self):
        return self.config["layer_norm_eps"]

    def read_out(self, normalized, tokens, points):
        if not self.has_head(self.config):
            return
        dense, norm, decoder, bias = self.head
        pre = F.linear(normalized, self.weights[dense + ".weight"], self.weights[dense + ".bias"])
        post = self.head_activation()(pre)
        read = F.layer_norm(post, post.shape[-1:], self.weights[norm + ".weight"], self.weights[norm + ".bias"], self.epsilon())
        table = self.raw(self.embedding_name + ".weight") if self.tied(self.config) else self.weights[decoder]
        points["head.pre"], points["head.post"], points["head.normalized"] = pre, post, read
        points["logits"] = F.linear(read, table, self.weights[bias])


class Bert(Encoder):
    prefix, embedding_name = "bert.", "embeddings.word_embeddings"
    head = ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder.weight", "cls.predictions.bias")
    layer = "encoder.layer"
    query, key, value = "attention.self.query", "attention.self.key", "attention.self.value"

    @classmethod
    def shapes(cls, config):
        width, inner, embeddings = config["hidden_size"], config["intermediate_size"], cls.prefix + "embeddings."
        shapes = {embeddings + "word_embeddings.weight": ((config["vocab_size"], width), TABLE),
                  embeddings + "position_embeddings.weight": ((config["max_position_embeddings"], width), TABLE),
                  embeddings + "token_type_embeddings.weight": ((config["type_vocab_size"], width), TABLE),
                  **norm_shapes(embeddings + "LayerNorm", width, True)}
        for i in range(config["num_hidden_layers"]):
            block = f"{cls.prefix}{cls.layer}.{i}."
            for part in (cls.query, cls.key, cls.value, "attention.output.dense"):
                shapes.update(linear_shapes(block + part, width, width, True))
            shapes.update(norm_shapes(block + "attention.output.LayerNorm", width, True))
            shapes.update(linear_shapes(block + "intermediate.dense", width, inner, True))
            shapes.update(linear_shapes(block + "output.dense", inner, width, True))
            shapes.update(norm_shapes(block + "output.LayerNorm", width, True))
        shapes.update(cls.head_shapes(config, width, config["vocab_size"], width))
        return shapes

    def head_activation(self):
        return ACTIVATIONS[self.config["hidden_act"]]

    def position_rows(self, positions):
        return positions

    def embed(self, tokens, positions, note):
        types = torch.zeros_like(tokens)
        words, typed = self.raw("embeddings.word_embeddings.weight")[tokens], self.raw("embeddings.token_type_embeddings.weight")[types]
        placed = self.raw("embeddings.position_embeddings.weight")[self.position_rows(positions)]
        h = self.layer_norm("embeddings.LayerNorm", words + typed + placed, self.epsilon())
        note("embed", words), note("type_embed", typed), note("pos_embed", placed), note("ln_embed.normalized", h)
        return h

    def attention(self, i, h, note):
        block = f"{self.layer}.{i}."
        q, k, v = (self.linear(block + part, h) for part in (self.query, self.key, self.value))
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["num_attention_heads"]) for part in (q, k, v))
        scores, pattern, z = attend_all(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note_attention(note, scores, pattern, z)
        out = self.linear(block + "attention.output.dense", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        pre = self.linear(f"{self.layer}.{i}.intermediate.dense", h)
        post = ACTIVATIONS[self.config["hidden_act"]](pre)
        out = self.linear(f"{self.layer}.{i}.output.dense", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def attention_half(self, i, h, note):
        return self.layer_norm(f"{self.layer}.{i}.attention.output.LayerNorm", self.attention(i, h, note) + h, self.epsilon())

    def mlp_half(self, i, h, note):
        return self.layer_norm(f"{self.layer}.{i}.output.LayerNorm", self.mlp(i, h, note) + h, self.epsilon())


FAMILIES = {"bert": Bert}
