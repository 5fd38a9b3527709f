"""BERT and the encoders that followed it: direct transcriptions of what transformers' modelling code computes, one class each."""

import math

import torch
import torch.nn.functional as F

import rope
from decoder import BIAS, MATRIX, SMALL_MATRIX, TABLE, Decoder, linear_shapes, norm_shapes, note_attention
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
    # Token types of what is run next; None for 0 everywhere.
    types = None
    head = None
    # The map of the pooler, the map before the classes (None: the pooler's), the classes, and what stands between.
    pooler, class_transform, classifier, class_activation = None, None, "classifier", staticmethod(torch.tanh)

    def __init__(self, config, weights):
        # The oldest files have other names for the gains and biases of norms.
        weights = {name.replace(".gamma", ".weight").replace(".beta", ".bias"): value for name, value in weights.items()}
        self.config, self.weights, self.blocks = config, weights, config[self.layers_key]
        self.dtype = next(iter(weights.values())).dtype

    def final_norm(self, h):
        return None

    def token_types(self, tokens):
        return torch.zeros_like(tokens) if self.types is None else torch.tensor(self.types)

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

    @classmethod
    def sequence_head(cls, config):
        """The map from the first token, what is behind it, and the classes or None; None where there is no such head."""
        architecture = config["architectures"][0]
        if architecture.endswith("ForSequenceClassification"):
            return cls.class_transform or cls.prefix + cls.pooler, cls.class_activation, cls.classifier
        if architecture.endswith("Model") and cls.pooler is not None:
            return cls.prefix + cls.pooler, torch.tanh, None
        return None

    @classmethod
    def sequence_shapes(cls, config, width):
        head = cls.sequence_head(config)
        if head is None:
            return {}
        shapes = linear_shapes(head[0], width, width, True)
        if head[2] is not None:
            shapes.update(linear_shapes(head[2], width, len(config["id2label"]) if "id2label" in config else config.get("num_labels", 2), True))
        return shapes

    def read_sequence(self, h, points):
        head = self.sequence_head(self.config)
        if head is None:
            return
        name, activation, classifier = head
        pre = F.linear(h[:1], self.weights[name + ".weight"], self.weights[name + ".bias"])
        points["pooler.pre"], points["pooled"] = pre, activation(pre)
        if classifier is not None:
            points["class_logits"] = F.linear(points["pooled"], self.weights[classifier + ".weight"], self.weights[classifier + ".bias"])

    def head_activation(self):
        return ACTIVATIONS["gelu"]

    def epsilon(self):
        return self.config["layer_norm_eps"]

    def read_out(self, normalized, tokens, points):
        self.read_sequence(normalized, points)
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
    pooler = "pooler.dense"
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
        shapes.update(cls.sequence_shapes(config, width))
        return shapes

    def head_activation(self):
        return ACTIVATIONS[self.config["hidden_act"]]

    def position_rows(self, positions):
        return positions

    def embed(self, tokens, positions, note):
        types = self.token_types(tokens)
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


class Roberta(Bert):
    """Positions begin behind the row of the padding; the head always has the error function's GELU."""

    prefix = "roberta."
    class_transform, classifier = "classifier.dense", "classifier.out_proj"
    head = ("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder.weight", "lm_head.bias")

    def head_activation(self):
        return ACTIVATIONS["gelu"]

    def position_rows(self, positions):
        return positions + self.config["pad_token_id"] + 1


