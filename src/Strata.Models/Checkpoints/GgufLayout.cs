using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>What was done to a tensor when it was put into a GGUF file, to be undone.</summary>
internal enum GgufChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its two axes were swapped (GPT-2's maps).</summary>
    Transposed,

    /// <summary>The rows of each head were interleaved: the two halves, one row of each in turn (Llama's queries and keys).</summary>
    Interleaved,

    /// <summary>1 was added (Gemma's gains).</summary>
    OneMore,
}

/// <summary>
/// What GGUF says of a network, in the words of its Hugging Face family: its metadata as a <c>config.json</c>, its tensors under the family's names. So the same readers
/// serve both, and a saved network is one of the family.
/// </summary>
/// <remarks>Source: llama.cpp's gguf-py/gguf/constants.py (names) and convert_hf_to_gguf.py (what is changed).</remarks>
/// <param name="metadata">The file's metadata.</param>
/// <param name="path">The file's name, for messages.</param>
internal sealed class GgufLayout(GgufMetadata metadata, string path)
{
    private static readonly string[] Architectures = ["gpt2", "llama", "qwen2", "qwen3", "gemma"];

    private static readonly Dictionary<string, string> LlamaOutside = new(StringComparer.Ordinal)
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
    };

    private static readonly Dictionary<string, string> LlamaInside = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "input_layernorm",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_output"] = "self_attn.o_proj",
        ["attn_q_norm"] = "self_attn.q_norm",
        ["attn_k_norm"] = "self_attn.k_norm",
        ["ffn_norm"] = "post_attention_layernorm",
        ["ffn_gate"] = "mlp.gate_proj",
        ["ffn_up"] = "mlp.up_proj",
        ["ffn_down"] = "mlp.down_proj",
    };

    private static readonly Dictionary<string, string> Gpt2Outside = new(StringComparer.Ordinal)
    {
        ["token_embd"] = "transformer.wte",
        ["position_embd"] = "transformer.wpe",
        ["output_norm"] = "transformer.ln_f",
        ["output"] = "lm_head",
    };

    private static readonly Dictionary<string, string> Gpt2Inside = new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "ln_1",
        ["attn_qkv"] = "attn.c_attn",
        ["attn_output"] = "attn.c_proj",
        ["ffn_norm"] = "ln_2",
        ["ffn_up"] = "mlp.c_fc",
        ["ffn_down"] = "mlp.c_proj",
    };

    /// <summary>The family.</summary>
    public string Architecture { get; } = metadata.Text("general.architecture") is string name && Architectures.Contains(name) ? name
        : throw new InvalidFileException(path, $"holds a network of the architecture {Excerpt.Quote(metadata.Text("general.architecture") ?? "(none)")}; of GGUF files, {string.Join(", ", Architectures)} are read. Take the network's safetensors instead.");

    private bool IsGpt2 => Architecture == "gpt2";

    /// <summary>A tensor's name in the family, and what was done to it; null for a table that the family computes itself.</summary>
    public (string Name, GgufChange Change)? Name(string tensor)
    {
        int dot = tensor.LastIndexOf('.');
        string stem = dot < 0 ? tensor : tensor[..dot], kind = dot < 0 ? "" : tensor[dot..];
        if (stem == "rope_freqs") return null;
        if (!stem.StartsWith("blk.", StringComparison.Ordinal)) return (IsGpt2 ? Gpt2Outside : LlamaOutside).TryGetValue(stem, out string? outside) ? (outside + kind, Change(stem, kind)) : (tensor, GgufChange.None);
        string[] parts = stem.Split('.');
        return parts.Length == 3 && (IsGpt2 ? Gpt2Inside : LlamaInside).TryGetValue(parts[2], out string? inside)
            ? ($"{(IsGpt2 ? "transformer.h" : "model.layers")}.{parts[1]}.{inside}{kind}", Change(parts[2], kind))
            : (tensor, GgufChange.None);
    }

    /// <summary>Heads whose rows were interleaved in a tensor.</summary>
    public int HeadsOf(string tensor) => tensor.Contains(".attn_k.", StringComparison.Ordinal) ? KeyValueHeads : Heads;

    /// <summary>The configuration.</summary>
    /// <param name="vocabulary">Rows of the embedding.</param>
    /// <param name="tied">Has the file no unembedding of its own?</param>
    /// <param name="frequencyDivisors">Divisors of the rotary frequencies, one per pair (Llama 3); null for none.</param>
    public JsonObject Config(long vocabulary, bool tied, float[]? frequencyDivisors)
    {
        if (Number("expert_count") > 0) throw new InvalidFileException(path, "holds a mixture of experts, which is not read from GGUF files. Take the network's safetensors instead.");
        JsonObject config = IsGpt2 ? Gpt2() : Llama(frequencyDivisors);
        config["model_type"] = Architecture;
        config["vocab_size"] = vocabulary;
        config["tie_word_embeddings"] = tied;
        if (metadata.Int("tokenizer.ggml.bos_token_id") is int bos) config["bos_token_id"] = bos;
        if (metadata.Int("tokenizer.ggml.eos_token_id") is int eos) config["eos_token_id"] = eos;
        return config;
    }

    private int Heads => Required("attention.head_count");

    private int KeyValueHeads => metadata.Int($"{Architecture}.attention.head_count_kv") ?? Heads;

    private GgufChange Change(string stem, string kind) => (Architecture, stem) switch
    {
        ("gpt2", "attn_qkv" or "attn_output" or "ffn_up" or "ffn_down") when kind == ".weight" => GgufChange.Transposed,
        ("llama", "attn_q" or "attn_k") => GgufChange.Interleaved,
        ("gemma", "attn_norm" or "ffn_norm" or "output_norm") => GgufChange.OneMore,
        _ => GgufChange.None,
    };

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

    private JsonObject Llama(float[]? frequencyDivisors)
    {
        int width = Required("embedding_length"), positions = Required("context_length");
        int? headWidth = metadata.Int($"{Architecture}.attention.key_length");
        if (headWidth is not null && metadata.Int($"{Architecture}.attention.value_length") is int values && values != headWidth)
            throw new InvalidFileException(path, $"has keys of width {headWidth} and values of width {values}; heads of one width are read.");
        if (metadata.Int($"{Architecture}.attention.sliding_window") is > 0) throw new InvalidFileException(path, "has a network with an attention window, which is not read from GGUF files. Take the network's safetensors instead.");
        headWidth ??= Heads > 0 ? width / Heads : null;
        if (metadata.Int($"{Architecture}.rope.dimension_count") is int turned && turned != headWidth) throw new InvalidFileException(path, $"turns {turned} of {headWidth} columns of each head, which is not read from GGUF files.");
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
            ["rope_scaling"] = Scaling(positions, frequencyDivisors),
        };
    }

    private JsonObject? Scaling(int positions, float[]? frequencyDivisors)
    {
        string type = metadata.Text($"{Architecture}.rope.scaling.type") ?? "none";
        if (frequencyDivisors is not null)
        {
            JsonArray Divisors() => new([.. frequencyDivisors.Select(divisor => (JsonNode)divisor)]);
            return new JsonObject { ["rope_type"] = "longrope", ["short_factor"] = Divisors(), ["long_factor"] = Divisors(), ["original_max_position_embeddings"] = positions, ["attention_factor"] = 1.0 };
        }

        double? factor = Number("rope.scaling.factor");
        if (type == "none" || factor is null or 1) return null;
        return type == "linear" ? new JsonObject { ["rope_type"] = "linear", ["factor"] = factor } : throw new InvalidFileException(path, $"scales its rotary positions by {Excerpt.Quote(type)}; none and linear are read from GGUF files. Take the network's safetensors instead.");
    }

    private int Required(string key) => metadata.RequiredInt($"{Architecture}.{key}");

    private double? Number(string key) => metadata.Number($"{Architecture}.{key}");
}
