using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>What is known of the tensors of a GGUF file when its configuration is made.</summary>
internal interface IGgufTensors
{
    /// <summary>Is there a tensor of this name, in the family's words?</summary>
    bool Has(string name);

    /// <summary>The numbers of a short vector that is no weight; null where there is none. The name is the file's.</summary>
    float[]? Vector(string name);
}

/// <summary>
/// What GGUF says of a network, in the words of its Hugging Face family: its metadata as a <c>config.json</c>, its tensors under the family's names. So the same readers
/// serve both, and a saved network is one of the family.
/// </summary>
/// <remarks>Source: llama.cpp's convert_hf_to_gguf.py (which key becomes which), and src/llama-model.cpp for what no key says.</remarks>
internal sealed class GgufLayout
{
    private readonly GgufMetadata _metadata;
    private readonly string _path;
    private readonly GgufArchitecture _names;

    /// <summary>Finds the architecture.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="tensors">Names of the tensors in the file.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidFileException">It is not one that is read.</exception>
    public GgufLayout(GgufMetadata metadata, IReadOnlyCollection<string> tensors, string path)
    {
        _metadata = metadata;
        _path = path;
        string? name = metadata.Text("general.architecture");
        GgufArchitecture names = GgufArchitecture.Of(name) ?? throw new InvalidFileException(path,
            $"holds a network of the architecture {Excerpt.Quote(name ?? "(none)")}; of GGUF files, {string.Join(", ", GgufArchitecture.Known)} are read. Take the network's safetensors instead.");
        Architecture = name!;
        Experts = metadata.Int($"{Architecture}.expert_count") ?? 0;
        _names = Architecture == "llama" && Experts > 0 ? names.AsMixtral() : Architecture == "falcon" && tensors.Contains("blk.0.attn_norm_2.weight") ? names.WithTwoParallelNorms() : names;
    }

    /// <summary>The architecture's name in GGUF.</summary>
    public string Architecture { get; }

    /// <summary>Experts of a block; 0 for none.</summary>
    public int Experts { get; }

    /// <summary>Query heads.</summary>
    public int Heads => Required("attention.head_count") is > 0 and int heads ? heads : throw new InvalidFileException(_path, "has a network without heads.");

    /// <summary>Key and value heads.</summary>
    public int KeyValueHeads => _metadata.Int($"{Architecture}.attention.head_count_kv") ?? Heads;

    /// <summary>A tensor's name in the family, and what was done to it; tensors that the family does not know keep their name.</summary>
    public (string Name, GgufChange Change) Name(string tensor)
    {
        string[] parts = tensor.Split('.');
        string kind = parts.Length > 1 ? "." + parts[^1] : "";
        if (parts is [string stem, _]) return _names.Outside.TryGetValue(stem, out string? outside) ? (outside + kind, _names.Change(stem, kind)) : (tensor, GgufChange.None);
        if (parts is not ["blk", string block, string inner, .. string[] rest]) return (tensor, GgufChange.None);
        string prefix = $"{_names.Blocks}.{block}.";
        if (rest.Length == 1) return _names.Inside.TryGetValue(inner, out string? inside) ? (prefix + inside + kind, _names.Change(inner, kind)) : (tensor, GgufChange.None);
        // Older files have a tensor for each expert: blk.0.ffn_up.3.weight.
        return rest.Length == 2 && _names.Inside.TryGetValue(inner + "_exps", out string? each) ? (prefix + each.Replace(GgufArchitecture.Expert, rest[0], StringComparison.Ordinal) + kind, GgufChange.None) : (tensor, GgufChange.None);
    }

    /// <summary>The embedding's name in the family.</summary>
    public string Embedding => _names.Outside["token_embd"] + ".weight";

    /// <summary>The configuration.</summary>
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="tensors">The tensors.</param>
    public JsonObject Config(long vocabulary, IGgufTensors tensors)
    {
        (string family, JsonObject config) = Architecture switch
        {
            "gpt2" => ("gpt2", Gpt2()),
            "falcon" => ("falcon", Falcon(tensors)),
            "llama" when Experts > 0 => ("mixtral", With(Llama(tensors), ("num_local_experts", Experts), ("num_experts_per_tok", Required("expert_used_count")))),
            "llama" => ("llama", With(Llama(tensors), ("attention_bias", tensors.Has("model.layers.0.self_attn.q_proj.bias")))),
            "qwen2moe" => ("qwen2_moe", With(Sparse(tensors, normalise: false), ("shared_expert_intermediate_size", Required("expert_shared_feed_forward_length")))),
            "qwen3moe" => ("qwen3_moe", Sparse(tensors, normalise: true)),
            "olmoe" => ("olmoe", With(Llama(tensors), ("num_experts", Experts), ("num_experts_per_tok", Required("expert_used_count")), ("norm_topk_prob", Normalised(false)), ("clip_qkv", Positive("attention.clamp_kqv")))),
            "gemma2" => ("gemma2", Gemma2(tensors)),
            "gemma3" => ("gemma3_text", Gemma3(tensors)),
            "phi3" => ("phi3", Phi3(tensors)),
            _ => (Architecture, Llama(tensors)),
        };
        config["model_type"] = family;
        config["vocab_size"] = vocabulary;
        config["tie_word_embeddings"] = !tensors.Has("lm_head.weight");
        if (_metadata.Int("tokenizer.ggml.bos_token_id") is int bos) config["bos_token_id"] = bos;
        if (_metadata.Int("tokenizer.ggml.eos_token_id") is int eos) config["eos_token_id"] = eos;
        return config;
    }

