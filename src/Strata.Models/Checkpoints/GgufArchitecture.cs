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

    /// <summary>Queries, keys and values, which stood side by side for each key head, were put one behind another (Falcon's fused map).</summary>
    Ungrouped,

    /// <summary>The matrices of all experts were put one behind another.</summary>
    Stacked,
}

/// <summary>How an architecture of GGUF names its tensors, in the words of its Hugging Face family, and what it does to them.</summary>
/// <remarks>Source: llama.cpp's gguf-py/gguf/constants.py and tensor_mapping.py (names) and convert_hf_to_gguf.py (what is changed).</remarks>
/// <param name="Blocks">What the family's names of block tensors begin with.</param>
/// <param name="Outside">Names outside of blocks.</param>
/// <param name="Inside">Names within a block.</param>
/// <param name="Change">What was done to a tensor of this name.</param>
internal sealed record GgufArchitecture(string Blocks, Dictionary<string, string> Outside, Dictionary<string, string> Inside, Func<string, string, GgufChange> Change)
{
    /// <summary>Where the number of an expert goes.</summary>
    public const string Expert = "*";

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
        ["ffn_gate_inp"] = "mlp.gate",
        ["ffn_gate_exps"] = $"mlp.experts.{Expert}.gate_proj",
        ["ffn_up_exps"] = $"mlp.experts.{Expert}.up_proj",
        ["ffn_down_exps"] = $"mlp.experts.{Expert}.down_proj",
        ["ffn_gate_inp_shexp"] = "mlp.shared_expert_gate",
        ["ffn_gate_shexp"] = "mlp.shared_expert.gate_proj",
        ["ffn_up_shexp"] = "mlp.shared_expert.up_proj",
        ["ffn_down_shexp"] = "mlp.shared_expert.down_proj",
    };

    private static readonly GgufArchitecture Gpt2 = new("transformer.h", new(StringComparer.Ordinal)
    {
        ["token_embd"] = "transformer.wte",
        ["position_embd"] = "transformer.wpe",
        ["output_norm"] = "transformer.ln_f",
        ["output"] = "lm_head",
    }, new(StringComparer.Ordinal)
    {
        ["attn_norm"] = "ln_1",
        ["attn_qkv"] = "attn.c_attn",
        ["attn_output"] = "attn.c_proj",
        ["ffn_norm"] = "ln_2",
        ["ffn_up"] = "mlp.c_fc",
        ["ffn_down"] = "mlp.c_proj",
    }, (stem, kind) => stem is "attn_qkv" or "attn_output" or "ffn_up" or "ffn_down" && kind == ".weight" ? GgufChange.Transposed : GgufChange.None);

    private static readonly GgufArchitecture Plain = new("model.layers", LlamaOutside, LlamaInside, (stem, _) => Stacks(stem));

    private static readonly GgufArchitecture Llama = Plain with { Change = (stem, _) => stem is "attn_q" or "attn_k" ? GgufChange.Interleaved : Stacks(stem) };

    private static readonly GgufArchitecture Gemma = Plain with { Change = (stem, kind) => stem.EndsWith("norm", StringComparison.Ordinal) && kind == ".weight" ? GgufChange.OneMore : GgufChange.None };

    private static readonly Dictionary<string, GgufArchitecture> ByName = new(StringComparer.Ordinal)
    {
        ["gpt2"] = Gpt2,
        ["llama"] = Llama,
        ["qwen2"] = Plain,
        ["qwen2moe"] = Plain,
        ["qwen3"] = Plain,
        ["qwen3moe"] = Plain,
        ["olmoe"] = Plain,
        ["gemma"] = Gemma,
        ["gemma2"] = WithNormsBehind(Gemma),
        ["gemma3"] = WithNormsBehind(Gemma),
        ["phi3"] = Plain with { Inside = With(LlamaInside, ("attn_qkv", "self_attn.qkv_proj"), ("ffn_up", "mlp.gate_up_proj")) },
        ["falcon"] = new("transformer.h", new(StringComparer.Ordinal)
        {
            ["token_embd"] = "transformer.word_embeddings",
            ["output_norm"] = "transformer.ln_f",
            ["output"] = "lm_head",
        }, new(StringComparer.Ordinal)
        {
            ["attn_norm"] = "input_layernorm",
            ["attn_qkv"] = "self_attention.query_key_value",
            ["attn_output"] = "self_attention.dense",
            ["ffn_up"] = "mlp.dense_h_to_4h",
            ["ffn_down"] = "mlp.dense_4h_to_h",
        }, (stem, _) => stem == "attn_qkv" ? GgufChange.Ungrouped : GgufChange.None),
    };

    /// <summary>The architectures that are read, for messages.</summary>
    public static IEnumerable<string> Known => ByName.Keys;

    /// <summary>The architecture of a name; null for one that is not read.</summary>
    public static GgufArchitecture? Of(string? name) => name is null ? null : ByName.GetValueOrDefault(name);

    /// <summary>Mixtral, which GGUF calls a Llama with experts.</summary>
    public GgufArchitecture AsMixtral() => this with
    {
        Inside = With(Inside, ("ffn_gate_inp", "block_sparse_moe.gate"), ("ffn_gate_exps", $"block_sparse_moe.experts.{Expert}.w1"),
            ("ffn_up_exps", $"block_sparse_moe.experts.{Expert}.w3"), ("ffn_down_exps", $"block_sparse_moe.experts.{Expert}.w2")),
    };

    /// <summary>Falcon of 40B and more: a norm for attention and one for the MLP, both of the same stream.</summary>
    public GgufArchitecture WithTwoParallelNorms() => this with { Inside = With(Inside, ("attn_norm", "ln_mlp"), ("attn_norm_2", "ln_attn")) };

    private static GgufArchitecture WithNormsBehind(GgufArchitecture before) => before with
    {
        Inside = With(before.Inside, ("post_attention_norm", "post_attention_layernorm"), ("ffn_norm", "pre_feedforward_layernorm"), ("post_ffw_norm", "post_feedforward_layernorm")),
    };

    private static Dictionary<string, string> With(Dictionary<string, string> names, params (string Stem, string Name)[] others)
    {
        Dictionary<string, string> result = new(names, StringComparer.Ordinal);
        foreach ((string stem, string name) in others) result[stem] = name;
        return result;
    }

    private static GgufChange Stacks(string stem) => stem.EndsWith("_exps", StringComparison.Ordinal) ? GgufChange.Stacked : GgufChange.None;
}
