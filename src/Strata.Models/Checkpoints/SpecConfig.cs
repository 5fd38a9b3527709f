using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>Configurations of networks that were made from a spec alone. Whoever writes one reads it back and compares: what a family's keys cannot say is noticed there.</summary>
internal static class SpecConfig
{
    /// <summary>The families whose configuration is written, with what distinguishes theirs from Llama's, where something does.</summary>
    private static readonly Dictionary<string, (string Architecture, Action<JsonObject, ModelSpec>? Change)> Families = new(StringComparer.Ordinal)
    {
        ["gpt2"] = ("GPT2LMHeadModel", null),
        ["llama"] = ("LlamaForCausalLM", (config, spec) => config["mlp_bias"] = spec.MlpBias),
        ["mistral"] = ("MistralForCausalLM", (config, spec) => config["sliding_window"] = Window(spec)),
        ["mixtral"] = ("MixtralForCausalLM", (config, spec) =>
        {
            config["sliding_window"] = Window(spec);
            Experts(config, spec, "num_local_experts");
        }
        ),
        ["qwen2"] = ("Qwen2ForCausalLM", Windows),
        ["qwen3"] = ("Qwen3ForCausalLM", Windows),
        ["qwen2_moe"] = ("Qwen2MoeForCausalLM", SparseBlocks),
        ["qwen3_moe"] = ("Qwen3MoeForCausalLM", SparseBlocks),
        ["gemma"] = ("GemmaForCausalLM", (config, _) => config["hidden_act"] = "gelu_pytorch_tanh"),
        ["gemma2"] = ("Gemma2ForCausalLM", (config, spec) =>
        {
            config.Remove("hidden_act");
            config["hidden_activation"] = "gelu_pytorch_tanh";
            config["query_pre_attn_scalar"] = Math.Round(1 / Math.Pow(spec.AttentionScale ?? 1, 2));
            config["attn_logit_softcapping"] = spec.AttentionSoftCap;
            config["final_logit_softcapping"] = spec.LogitSoftCap;
            Windows(config, spec);
        }
        ),
        ["phi3"] = ("Phi3ForCausalLM", (config, spec) =>
        {
            config["original_max_position_embeddings"] = spec.MaxPositions;
            config["sliding_window"] = Window(spec);
        }
        ),
        ["olmo2"] = ("Olmo2ForCausalLM", null),
        ["olmoe"] = ("OlmoeForCausalLM", (config, spec) =>
        {
            config["clip_qkv"] = spec.QueryKeyValueLimit;
            Experts(config, spec, "num_experts");
        }
        ),
    };

    /// <summary>The families, for messages.</summary>
    public static IEnumerable<string> Known => Families.Keys;

    /// <summary>The configuration of a spec; null for a family whose configuration is not written.</summary>
    public static JsonObject? Of(ModelSpec spec)
    {
        if (!Families.TryGetValue(spec.Family, out (string Architecture, Action<JsonObject, ModelSpec>? Change) family)) return null;
        JsonObject config = spec.Family == "gpt2" ? Gpt2(spec) : Llama(spec);
        family.Change?.Invoke(config, spec);
        config["architectures"] = new JsonArray(family.Architecture);
        config["model_type"] = spec.Family;
        config["tie_word_embeddings"] = spec.TiedUnembedding;
        config["initializer_range"] = spec.InitializerRange;
        config["torch_dtype"] = "float32";
        if (spec.BosId is int bos) config["bos_token_id"] = bos;
        if (spec.EosIds.Count > 0) config["eos_token_id"] = spec.EosIds.Count == 1 ? spec.EosIds[0] : new JsonArray([.. spec.EosIds.Select(id => (JsonNode)id)]);
        return config;
    }

    private static JsonObject Gpt2(ModelSpec spec) => new()
    {
        ["n_layer"] = spec.Blocks,
        ["n_embd"] = spec.Width,
        ["n_head"] = spec.Heads,
        ["n_inner"] = spec.MlpWidth,
        ["n_positions"] = spec.MaxPositions,
        ["vocab_size"] = spec.Vocabulary,
        ["layer_norm_epsilon"] = spec.NormEpsilon,
        ["activation_function"] = spec.Activation == Strata.Tensors.Activation.GeluErf ? "gelu" : "gelu_new",
        ["scale_attn_by_inverse_layer_idx"] = spec.ScaleAttentionByInverseBlock,
        ["scale_attn_weights"] = spec.AttentionScale is null,
    };

    private static JsonObject Llama(ModelSpec spec) => new()
    {
        ["num_hidden_layers"] = spec.Blocks,
        ["hidden_size"] = spec.Width,
        ["num_attention_heads"] = spec.Heads,
        ["num_key_value_heads"] = spec.KeyValueHeads,
        ["head_dim"] = spec.HeadWidth,
        ["intermediate_size"] = spec.MlpWidth,
        ["vocab_size"] = spec.Vocabulary,
        ["max_position_embeddings"] = spec.MaxPositions,
        ["rms_norm_eps"] = spec.NormEpsilon,
        ["rope_theta"] = spec.Rotary?.Theta,
        ["hidden_act"] = "silu",
        ["attention_bias"] = spec.AttentionBias,
    };

    private static int? Window(ModelSpec spec) => spec.Block(0).Window;

    /// <summary>Windows of single blocks.</summary>
    private static void Windows(JsonObject config, ModelSpec spec)
    {
        int? window = Enumerable.Range(0, spec.Blocks).Select(i => spec.Block(i).Window).FirstOrDefault(window => window is not null);
        config["use_sliding_window"] = window is not null;
        if (window is null) return;
        config["sliding_window"] = window;
        config["layer_types"] = new JsonArray([.. Enumerable.Range(0, spec.Blocks).Select(i => (JsonNode)(spec.Block(i).Window is null ? "full_attention" : "sliding_attention"))]);
    }

    private static void Experts(JsonObject config, ModelSpec spec, string countKey)
    {
        ExpertSpec? experts = Enumerable.Range(0, spec.Blocks).Select(i => spec.Block(i).Experts).FirstOrDefault(experts => experts is not null);
        if (experts is null) return;
        config[countKey] = experts.Count;
        config["num_experts_per_tok"] = experts.PerToken;
        config["norm_topk_prob"] = experts.NormaliseWeights;
        if (experts.SharedWidth is int width) config["shared_expert_intermediate_size"] = width;
    }

    /// <summary>Qwen's experts, which some blocks lack.</summary>
    private static void SparseBlocks(JsonObject config, ModelSpec spec)
    {
        Experts(config, spec, "num_experts");
        config["qkv_bias"] = spec.AttentionBias;
        int[] blocks = [.. Enumerable.Range(0, spec.Blocks)];
        config["mlp_only_layers"] = new JsonArray([.. blocks.Where(i => spec.Block(i).Experts is null).Select(i => (JsonNode)i)]);
        if (blocks.Any(i => spec.Block(i).Experts is not null)) config["moe_intermediate_size"] = spec.Block(blocks.First(i => spec.Block(i).Experts is not null)).MlpWidth;
        if (Window(spec) is int window) (config["use_sliding_window"], config["sliding_window"]) = (true, window);
    }
}