    private JsonObject Gpt2() => new()
    {
        ["n_layer"] = Required("block_count"),
        ["n_embd"] = Required("embedding_length"),
        ["n_head"] = Heads,
        ["n_inner"] = Required("feed_forward_length"),
        ["n_positions"] = Required("context_length"),
        ["layer_norm_epsilon"] = Number("attention.layer_norm_epsilon"),
        ["activation_function"] = "gelu_new",
    };

    private JsonObject Falcon(IGgufTensors tensors)
    {
        bool two = tensors.Has("transformer.h.0.ln_attn.weight");
        return new JsonObject
        {
            ["num_hidden_layers"] = Required("block_count"),
            ["hidden_size"] = Required("embedding_length"),
            ["num_attention_heads"] = Heads,
            ["num_kv_heads"] = KeyValueHeads,
            ["ffn_hidden_size"] = Required("feed_forward_length"),
            ["max_position_embeddings"] = Required("context_length"),
            ["layer_norm_epsilon"] = Number("attention.layer_norm_epsilon"),
            ["rope_theta"] = Number("rope.freq_base") ?? 10_000,
            ["new_decoder_architecture"] = two || KeyValueHeads is var keys && keys > 1 && keys < Heads,
            ["num_ln_in_parallel_attn"] = two ? 2 : 1,
            ["multi_query"] = KeyValueHeads == 1,
            ["parallel_attn"] = true,
            ["alibi"] = false,
            ["bias"] = tensors.Has("transformer.h.0.self_attention.query_key_value.bias"),
        };
    }

    private JsonObject Llama(IGgufTensors tensors)
    {
        int width = Required("embedding_length"), positions = Required("context_length");
        int? headWidth = _metadata.Int($"{Architecture}.attention.key_length");
        if (headWidth is not null && _metadata.Int($"{Architecture}.attention.value_length") is int values && values != headWidth)
            throw new InvalidFileException(_path, $"has keys of width {headWidth} and values of width {values}; heads of one width are read.");
        int? window = _metadata.Int($"{Architecture}.attention.sliding_window");
        if (window > 0 && Architecture is not ("gemma2" or "gemma3" or "phi3")) throw new InvalidFileException(_path, "has a network with an attention window, which is not read from GGUF files of this architecture. Take the network's safetensors instead.");
        headWidth ??= width / Heads;
        if (headWidth < 1) throw new InvalidFileException(_path, $"has heads of width {headWidth}.");
        int? turned = _metadata.Int($"{Architecture}.rope.dimension_count");
        if (turned is not null && turned != headWidth && Architecture != "phi3") throw new InvalidFileException(_path, $"turns {turned} of {headWidth} columns of each head, which is not read from GGUF files of this architecture.");
        return new JsonObject
        {
            ["num_hidden_layers"] = Required("block_count"),
            ["hidden_size"] = width,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = KeyValueHeads,
            ["head_dim"] = headWidth,
            ["intermediate_size"] = Required("feed_forward_length"),
            ["max_position_embeddings"] = positions,
            ["rms_norm_eps"] = Number("attention.layer_norm_rms_epsilon"),
            ["rope_theta"] = Number("rope.freq_base") ?? 10_000,
            ["rope_scaling"] = Scaling(positions, tensors),
            ["sliding_window"] = window > 0 ? window : null,
        };
    }

    /// <summary>Qwen's experts, in the blocks that have some.</summary>
    private JsonObject Sparse(IGgufTensors tensors, bool normalise)
    {
        int blocks = Required("block_count");
        JsonArray dense = new([.. Enumerable.Range(0, Math.Min(blocks, LayerPlan.MaxExecutions)).Where(i => !tensors.Has($"model.layers.{i}.mlp.gate.weight")).Select(i => (JsonNode)i)]);
        return With(Llama(tensors), ("num_experts", Experts), ("num_experts_per_tok", Required("expert_used_count")), ("moe_intermediate_size", Required("expert_feed_forward_length")),
            ("norm_topk_prob", Normalised(normalise)), ("mlp_only_layers", dense));
    }