class DistilBert(Encoder):
    prefix, embedding_name, layers_key = "distilbert.", "embeddings.word_embeddings", "n_layers"
    class_transform, class_activation = "pre_classifier", staticmethod(F.relu)
    head = ("vocab_transform", "vocab_layer_norm", "vocab_projector.weight", "vocab_projector.bias")

    @classmethod
    def shapes(cls, config):
        width, inner = config["dim"], config["hidden_dim"]
        shapes = {"distilbert.embeddings.word_embeddings.weight": ((config["vocab_size"], width), TABLE),
                  "distilbert.embeddings.position_embeddings.weight": ((config["max_position_embeddings"], width), TABLE),
                  **norm_shapes("distilbert.embeddings.LayerNorm", width, True)}
        for i in range(config["n_layers"]):
            block = f"distilbert.transformer.layer.{i}."
            for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
                shapes.update(linear_shapes(block + "attention." + part, width, width, True))
            shapes.update(norm_shapes(block + "sa_layer_norm", width, True))
            shapes.update(linear_shapes(block + "ffn.lin1", width, inner, True))
            shapes.update(linear_shapes(block + "ffn.lin2", inner, width, True))
            shapes.update(norm_shapes(block + "output_layer_norm", width, True))
        shapes.update(cls.head_shapes(config, width, config["vocab_size"], width))
        shapes.update(cls.sequence_shapes(config, width))
        return shapes

    def epsilon(self):
        return 1e-12

    def head_activation(self):
        return ACTIVATIONS[self.config["activation"]]

    def embed(self, tokens, positions, note):
        words, placed = self.raw("embeddings.word_embeddings.weight")[tokens], self.raw("embeddings.position_embeddings.weight")[positions]
        h = self.layer_norm("embeddings.LayerNorm", words + placed, 1e-12)
        note("embed", words), note("pos_embed", placed), note("ln_embed.normalized", h)
        return h

    def attention(self, i, h, note):
        q, k, v = (self.linear(f"transformer.layer.{i}.attention.{part}_lin", h) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["n_heads"]) for part in (q, k, v))
        scores, pattern, z = attend_all(q / math.sqrt(q.shape[-1]), k, v, 1.0)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"transformer.layer.{i}.attention.out_lin", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        pre = self.linear(f"transformer.layer.{i}.ffn.lin1", h)
        post = ACTIVATIONS[self.config["activation"]](pre)
        out = self.linear(f"transformer.layer.{i}.ffn.lin2", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def attention_half(self, i, h, note):
        return self.layer_norm(f"transformer.layer.{i}.sa_layer_norm", self.attention(i, h, note) + h, 1e-12)

    def mlp_half(self, i, h, note):
        return self.layer_norm(f"transformer.layer.{i}.output_layer_norm", self.mlp(i, h, note) + h, 1e-12)


class Electra(Bert):
    """Everything around the embedding is as narrow as it is."""

    prefix, pooler = "electra.", None
    class_transform, classifier, class_activation = "classifier.dense", "classifier.out_proj", staticmethod(F.gelu)
    head = ("generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head.weight", "generator_lm_head.bias")

    @classmethod
    def shapes(cls, config):
        width, narrow = config["hidden_size"], config["embedding_size"]
        headless = {**config, "architectures": ["none"]}
        shapes = super().shapes(headless)
        for table in ("word", "position", "token_type"):
            name = f"electra.embeddings.{table}_embeddings.weight"
            shapes[name] = ((shapes[name][0][0], narrow), TABLE)
        shapes.update(norm_shapes("electra.embeddings.LayerNorm", narrow, True))
        if narrow != width:
            shapes.update(linear_shapes("electra.embeddings_project", narrow, width, True))
        shapes.update(cls.head_shapes(config, width, config["vocab_size"], narrow))
        shapes.update(cls.sequence_shapes(config, width))
        return shapes

    def head_activation(self):
        return ACTIVATIONS["gelu"]

    def embed(self, tokens, positions, note):
        h = super().embed(tokens, positions, note)
        return self.linear("embeddings_project", h) if self.config["embedding_size"] != self.config["hidden_size"] else h


class Albert(Encoder):
    prefix, embedding_name, pooler = "albert.", "embeddings.word_embeddings", "pooler"
    head = ("predictions.dense", "predictions.LayerNorm", "predictions.decoder.weight", "predictions.bias")

    @classmethod
    def shapes(cls, config):
        width, narrow, inner = config["hidden_size"], config["embedding_size"], config["intermediate_size"]
        shapes = {"albert.embeddings.word_embeddings.weight": ((config["vocab_size"], narrow), TABLE),
                  "albert.embeddings.position_embeddings.weight": ((config["max_position_embeddings"], narrow), TABLE),
                  "albert.embeddings.token_type_embeddings.weight": ((config["type_vocab_size"], narrow), TABLE),
                  **norm_shapes("albert.embeddings.LayerNorm", narrow, True),
                  **linear_shapes("albert.encoder.embedding_hidden_mapping_in", narrow, width, True)}
        for group in range(config["num_hidden_groups"]):
            layer = f"albert.encoder.albert_layer_groups.{group}.albert_layers.0."
            shapes.update(norm_shapes(layer + "full_layer_layer_norm", width, True))
            for part in ("query", "key", "value", "dense"):
                shapes.update(linear_shapes(layer + "attention." + part, width, width, True))
            shapes.update(norm_shapes(layer + "attention.LayerNorm", width, True))
            shapes.update(linear_shapes(layer + "ffn", width, inner, True))
            shapes.update(linear_shapes(layer + "ffn_output", inner, width, True))
        shapes.update(cls.head_shapes(config, width, config["vocab_size"], narrow))
        shapes.update(cls.sequence_shapes(config, width))
        return shapes

    def head_activation(self):
        return ACTIVATIONS[self.config["hidden_act"]]

    def layer(self, i):
        group = int(i / (self.config["num_hidden_layers"] / self.config["num_hidden_groups"]))
        return f"encoder.albert_layer_groups.{group}.albert_layers.0."

    def embed(self, tokens, positions, note):
        words, placed = self.raw("embeddings.word_embeddings.weight")[tokens], self.raw("embeddings.position_embeddings.weight")[positions]
        typed = self.raw("embeddings.token_type_embeddings.weight")[self.token_types(tokens)]
        h = self.layer_norm("embeddings.LayerNorm", words + typed + placed, self.epsilon())
        note("embed", words), note("type_embed", typed), note("pos_embed", placed), note("ln_embed.normalized", h)
        return self.linear("encoder.embedding_hidden_mapping_in", h)

    def attention(self, i, h, note):
        q, k, v = (self.linear(f"{self.layer(i)}attention.{part}", h) for part in ("query", "key", "value"))
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["num_attention_heads"]) for part in (q, k, v))
        scores, pattern, z = attend_all(q, k, v, 1 / math.sqrt(q.shape[-1]))
        note_attention(note, scores, pattern, z)
        out = self.linear(self.layer(i) + "attention.dense", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        pre = self.linear(self.layer(i) + "ffn", h)
        post = ACTIVATIONS[self.config["hidden_act"]](pre)
        out = self.linear(self.layer(i) + "ffn_output", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def attention_half(self, i, h, note):
        return self.layer_norm(self.layer(i) + "attention.LayerNorm", h + self.attention(i, h, note), self.epsilon())

    def mlp_half(self, i, h, note):
        return self.layer_norm(self.layer(i) + "full_layer_layer_norm", self.mlp(i, h, note) + h, self.epsilon())


def relative_bucket(relative_position, buckets, max_distance):
    """The bucket of memory position less context position, for both sides."""
    buckets //= 2
    result = (relative_position > 0).to(torch.long) * buckets
    distance = relative_position.abs()
    exact = buckets // 2
    large = exact + (torch.log(distance.float() / exact) / math.log(max_distance / exact) * (buckets - exact)).to(torch.long)
    large = torch.min(large, torch.full_like(large, buckets - 1))
    return result + torch.where(distance < exact, distance, large)


def relative_bias(table, length, buckets, max_distance):
    """[H, T, T] of a table [buckets, H]."""
    places = torch.arange(length)
    return table[relative_bucket(places[None, :] - places[:, None], buckets, max_distance)].permute(2, 0, 1)


class MpNet(Roberta):
    prefix = "mpnet."
    query, key, value = "attention.attn.q", "attention.attn.k", "attention.attn.v"

    @classmethod
    def shapes(cls, config):
        shapes = {name.replace("attention.output.dense", "attention.attn.o").replace("attention.output.LayerNorm", "attention.LayerNorm"): shape
                  for name, shape in super().shapes({**config, "type_vocab_size": 1}).items() if "token_type" not in name}
        shapes["mpnet.encoder.relative_attention_bias.weight"] = ((config["relative_attention_num_buckets"], config["num_attention_heads"]), MATRIX)
        return shapes

    def position_rows(self, positions):
        return positions + 2

    def embed(self, tokens, positions, note):
        words = self.raw("embeddings.word_embeddings.weight")[tokens]
        placed = self.raw("embeddings.position_embeddings.weight")[self.position_rows(positions)]
        h = self.layer_norm("embeddings.LayerNorm", words + placed, self.epsilon())
        note("embed", words), note("pos_embed", placed), note("ln_embed.normalized", h)
        return h

    def attention(self, i, h, note):
        block = f"encoder.layer.{i}.attention.attn."
        q, k, v = (self.linear(block + part, h) for part in "qkv")
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, self.config["num_attention_heads"]) for part in (q, k, v))
        bias = relative_bias(self.raw("encoder.relative_attention_bias.weight"), len(h), 32, 128)
        scores, pattern, z = attend_all(q, k, v, 1 / math.sqrt(q.shape[-1]), bias)
        note_attention(note, scores, pattern, z)
        out = self.linear(block + "o", z)
        note("attn_out", out)
        return out

    def attention_half(self, i, h, note):
        return self.layer_norm(f"encoder.layer.{i}.attention.LayerNorm", self.attention(i, h, note) + h, self.epsilon())


