"""Variants of the decoder families beyond GPT-2 and Llama: the family's own keys, and one variant per switch that its code knows.

Variant -> (changes of the config, where None removes a key; changes of how the files are written).
"""

import torch

BF16 = ({"torch_dtype": "bfloat16"}, {"dtype": torch.bfloat16})
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
LLAMA_KEYS = {"hidden_act": "silu", "num_hidden_layers": 4, "hidden_size": 40, "intermediate_size": 72, "num_attention_heads": 6,
              "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 97, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
              "rope_theta": 10000.0, "tie_word_embeddings": False}
# For families whose heads are as wide together as the stream.
EVEN_KEYS = {**LLAMA_KEYS, "hidden_size": 48, "head_dim": None, "num_attention_heads": 4}


def llama_like(model_type, architecture, changes, variants, keys=LLAMA_KEYS):
    base = {"model_type": model_type, "architectures": [architecture], **keys, **changes}
    return {key: value for key, value in base.items() if value is not None}, {"base": ({}, {}), **variants}


NEOX = {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_act": "gelu", "num_hidden_layers": 4, "hidden_size": 48,
        "intermediate_size": 100, "num_attention_heads": 3, "vocab_size": 97, "max_position_embeddings": 64, "layer_norm_eps": 1e-5,
        "rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": True, "tie_word_embeddings": False}
