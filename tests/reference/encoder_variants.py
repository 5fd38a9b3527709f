"""Variants of the encoder families: the family's own keys, and one variant per switch that its code knows."""

import torch

BERT = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_act": "gelu", "num_hidden_layers": 4, "hidden_size": 48, "intermediate_size": 100,
        "num_attention_heads": 4, "vocab_size": 97, "max_position_embeddings": 64, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0}
ROBERTA = {**BERT, "model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "max_position_embeddings": 66, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
           "pad_token_id": 1}
DISTILBERT = {"model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"], "activation": "gelu", "n_layers": 4, "dim": 48, "hidden_dim": 100, "n_heads": 4,
              "vocab_size": 97, "max_position_embeddings": 64}
ALBERT = {**BERT, "model_type": "albert", "architectures": ["AlbertForMaskedLM"], "hidden_act": "gelu_new", "embedding_size": 20, "num_hidden_groups": 1,
          "inner_group_num": 1}
ELECTRA = {**BERT, "model_type": "electra", "architectures": ["ElectraForMaskedLM"], "embedding_size": 20}
MPNET = {**ROBERTA, "model_type": "mpnet", "architectures": ["MPNetForMaskedLM"], "relative_attention_num_buckets": 32, "type_vocab_size": None}
DEBERTA = {**BERT, "model_type": "deberta-v2", "architectures": ["DebertaV2ForMaskedLM"], "layer_norm_eps": 1e-7, "type_vocab_size": 0, "relative_attention": True,
           "position_biased_input": False, "max_relative_positions": -1, "position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True,
           "pos_att_type": ["p2c", "c2p"]}
MODERNBERT = {"model_type": "modernbert", "architectures": ["ModernBertForMaskedLM"], "hidden_activation": "gelu", "num_hidden_layers": 4, "hidden_size": 48,
              "intermediate_size": 60, "num_attention_heads": 4, "vocab_size": 97, "max_position_embeddings": 128, "norm_eps": 1e-5, "norm_bias": False,
              "attention_bias": False, "mlp_bias": False, "classifier_bias": False, "classifier_activation": "gelu", "decoder_bias": True,
              "global_attn_every_n_layers": 3, "local_attention": 10, "global_rope_theta": 160000.0, "local_rope_theta": 300.0}
T5 = {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "num_layers": 4, "d_model": 40, "d_kv": 12, "d_ff": 90, "num_heads": 6, "vocab_size": 97,
      "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu"}


def named(base, variants):
    return {key: value for key, value in base.items() if value is not None}, {"base": ({}, {}), **variants}


LABELS = {"0": "negative", "1": "neutral", "2": "positive"}
VARIANTS = {
    "bert": named(BERT, {
        "no-head": ({"architectures": ["BertModel"], "hidden_act": "relu"}, {}),
        "classifier": ({"architectures": ["BertForSequenceClassification"], "id2label": LABELS}, {}),
        "untied": ({"tie_word_embeddings": False, "hidden_act": "gelu_new", "layer_norm_eps": 0.05}, {}),
        "bf16": ({"torch_dtype": "bfloat16"}, {"dtype": torch.bfloat16}),
        "oldest-names": ({}, {"oldest": True}),
    }),
    "roberta": named(ROBERTA, {"padding": ({"pad_token_id": 5, "max_position_embeddings": 80, "type_vocab_size": 2, "hidden_act": "relu"}, {}),
                              "classifier": ({"architectures": ["RobertaForSequenceClassification"], "num_labels": 5}, {}),
                              "no-head": ({"architectures": ["RobertaModel"]}, {})}),
    "xlm-roberta": named({**ROBERTA, "model_type": "xlm-roberta", "architectures": ["XLMRobertaForMaskedLM"]}, {}),
    "camembert": named({**ROBERTA, "model_type": "camembert", "architectures": ["CamembertForMaskedLM"]}, {}),
    "distilbert": named(DISTILBERT, {"no-head": ({"architectures": ["DistilBertModel"], "activation": "relu"}, {}),
                                    "classifier": ({"architectures": ["DistilBertForSequenceClassification"], "id2label": LABELS}, {})}),
    "albert": named(ALBERT, {"groups": ({"num_hidden_groups": 2, "hidden_act": "gelu"}, {}), "no-head": ({"architectures": ["AlbertModel"], "embedding_size": 48}, {}),
                            "classifier": ({"architectures": ["AlbertForSequenceClassification"]}, {})}),
    "electra": named(ELECTRA, {"no-head": ({"architectures": ["ElectraForPreTraining"], "embedding_size": 48}, {}),
                              "classifier": ({"architectures": ["ElectraForSequenceClassification"], "id2label": LABELS}, {})}),
    "mpnet": named(MPNET, {"no-head": ({"architectures": ["MPNetModel"]}, {})}),
    "deberta-v2": named(DEBERTA, {
        "own-maps": ({"share_att_key": False, "norm_rel_ebd": "none", "max_relative_positions": 40, "legacy": False}, {}),
        "every-distance": ({"position_buckets": -1, "max_relative_positions": 12, "pos_att_type": ["c2p"], "position_biased_input": True, "type_vocab_size": 2}, {}),
        "classifier": ({"architectures": ["DebertaV2ForSequenceClassification"], "id2label": LABELS, "pooler_hidden_act": "gelu"}, {}),
        "plain": ({"relative_attention": False, "position_biased_input": True, "pos_att_type": None, "architectures": ["DebertaV2Model"]}, {}),
    }),
    "modernbert": named(MODERNBERT, {
        "biases": ({"attention_bias": True, "mlp_bias": True, "norm_bias": True, "classifier_bias": True, "classifier_activation": "relu", "tie_word_embeddings": False}, {}),
        "layer-types": ({"layer_types": ["full_attention", "sliding_attention", "full_attention", "sliding_attention"], "global_attn_every_n_layers": 2, "local_rope_theta": None,
                         "global_rope_theta": None, "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                                                                        "sliding_attention": {"rope_type": "default", "rope_theta": 70.0}}}, {}),
        "no-head": ({"architectures": ["ModernBertModel"]}, {}),
    }),
    "t5": named(T5, {"gated": ({"feed_forward_proj": "gated-gelu", "relative_attention_num_buckets": 32, "relative_attention_max_distance": None}, {}),
                     "gated-silu": ({"feed_forward_proj": "gated-silu"}, {})}),
    "mt5": named({**T5, "model_type": "mt5", "architectures": ["MT5ForConditionalGeneration"], "feed_forward_proj": "gated-gelu"}, {}),
}