    private JsonObject Gemma2(IGgufTensors tensors)
    {
        JsonObject config = Llama(tensors);
        return With(config, ("attn_logit_softcapping", Positive("attn_logit_softcapping") ?? 50), ("final_logit_softcapping", Positive("final_logit_softcapping") ?? 30),
            ("sliding_window", config["sliding_window"]?.DeepClone() ?? 4096), ("query_pre_attn_scalar", QueryScalar(config, largest: 46)));
    }

    private JsonObject Gemma3(IGgufTensors tensors)
    {
        JsonObject config = Llama(tensors);
        return With(config, ("rope_local_base_freq", Number("rope.freq_base_swa") ?? 10_000), ("sliding_window_pattern", WindowPattern() is int every ? every : null), ("layer_types", WindowKinds()),
            ("final_logit_softcapping", Positive("final_logit_softcapping")), ("query_pre_attn_scalar", QueryScalar(config, largest: 62)));
    }

    /// <summary>Every which block of Gemma 3 has no window; null where the file lists the blocks.</summary>
    private int? WindowPattern() => _metadata.IsArray(WindowKey) ? null : _metadata.Int(WindowKey) ?? 6;

    private JsonArray? WindowKinds() => !_metadata.IsArray(WindowKey) ? null : new JsonArray([.. _metadata.Numbers(WindowKey)!.Select(slides => (JsonNode)(slides != 0 ? "sliding_attention" : "full_attention"))]);

    private string WindowKey => $"{Architecture}.attention.sliding_window_pattern";

    /// <summary>Are the weights of the chosen experts divided by their sum? Newer files say so.</summary>
    private bool Normalised(bool byDefault) => _metadata.Truth($"{Architecture}.expert_weights_norm") ?? byDefault;

    /// <summary>No key says by what Gemma's scores are divided; the sizes of 27B, which their depth tells, differ from the others.</summary>
    private int QueryScalar(JsonObject config, int largest) => Required("block_count") == largest ? Required("embedding_length") / Heads : (int)config["head_dim"]!;

    private JsonObject Phi3(IGgufTensors tensors)
    {
        JsonObject config = Llama(tensors);
        int headWidth = (int)config["head_dim"]!;
        return With(config, ("partial_rotary_factor", (double)(_metadata.Int($"{Architecture}.rope.dimension_count") ?? headWidth) / headWidth),
            ("original_max_position_embeddings", _metadata.Int($"{Architecture}.rope.scaling.original_context_length")));
    }

    private JsonObject? Scaling(int positions, IGgufTensors tensors)
    {
        static JsonArray Factors(float[] factors) => new([.. factors.Select(factor => (JsonNode)factor)]);
        if (tensors.Vector("rope_freqs.weight") is float[] divisors)
            return new JsonObject { ["rope_type"] = "longrope", ["short_factor"] = Factors(divisors), ["long_factor"] = Factors(divisors), ["original_max_position_embeddings"] = positions, ["attention_factor"] = 1.0 };
        if (tensors.Vector("rope_factors_short.weight") is float[] few && tensors.Vector("rope_factors_long.weight") is float[] many)
            return With(new JsonObject { ["rope_type"] = "longrope", ["short_factor"] = Factors(few), ["long_factor"] = Factors(many) }, ("attention_factor", Positive("rope.scaling.attn_factor")));
        string type = _metadata.Text($"{Architecture}.rope.scaling.type") ?? "none";
        double? factor = Number("rope.scaling.factor");
        if (type == "none" || factor is null or 1) return null;
        return type == "linear" ? new JsonObject { ["rope_type"] = "linear", ["factor"] = factor } : throw new InvalidFileException(_path, $"scales its rotary positions by {Excerpt.Quote(type)}; none and linear are read from GGUF files. Take the network's safetensors instead.");
    }

    private static JsonObject With(JsonObject config, params (string Key, JsonNode? Value)[] more)
    {
        foreach ((string key, JsonNode? value) in more) if (value is not null) config[key] = value;
        return config;
    }

    private int Required(string key) => _metadata.RequiredInt($"{Architecture}.{key}");

    private double? Number(string key) => _metadata.Number($"{Architecture}.{key}") is not double value || double.IsFinite(value)
        ? _metadata.Number($"{Architecture}.{key}")
        : throw new InvalidFileException(_path, $"the metadata {Excerpt.Quote($"{Architecture}.{key}")} is not a number.");

    private double? Positive(string key) => Number(key) is > 0 and double value ? value : null;
}