GPTJ = {"model_type": "gptj", "architectures": ["GPTJForCausalLM"], "activation_function": "gelu_new", "n_layer": 4, "n_embd": 48, "n_head": 4,
        "n_positions": 64, "rotary_dim": 8, "vocab_size": 97, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": False}
NEO = {"model_type": "gpt_neo", "architectures": ["GPTNeoForCausalLM"], "activation_function": "gelu_new", "num_layers": 4, "hidden_size": 48,
       "num_heads": 4, "attention_types": [[["global", "local"], 2]], "window_size": 5, "vocab_size": 97, "max_position_embeddings": 64,
       "layer_norm_epsilon": 1e-5}
OPT = {"model_type": "opt", "architectures": ["OPTForCausalLM"], "activation_function": "relu", "num_hidden_layers": 4, "hidden_size": 48,
       "ffn_dim": 100, "num_attention_heads": 4, "vocab_size": 97, "max_position_embeddings": 64, "do_layer_norm_before": True,
       "word_embed_proj_dim": 48}
BLOOM = {"model_type": "bloom", "architectures": ["BloomForCausalLM"], "n_layer": 4, "hidden_size": 48, "n_head": 4, "vocab_size": 97,
         "layer_norm_epsilon": 1e-5, "seq_length": 64, "apply_residual_connection_post_layernorm": False}
FALCON = {"model_type": "falcon", "architectures": ["FalconForCausalLM"], "num_hidden_layers": 4, "hidden_size": 48, "num_attention_heads": 6,
          "vocab_size": 97, "layer_norm_epsilon": 1e-5, "multi_query": True, "parallel_attn": True, "new_decoder_architecture": False,
          "alibi": False, "bias": False}
GEMMA3 = {"hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 20, "sliding_window": 6, "rope_local_base_freq": 300.0,
          "sliding_window_pattern": 3, "hidden_act": None, "rope_theta": 1000000.0, "tie_word_embeddings": None}
MAMBA = {"model_type": "mamba", "architectures": ["MambaForCausalLM"], "hidden_size": 48, "num_hidden_layers": 4, "state_size": 16, "vocab_size": 97,
         "layer_norm_epsilon": 1e-5, "expand": 2, "intermediate_size": 96, "conv_kernel": 4, "use_bias": False, "use_conv_bias": True, "hidden_act": "silu",
         "time_step_rank": "auto", "residual_in_fp32": True}
MAMBA2 = {"model_type": "mamba2", "architectures": ["Mamba2ForCausalLM"], "hidden_size": 48, "num_hidden_layers": 4, "state_size": 20, "num_heads": 6, "head_dim": 16,
          "n_groups": 2, "vocab_size": 97, "layer_norm_epsilon": 1e-5, "expand": 2, "conv_kernel": 4, "chunk_size": 256, "rms_norm": True, "use_bias": False,
          "use_conv_bias": True, "hidden_act": "silu", "time_step_limit": [0.0, float("inf")], "tie_word_embeddings": False}
JAMBA = {"model_type": "jamba", "architectures": ["JambaForCausalLM"], "hidden_size": 48, "intermediate_size": 40, "num_hidden_layers": 5, "num_attention_heads": 4,
         "num_key_value_heads": 2, "attn_layer_period": 3, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1, "num_experts": 4,
         "num_experts_per_tok": 2, "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_dt_rank": 5, "mamba_conv_bias": True, "mamba_proj_bias": False,
         "hidden_act": "silu", "rms_norm_eps": 1e-6, "vocab_size": 97, "max_position_embeddings": 256, "sliding_window": None, "tie_word_embeddings": False}
MAKERS = {"d_model": 48, "n_layer": 4, "vocab_size": 97, "ssm_cfg": {}, "rms_norm": True, "residual_in_fp32": True, "fused_add_norm": True, "pad_vocab_size_multiple": 8}
NEMOTRON = {"model_type": "nemotron_h", "architectures": ["NemotronHForCausalLM"], "hybrid_override_pattern": "M-*M-", "num_hidden_layers": 5, "hidden_size": 48,
            "intermediate_size": 40, "num_attention_heads": 4, "num_key_value_heads": 2, "attention_head_dim": 14, "mamba_num_heads": 6, "mamba_head_dim": 10, "n_groups": 2,
            "ssm_state_size": 20, "conv_kernel": 4, "expand": 2, "chunk_size": 128, "mamba_hidden_act": "silu", "mlp_hidden_act": "relu2", "layer_norm_epsilon": 1e-5,
            "rms_norm_eps": 1e-5, "use_bias": False, "use_conv_bias": True, "mlp_bias": False, "attention_bias": False, "sliding_window": None, "vocab_size": 97,
            "max_position_embeddings": 128, "rescale_prenorm_residual": True, "tie_word_embeddings": False}
EXPERTS = {"num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
SHORT, LONG = [1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0, 2.5], [1.0, 1.2, 1.6, 2.5, 4.0, 8.0, 12.0, 16.0]
LONGROPE = {"type": "longrope", "short_factor": SHORT, "long_factor": LONG}

VARIANTS = {
    "gpt_neox": (NEOX, {
        "base": ({}, {}),
        "sequential": ({"use_parallel_residual": False}, {}),
        "tied": ({"tie_word_embeddings": True}, {}),
        "whole-heads": ({"rotary_pct": 1.0}, {}),
        "defaults": ({"rotary_pct": None, "rotary_emb_base": None, "use_parallel_residual": None, "layer_norm_eps": None}, {}),
        "no-attention-bias": ({"attention_bias": False}, {}),
        "rope-linear": ({"rope_scaling": {"type": "linear", "factor": 2.0}, "rotary_pct": 0.5}, {}),
        "rope-dynamic": ({"rope_scaling": {"type": "dynamic", "factor": 2.0}, "rotary_pct": 0.5, "max_position_embeddings": 32}, {}),
        "rope-parameters": ({"rotary_pct": None, "rotary_emb_base": None,
                             "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.5}}, {}),
        "buffers": ({}, {"buffers": {"gpt_neox.layers.0.attention.bias": (1, 1, 64, 64), "gpt_neox.layers.0.attention.masked_bias": (),
                                     "gpt_neox.layers.0.attention.rotary_emb.inv_freq": (2,)}}),
        "bf16": BF16,
    }),
    "gptj": (GPTJ, {"base": ({}, {}), "whole-heads": ({"rotary_dim": 12, "n_inner": 70}, {}), "bf16": BF16}),
    "gpt_neo": (NEO, {"base": ({}, {}), "local": ({"attention_types": [[["global"], 1], [["local"], 3]], "intermediate_size": 70}, {}),
                      "untied": ({"tie_word_embeddings": False}, {})}),
    "opt": (OPT, {
        "base": ({}, {}),
        "norms-behind": ({"do_layer_norm_before": False}, {}),
        "projected": ({"do_layer_norm_before": False, "word_embed_proj_dim": 20}, {}),
        "no-final-norm": ({"_remove_final_layer_norm": True}, {}),
        "no-bias-no-gain": ({"enable_bias": False, "layer_norm_elementwise_affine": False, "tie_word_embeddings": False}, {}),
    }),
    "bloom": (BLOOM, {"base": ({}, {}), "six-heads": ({"n_head": 6}, {}), "bf16": BF16}),
    "falcon": (FALCON, {
        "base": ({}, {}),
        "bias": ({"bias": True, "ffn_hidden_size": 100, "tie_word_embeddings": False}, {}),
        "grouped": ({"new_decoder_architecture": True, "num_kv_heads": 2}, {}),
        "grouped-one-norm": ({"new_decoder_architecture": True, "num_kv_heads": 3, "num_ln_in_parallel_attn": 1}, {}),
        "alibi": ({"alibi": True, "parallel_attn": False, "multi_query": False, "bias": True}, {}),
        "sequential": ({"parallel_attn": False}, {}),
    }),
    "mistral": llama_like("mistral", "MistralForCausalLM", {"sliding_window": 8}, {
        "no-window": ({"sliding_window": None}, {"keep_none": ["sliding_window"]}),
        "defaults": ({"head_dim": None, "num_attention_heads": 4, "hidden_size": 48, "num_key_value_heads": 4, "rope_theta": None, "rms_norm_eps": 1e-6}, {}),
        "bf16": BF16,
    }),
    "qwen2": llama_like("qwen2", "Qwen2ForCausalLM", {"use_sliding_window": False, "sliding_window": 7, "max_window_layers": 2}, {
        "tied": ({"tie_word_embeddings": True}, {}),
        "windows": ({"use_sliding_window": True}, {}),
        "layer-types": ({"use_sliding_window": True, "layer_types": ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]}, {}),
        "yarn": ({"rope_scaling": YARN}, {}),
        "yarn-options": ({"rope_scaling": {**YARN, "type": "yarn", "beta_fast": 8.0, "beta_slow": 0.5, "attention_factor": 1.3, "truncate": False}}, {}),
        "yarn-mscale": ({"rope_scaling": {**YARN, "mscale": 1.0, "mscale_all_dim": 0.5}}, {}),
        "dynamic": ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}, "max_position_embeddings": 32}, {}),
        "bf16": BF16,
    }, EVEN_KEYS),
    "qwen3": llama_like("qwen3", "Qwen3ForCausalLM", {"attention_bias": False}, {
        "bias-tied": ({"attention_bias": True, "tie_word_embeddings": True}, {}),
        "windows": ({"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}, {}),
    }),
    "gemma": llama_like("gemma", "GemmaForCausalLM", {"hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": None}, {
        "old-activation": ({"hidden_act": "gelu", "num_key_value_heads": 1}, {}),
        "untied": ({"tie_word_embeddings": False, "attention_bias": True}, {}),
    }),
    "gemma2": llama_like("gemma2", "Gemma2ForCausalLM", {
        "hidden_act": None, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 6, "query_pre_attn_scalar": 20,
        "attn_logit_softcapping": 3.0, "final_logit_softcapping": 5.0, "tie_word_embeddings": None}, {
        "defaults": ({"query_pre_attn_scalar": None, "attn_logit_softcapping": None, "final_logit_softcapping": None, "hidden_activation": None}, {}),
        "no-caps": ({"attn_logit_softcapping": None, "final_logit_softcapping": None}, {"keep_none": ["attn_logit_softcapping", "final_logit_softcapping"]}),
        "bf16": BF16,
    }),
    "gemma3_text": llama_like("gemma3_text", "Gemma3ForCausalLM", GEMMA3, {
        "layer-types": ({"layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"], "final_logit_softcapping": 4.0}, {}),
        "rope-linear": ({"rope_scaling": {"rope_type": "linear", "factor": 8.0}}, {}),
        "rope-parameters": ({"rope_theta": None, "rope_local_base_freq": None, "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 50000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 200.0}}}, {}),
    }),
    "gemma3": ({"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"],
                "text_config": {key: value for key, value in {**LLAMA_KEYS, **GEMMA3, "model_type": "gemma3_text"}.items() if value is not None},
                "vision_config": {"hidden_size": 3}}, {"base": ({}, {})}),
    "phi": llama_like("phi", "PhiForCausalLM", {"hidden_act": "gelu_new", "layer_norm_eps": 1e-5, "rms_norm_eps": None, "partial_rotary_factor": 0.5,
                                                 "num_key_value_heads": None}, {
        "normalised-heads": ({"qk_layernorm": True, "num_key_value_heads": 2, "partial_rotary_factor": None}, {}),
    }, EVEN_KEYS),
    "phi3": llama_like("phi3", "Phi3ForCausalLM", {"hidden_size": 64, "original_max_position_embeddings": 128}, {
        "window": ({"sliding_window": 9}, {}),
        "longrope": ({"original_max_position_embeddings": 32, "rope_scaling": LONGROPE}, {}),
        "longrope-partial": ({"original_max_position_embeddings": 32, "hidden_size": 80, "partial_rotary_factor": 0.8, "tie_word_embeddings": True,
                              "rope_scaling": {**LONGROPE, "attention_factor": 1.1}}, {}),
    }, EVEN_KEYS),
    "olmo": llama_like("olmo", "OlmoForCausalLM", {"rms_norm_eps": None}, {
        "clipped": ({"clip_qkv": 0.7, "attention_bias": True, "tie_word_embeddings": True}, {}),
    }, EVEN_KEYS),
    "olmo2": llama_like("olmo2", "Olmo2ForCausalLM", {}, {"bias-tied": ({"attention_bias": True, "tie_word_embeddings": True}, {})}, EVEN_KEYS),
    "stablelm": llama_like("stablelm", "StableLmForCausalLM", {"layer_norm_eps": 1e-5, "rms_norm_eps": None, "partial_rotary_factor": 0.5}, {
        "parallel": ({"use_parallel_residual": True, "use_qkv_bias": True}, {}),
        "normalised-heads": ({"qk_layernorm": True, "use_parallel_residual": True}, {}),
        "bias": ({"use_qkv_bias": True, "hidden_size": 64, "partial_rotary_factor": None}, {}),
    }, EVEN_KEYS),
    "smollm3": llama_like("smollm3", "SmolLM3ForCausalLM", {"tie_word_embeddings": None}, {
        "layers": ({"no_rope_layers": [1, 0, 0, 1], "attention_bias": True, "mlp_bias": True, "rope_theta": None, "tie_word_embeddings": False}, {}),
        "windows": ({"no_rope_layer_interval": 2, "use_sliding_window": True, "sliding_window": 6}, {}),
    }, EVEN_KEYS),
    "granite": llama_like("granite", "GraniteForCausalLM", {"embedding_multiplier": 6.0, "attention_multiplier": 0.4, "residual_multiplier": 0.3,
                                                            "logits_scaling": 5.0}, {
        "bias-tied": ({"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True}, {}),
    }, EVEN_KEYS),
    "mixtral": llama_like("mixtral", "MixtralForCausalLM", {"num_local_experts": 4, "num_experts_per_tok": 2, "intermediate_size": 24}, {
        "window": ({"sliding_window": 8, "num_experts_per_tok": 1}, {}),
    }, EVEN_KEYS),
    "qwen2_moe": llama_like("qwen2_moe", "Qwen2MoeForCausalLM", {**EXPERTS, "shared_expert_intermediate_size": 40}, {
        "sparse-step": ({"decoder_sparse_step": 2, "norm_topk_prob": True, "qkv_bias": False}, {}),
        "dense-layers": ({"mlp_only_layers": [0, 2], "num_experts_per_tok": 5}, {}),
    }, EVEN_KEYS),
    "qwen3_moe": llama_like("qwen3_moe", "Qwen3MoeForCausalLM", {**EXPERTS, "norm_topk_prob": True}, {
        "plain-weights": ({"norm_topk_prob": False, "mlp_only_layers": [1], "use_sliding_window": True, "sliding_window": 9}, {}),
    }),
    "mamba": (MAMBA, {
        "base": ({}, {}),
        "defaults": ({"state_size": None, "layer_norm_epsilon": None, "expand": None, "intermediate_size": None, "conv_kernel": None, "use_bias": None, "use_conv_bias": None,
                      "hidden_act": None, "time_step_rank": None}, {}),
        "switches": ({"state_size": 5, "intermediate_size": 60, "conv_kernel": 3, "use_bias": True, "use_conv_bias": False, "hidden_act": "gelu", "time_step_rank": 7,
                      "tie_word_embeddings": False, "num_hidden_layers": 5}, {}),
        "old-names": ({}, {"rename": {"embeddings": "embedding"}}),
        "bf16": BF16,
    }),
    "mamba2": (MAMBA2, {
        "base": ({}, {}),
        "defaults": ({"num_heads": 8, "head_dim": 12, "n_groups": None, "layer_norm_epsilon": None, "expand": None,
                      "conv_kernel": None, "use_bias": None, "use_conv_bias": None, "hidden_act": None, "time_step_limit": None, "tie_word_embeddings": None}, {}),
        "switches": ({"n_groups": 1, "num_heads": 4, "head_dim": 18, "expand": 1.5, "use_bias": True, "use_conv_bias": False, "hidden_act": "gelu", "time_step_limit": [0.1, 0.6],
                      "tie_word_embeddings": True, "conv_kernel": 2}, {}),
        "bf16": BF16,
    }),
    "jamba": (JAMBA, {
        "base": ({}, {"keep_none": ["sliding_window"]}),
        "defaults": ({"num_attention_heads": 8, "num_key_value_heads": None, "attn_layer_period": None, "attn_layer_offset": None, "expert_layer_period": None,
                      "expert_layer_offset": None, "num_experts_per_tok": None, "mamba_d_state": None, "mamba_d_conv": None, "mamba_expand": None, "mamba_dt_rank": None,
                      "mamba_conv_bias": None, "mamba_proj_bias": None, "hidden_act": None, "rms_norm_eps": None, "tie_word_embeddings": None}, {}),
        "switches": ({"num_experts": 1, "mamba_conv_bias": False, "mamba_proj_bias": True, "mamba_dt_rank": "auto", "mamba_d_state": 7, "mamba_d_conv": 3, "mamba_expand": 1,
                      "attn_layer_period": 2, "attn_layer_offset": 0, "tie_word_embeddings": True, "num_key_value_heads": None}, {"keep_none": ["num_key_value_heads"]}),
        "bf16": BF16,
    }),
    "mamba_ssm": (MAKERS, {
        "base": ({}, {}),
        "options": ({"ssm_cfg": {"d_state": 6, "d_conv": 3, "expand": 1, "dt_rank": 4, "bias": True, "conv_bias": False}, "rms_norm": False, "tie_embeddings": False}, {}),
        "second": ({"ssm_cfg": {"layer": "Mamba2", "d_state": 24, "headdim": 12}, "attn_layer_idx": [], "attn_cfg": {}, "d_intermediate": 0, "pad_vocab_size_multiple": 16}, {}),
        "second-groups": ({"ssm_cfg": {"layer": "Mamba2", "d_state": 16, "headdim": 8, "ngroups": 2, "dt_limit": [0.02, 1.0]}, "tie_embeddings": True}, {}),
    }),
    "nemotron_h": (NEMOTRON, {
        "base": ({}, {"keep_none": ["sliding_window"]}),
        "block-types": ({"hybrid_override_pattern": None, "layers_block_type": ["mamba", "attention", "mlp", "full_attention", "linear_attention"], "n_groups": 3, "head_dim": 12,
                         "attention_head_dim": None, "use_bias": True, "mlp_bias": True, "attention_bias": True, "use_conv_bias": False, "mlp_hidden_act": "silu",
                         "time_step_limit": [0.05, 1.5], "rescale_prenorm_residual": False}, {}),
        "defaults": ({"hybrid_override_pattern": "*M-M*", "mamba_num_heads": 16, "n_groups": None, "num_attention_heads": 8, "num_key_value_heads": None, "conv_kernel": None,
                      "mamba_hidden_act": None, "mlp_hidden_act": None, "layer_norm_epsilon": None, "use_bias": None, "use_conv_bias": None, "mlp_bias": None,
                      "attention_bias": None, "rescale_prenorm_residual": None, "tie_word_embeddings": None}, {}),
        "bf16": BF16,
    }),
    "olmoe": llama_like("olmoe", "OlmoeForCausalLM", {"num_experts": 5, "num_experts_per_tok": 3, "intermediate_size": 24}, {
        "clipped": ({"clip_qkv": 0.9, "norm_topk_prob": True}, {}),
    }, EVEN_KEYS),
}