def log_bucket_positions(length, bucket_size, max_position):
    """Query position less key position, far ones brought together."""
    places = torch.arange(length)
    relative = places[:, None] - places[None, :]
    if not (bucket_size > 0 and max_position > 0):
        return relative
    middle = bucket_size // 2
    near = (relative < middle) & (relative > -middle)
    absolute = torch.where(near, torch.tensor(middle - 1).type_as(relative), relative.abs())
    logs = torch.ceil(torch.log(absolute / middle) / torch.log(torch.tensor((max_position - 1) / middle)) * (middle - 1)) + middle
    return torch.where(absolute <= middle, relative.type_as(logs), logs * relative.sign()).to(torch.long)


class DebertaV2(Bert):
    prefix, pooler, class_transform, class_activation = "deberta.", None, "pooler.dense", staticmethod(F.gelu)
    query, key, value = "attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"

    @classmethod
    def has_new_head(cls, config):
        return not config.get("legacy", True)

    @classmethod
    def head_of(cls, config):
        if cls.has_new_head(config):
            prefix = "lm_predictions.lm_head."
            return prefix + "dense", prefix + "LayerNorm", prefix + "decoder.weight", prefix + "bias"
        return Bert.head

    @classmethod
    def shapes(cls, config):
        width, prefix = config["hidden_size"], "deberta."
        shapes = super().shapes({**config, "architectures": ["none"], "type_vocab_size": config.get("type_vocab_size", 0)})
        if config.get("type_vocab_size", 0) == 0:
            del shapes["deberta.embeddings.token_type_embeddings.weight"]
        if not config.get("position_biased_input", True):
            del shapes["deberta.embeddings.position_embeddings.weight"]
        if config.get("relative_attention", False):
            shapes[prefix + "encoder.rel_embeddings.weight"] = ((2 * cls.span(config), width), TABLE)
            if "layer_norm" in config.get("norm_rel_ebd", "none"):
                shapes.update(norm_shapes(prefix + "encoder.LayerNorm", width, True))
            if not config.get("share_att_key", False):
                for i in range(config["num_hidden_layers"]):
                    for term, part in (("c2p", "pos_key_proj"), ("p2c", "pos_query_proj")):
                        if term in config["pos_att_type"]:
                            shapes.update(linear_shapes(f"{prefix}encoder.layer.{i}.attention.self.{part}", width, width, True))
        cls.head = cls.head_of(config)
        shapes.update(cls.head_shapes(config, width, config["vocab_size"], width))
        shapes.update(cls.sequence_shapes(config, width))
        return shapes

    def __init__(self, config, weights):
        super().__init__(config, weights)
        self.head = self.head_of(config)

    @staticmethod
    def most(config):
        most = config.get("max_relative_positions", -1)
        return most if most >= 1 else config["max_position_embeddings"]

    @classmethod
    def span(cls, config):
        buckets = config.get("position_buckets", -1)
        return buckets if buckets > 0 else cls.most(config)

    def embed(self, tokens, positions, note):
        h = words = self.raw("embeddings.word_embeddings.weight")[tokens]
        note("embed", words)
        if self.config.get("position_biased_input", True):
            placed = self.raw("embeddings.position_embeddings.weight")[positions]
            note("pos_embed", placed)
            h = h + placed
        if self.config.get("type_vocab_size", 0) > 0:
            typed = self.raw("embeddings.token_type_embeddings.weight")[self.token_types(tokens)]
            note("type_embed", typed)
            h = h + typed
        h = self.layer_norm("embeddings.LayerNorm", h, self.epsilon())
        note("ln_embed.normalized", h)
        return h

    def distances(self):
        table = self.raw("encoder.rel_embeddings.weight")
        if "layer_norm" in self.config.get("norm_rel_ebd", "none"):
            table = self.layer_norm("encoder.LayerNorm", table, self.epsilon())
        return table

    def attention(self, i, h, note):
        block, heads, terms = f"encoder.layer.{i}.attention.self.", self.config["num_attention_heads"], self.config.get("pos_att_type") or []
        q, k, v = (self.linear(f"{block}{part}_proj", h) for part in ("query", "key", "value"))
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, heads) for part in (q, k, v))
        relative = self.config.get("relative_attention", False)
        scale = math.sqrt(q.shape[-1] * (1 + ("c2p" in terms) + ("p2c" in terms)))
        scores = torch.matmul(q, k.transpose(1, 2)) / scale
        if relative:
            scores = scores + self.disentangled(block, heads, terms, q, k, scale)
        pattern = scores.softmax(-1)
        z = merge_heads(pattern @ v)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"encoder.layer.{i}.attention.output.dense", z)
        note("attn_out", out)
        return out

    def disentangled(self, block, heads, terms, q, k, scale):
        length, span, shared = q.shape[1], self.span(self.config), self.config.get("share_att_key", False)
        relative = log_bucket_positions(length, self.config.get("position_buckets", -1), self.most(self.config))
        table, score = self.distances(), 0
        if "c2p" in terms:
            keys = split_heads(self.linear(block + ("key_proj" if shared else "pos_key_proj"), table), heads)
            index = (relative + span).clamp(0, 2 * span - 1).expand(heads, length, length)
            score = score + torch.gather(q @ keys.transpose(1, 2), -1, index) / scale
        if "p2c" in terms:
            queries = split_heads(self.linear(block + ("query_proj" if shared else "pos_query_proj"), table), heads)
            index = (-relative + span).clamp(0, 2 * span - 1).expand(heads, length, length)
            score = score + torch.gather(k @ queries.transpose(1, 2), -1, index).transpose(-1, -2) / scale
        return score


