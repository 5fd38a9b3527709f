"""Variants of the encoder families: the family's own keys, and one variant per switch that its code knows."""

BERT = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_act": "gelu", "num_hidden_layers": 4, "hidden_size": 48, "intermediate_size": 100,
        "num_attention_heads": 4, "vocab_size": 97, "max_position_embeddings": 64, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0}

VARIANTS = {
    "bert": (BERT, {
        "base": ({}, {}),
        "no-head": ({"architectures": ["BertModel"], "hidden_act": "relu"}, {}),
        "untied": ({"tie_word_embeddings": False, "hidden_act": "gelu_new", "layer_norm_eps": 0.05}, {}),
    }),
}
