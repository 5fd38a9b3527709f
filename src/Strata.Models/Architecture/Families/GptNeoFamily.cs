using System.Text.Json;

namespace Strata.Models;

/// <summary>GPT-Neo (Black et al. 2021): GPT-2 with scores that are not scaled and a window in every other block.</summary>
public sealed class GptNeoFamily : ModelFamily
{
    /// <inheritdoc/>
    public override string Name => "gpt_neo";

    /// <inheritdoc/>
    public override string Networks => "GPT-Neo";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.RequiredInt("hidden_size", 1, 1 << 20), heads = config.RequiredInt("num_heads", 1, 1 << 16);
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_heads {heads} heads.");
        ModelSpec spec = new()
        {
            Family = Name,
            Blocks = config.RequiredInt("num_layers", 0, LayerPlan.MaxExecutions),
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? 4 * width,
            Vocabulary = config.RequiredInt("vocab_size", 1, 1 << 28),
            MaxPositions = config.OptionalInt("max_position_embeddings", 1, 1 << 28) ?? 2048,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5f,
            Positions = PositionKind.Learned,
            Activation = config.Activation("activation_function", "gelu_new"),
            GatedMlp = false,
            AttentionScale = 1,
            AttentionBias = false,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = config.OptionalBool("tie_word_embeddings") ?? true,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
            EosIds = config.Ids("eos_token_id"),
        };
        string[] kinds = AttentionKinds(config, spec.Blocks);
        return spec.WithWindows(config.OptionalInt("window_size", 1, 1 << 28) ?? 256, i => kinds[i] == "local");
    }

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has)
    {
        string prefix = WeightNames.Prefix(has, "wte.weight", "", "transformer.");
        return new WeightMap(new(prefix + "wte.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => Block(spec, $"{prefix}h.{i}.")).ToArray())
        {
            PositionEmbedding = new(prefix + "wpe.weight", new(spec.MaxPositions, spec.Width), WeightRole.Embedding),
            FinalNorm = WeightNames.Norm(spec, prefix + "ln_f"),
            Unembedding = WeightNames.Unembedding(spec),
        };
    }

    private static BlockMap Block(ModelSpec spec, string prefix)
    {
        LinearEntry Attention(string name, bool bias) => WeightNames.Linear(prefix + "attn.attention." + name, spec.Width, spec.Width, bias);
        return new BlockMap
        {
            AttentionNorm = WeightNames.Norm(spec, prefix + "ln_1"),
            Query = Attention("q_proj", false),
            Key = Attention("k_proj", false),
            Value = Attention("v_proj", false),
            Output = Attention("out_proj", true),
            MlpNorm = WeightNames.Norm(spec, prefix + "ln_2"),
            Mlp = new MlpMap(null, WeightNames.Linear(prefix + "mlp.c_fc", spec.Width, spec.MlpWidth, true), WeightNames.Linear(prefix + "mlp.c_proj", spec.MlpWidth, spec.Width, true)),
        };
    }

    /// <summary>
    /// <c>attention_types</c> is a list of pairs, names and how often they repeat: [[["global", "local"], 12]]. <c>attention_layers</c> is the same, written out.
    /// </summary>
    private static string[] AttentionKinds(ConfigReader config, int blocks)
    {
        if (config.BlockKinds("attention_layers", blocks, "global", "local") is string[] written) return written;
        if (!config.Has("attention_types")) return Enumerable.Range(0, blocks).Select(i => i % 2 == 0 ? "global" : "local").ToArray();
        List<string> kinds = [];
        foreach (JsonElement pair in config.Items("attention_types"))
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.Array || pair[1].ValueKind != JsonValueKind.Number
                || !pair[1].TryGetInt32(out int times) || times < 0 || (long)times * pair[0].GetArrayLength() > blocks)
                throw config.Refuse("attention_types", "is not a list of pairs of names and a count that come to no more than the blocks.");
            for (int i = 0; i < times; i++) kinds.AddRange(pair[0].EnumerateArray().Select(kind => kind.ToString()));
        }

        if (kinds.FirstOrDefault(kind => kind is not ("global" or "local")) is string unknown)
            throw config.Refuse("attention_types", $"lists {Excerpt.Quote(unknown)}, which Strata does not compute; expected global or local.");
        return kinds.Count == blocks ? [.. kinds] : throw config.Refuse("attention_types", $"lists {kinds.Count} blocks, and the network has {blocks}.");
    }
}