class ModernBert(Encoder):
    prefix, embedding_name = "model.", "embeddings.tok_embeddings"
    head = ("head.dense", "head.norm", "decoder.weight", "decoder.bias")

    @classmethod
    def shapes(cls, config):
        width, inner, bias, norm_bias = config["hidden_size"], config["intermediate_size"], config["attention_bias"], config["norm_bias"]
        shapes = {"model.embeddings.tok_embeddings.weight": ((config["vocab_size"], width), TABLE), **norm_shapes("model.embeddings.norm", width, norm_bias)}
        for i in range(config["num_hidden_layers"]):
            block = f"model.layers.{i}."
            if i > 0:
                shapes.update(norm_shapes(block + "attn_norm", width, norm_bias))
            shapes.update(linear_shapes(block + "attn.Wqkv", width, 3 * width, bias))
            shapes.update(linear_shapes(block + "attn.Wo", width, width, bias))
            shapes.update(norm_shapes(block + "mlp_norm", width, norm_bias))
            shapes.update(linear_shapes(block + "mlp.Wi", width, 2 * inner, config["mlp_bias"]))
            shapes.update(linear_shapes(block + "mlp.Wo", inner, width, config["mlp_bias"]))
        shapes.update(norm_shapes("model.final_norm", width, norm_bias))
        if cls.has_head(config):
            shapes.update(linear_shapes("head.dense", width, width, config["classifier_bias"]))
            shapes.update(norm_shapes("head.norm", width, norm_bias))
            if not cls.tied(config):
                shapes["decoder.weight"] = ((config["vocab_size"], width), TABLE)
            if config["decoder_bias"]:
                shapes["decoder.bias"] = ((config["vocab_size"],), BIAS)
        return shapes

    def norm(self, name, x):
        return self.layer_norm(name, x, self.config["norm_eps"])

    def is_local(self, i):
        kinds = self.config.get("layer_types")
        return kinds[i] == "sliding_attention" if kinds else i % self.config["global_attn_every_n_layers"] != 0

    def turns(self, i):
        kind, key, theta = (("sliding_attention", "local_rope_theta", 10000.0) if self.is_local(i) else ("full_attention", "global_rope_theta", 160000.0))
        parameters = (self.config.get("rope_parameters") or {}).get(kind) or {}
        theta = parameters.get("rope_theta", self.config.get(key, theta))
        width = self.config["hidden_size"] // self.config["num_attention_heads"]
        return rope.cos_sin(rope.default_frequencies(theta, width), 1.0, self.positions)

    def embed(self, tokens, positions, note):
        self.positions = positions
        words = self.raw("embeddings.tok_embeddings.weight")[tokens]
        h = self.norm("embeddings.norm", words)
        note("embed", words), note("ln_embed.normalized", h)
        return h

    def attention(self, i, h, note):
        x, heads = h, self.config["num_attention_heads"]
        if i > 0:
            x = self.norm(f"layers.{i}.attn_norm", h)
            note("ln1.normalized", x)
        qkv = self.linear(f"layers.{i}.attn.Wqkv", x).view(len(x), 3, heads, -1)
        q, k, v = (qkv[:, part].reshape(len(x), -1) for part in range(3))
        note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, heads) for part in (q, k, v))
        q, k = rope.apply_half(q, *self.turns(i)), rope.apply_half(k, *self.turns(i))
        note("attn.rot_q", merge_heads(q)), note("attn.rot_k", merge_heads(k))
        scores = torch.matmul(q, k.transpose(1, 2)) * q.shape[-1] ** -0.5
        if self.is_local(i):
            rows = torch.arange(len(x))[None, :]
            scores = scores.masked_fill((rows - rows.T).abs() > self.config["local_attention"] // 2, -math.inf)
        pattern = scores.softmax(-1)
        z = merge_heads(pattern @ v)
        note_attention(note, scores, pattern, z)
        out = self.linear(f"layers.{i}.attn.Wo", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x = self.norm(f"layers.{i}.mlp_norm", h)
        pre, gate = self.linear(f"layers.{i}.mlp.Wi", x).chunk(2, dim=-1)
        post = ACTIVATIONS[self.config["hidden_activation"]](pre) * gate
        out = self.linear(f"layers.{i}.mlp.Wo", post)
        note("ln2.normalized", x), note("mlp.pre", pre), note("mlp.pre_linear", gate), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("final_norm", h)

    def read_out(self, normalized, tokens, points):
        if not self.has_head(self.config):
            return
        pre = F.linear(normalized, self.weights["head.dense.weight"], self.weights.get("head.dense.bias"))
        post = ACTIVATIONS[self.config["classifier_activation"]](pre)
        read = F.layer_norm(post, post.shape[-1:], self.weights["head.norm.weight"], self.weights.get("head.norm.bias"), self.config["norm_eps"])
        table = self.raw("embeddings.tok_embeddings.weight") if self.tied(self.config) else self.weights["decoder.weight"]
        points["head.pre"], points["head.post"], points["head.normalized"] = pre, post, read
        points["logits"] = F.linear(read, table, self.weights.get("decoder.bias"))


class T5(Encoder):
    """The encoder's stack."""

    prefix, embedding_name, layers_key = "encoder.", "embed_tokens", "num_layers"

    @classmethod
    def has_head(cls, config):
        return False

    @classmethod
    def gated(cls, config):
        return config["feed_forward_proj"].startswith("gated-")

    @classmethod
    def shapes(cls, config):
        width, inner, hidden = config["d_model"], config["num_heads"] * config["d_kv"], config["d_ff"]
        shapes = {"shared.weight": ((config["vocab_size"], width), TABLE)}
        for i in range(config["num_layers"]):
            block = f"encoder.block.{i}.layer."
            for part in "kv":
                shapes.update(linear_shapes(f"{block}0.SelfAttention.{part}", width, inner, False))
            # Queries are small: they do what the scale of the scores does elsewhere.
            shapes[block + "0.SelfAttention.q.weight"] = ((inner, width), SMALL_MATRIX)
            shapes.update(linear_shapes(block + "0.SelfAttention.o", inner, width, False))
            if i == 0:
                shapes[block + "0.SelfAttention.relative_attention_bias.weight"] = ((config["relative_attention_num_buckets"], config["num_heads"]), TABLE)
            shapes.update(norm_shapes(block + "0.layer_norm", width, False))
            for part in (("wi_0", "wi_1") if cls.gated(config) else ("wi",)):
                shapes.update(linear_shapes(f"{block}1.DenseReluDense.{part}", width, hidden, False))
            shapes.update(linear_shapes(block + "1.DenseReluDense.wo", hidden, width, False))
            shapes.update(norm_shapes(block + "1.layer_norm", width, False))
        shapes.update(norm_shapes("encoder.final_layer_norm", width, False))
        return shapes

    def norm(self, name, x):
        return self.rms(name, x, self.config["layer_norm_epsilon"])

    def activation(self):
        kind = self.config["feed_forward_proj"]
        return ACTIVATIONS["gelu_new" if kind == "gated-gelu" else kind.removeprefix("gated-")]

    def embed(self, tokens, positions, note):
        note("embed", self.weights["shared.weight"][tokens])
        return self.weights["shared.weight"][tokens]

    def attention(self, i, h, note):
        x, block, heads = self.norm(f"block.{i}.layer.0.layer_norm", h), f"block.{i}.layer.0.SelfAttention.", self.config["num_heads"]
        q, k, v = (self.linear(block + part, x) for part in "qkv")
        note("ln1.normalized", x), note("attn.q", q), note("attn.k", k), note("attn.v", v)
        q, k, v = (split_heads(part, heads) for part in (q, k, v))
        table = self.raw("block.0.layer.0.SelfAttention.relative_attention_bias.weight")
        bias = relative_bias(table, len(h), self.config["relative_attention_num_buckets"], self.config.get("relative_attention_max_distance", 128))
        scores, pattern, z = attend_all(q, k, v, 1.0, bias)
        note_attention(note, scores, pattern, z)
        out = self.linear(block + "o", z)
        note("attn_out", out)
        return out

    def mlp(self, i, h, note):
        x, block = self.norm(f"block.{i}.layer.1.layer_norm", h), f"block.{i}.layer.1.DenseReluDense."
        note("ln2.normalized", x)
        if self.gated(self.config):
            pre, linear = self.linear(block + "wi_0", x), self.linear(block + "wi_1", x)
            note("mlp.pre_linear", linear)
            post = self.activation()(pre) * linear
        else:
            pre = self.linear(block + "wi", x)
            post = self.activation()(pre)
        out = self.linear(block + "wo", post)
        note("mlp.pre", pre), note("mlp.post", post), note("mlp_out", out)
        return out

    def final_norm(self, h):
        return self.norm("final_layer_norm", h)


FAMILIES = {"bert": Bert, "roberta": Roberta, "xlm-roberta": Roberta, "camembert": Roberta, "distilbert": DistilBert, "albert": Albert, "electra": Electra,
            "mpnet": MpNet, "deberta-v2": DebertaV2, "modernbert": ModernBert, "t5": T5, "mt5": T5}
