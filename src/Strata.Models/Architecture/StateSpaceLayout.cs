using System.Text.Json;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>What the families of state spaces share: keys of their <c>config.json</c>, names of their weights, their initialisation.</summary>
internal static class StateSpaceLayout
{
    /// <summary>A network of blocks that are state spaces alone; blocks, vocabulary and state space are the family's to fill in.</summary>
    public static ModelSpec Spec(ConfigReader config, string family, int width) => new()
    {
        Family = family,
        Blocks = 0,
        Width = width,
        Heads = 0,
        KeyValueHeads = 0,
        HeadWidth = 0,
        MlpWidth = 0,
        Vocabulary = 1,
        MaxPositions = int.MaxValue,
        Norm = NormKind.RmsNorm,
        NormEpsilon = config.OptionalFloat("layer_norm_epsilon", 0) ?? 1e-5f,
        Positions = PositionKind.None,
        Activation = Activation.Silu,
        GatedMlp = false,
        AttentionBias = false,
        AttentionOutputBias = false,
        MlpBias = false,
        TiedUnembedding = true,
        BosId = config.OptionalInt("bos_token_id", 0, int.MaxValue),
        EosIds = config.Ids("eos_token_id"),
    };

    /// <summary>Channels from the factor by which they are more than the width; the fraction is cut off.</summary>
    public static int Expanded(this ConfigReader config, string name, int width)
    {
        double channels = Math.Floor((config.OptionalPositive(name) ?? 2f) * (double)width);
        return channels is >= 1 and <= 1 << 22 ? (int)channels : throw config.Refuse(name, $"makes {channels} channels of a width of {width}; from 1 to {1 << 22} are expected.");
    }

    /// <summary>The rank of the map to the step sizes: a number, or <c>auto</c> for a sixteenth of the width.</summary>
    public static int StepRank(this ConfigReader config, string name, int width)
    {
        if (!config.Has(name)) return (width + 15) / 16;
        if (config.Element.GetProperty(name).ValueKind != JsonValueKind.String) return config.RequiredInt(name, 1, 1 << 20);
        string given = config.RequiredString(name);
        return given == "auto" ? (width + 15) / 16 : throw config.Refuse(name, $"is {Excerpt.Quote(given)}; expected a number or \"auto\".");
    }

    /// <summary>Which blocks are of a kind that returns every <c>PREFIX_period</c> blocks, from block <c>PREFIX_offset</c> on.</summary>
    public static Func<int, bool> Rhythm(this ConfigReader config, string prefix, int period, int offset)
    {
        period = config.OptionalInt(prefix + "_period", 1, 1 << 20) ?? period;
        offset = config.OptionalInt(prefix + "_offset", 0, 1 << 20) ?? offset;
        if (offset >= period) throw config.Refuse(prefix + "_offset", $"is {offset}; a number below the period {period} is expected.");
        return block => block % period == offset;
    }

    /// <summary>How random weights are drawn.</summary>
    public static StateSpaceInitialisation StateSpaceInitialisation(this ConfigReader config, bool scaledOutput = false)
    {
        StateSpaceInitialisation absent = new();
        return new StateSpaceInitialisation(
            config.OptionalPositive("time_step_min") ?? absent.MinStep,
            config.OptionalPositive("time_step_max") ?? absent.MaxStep,
            config.OptionalFloat("time_step_floor", 0) ?? absent.StepFloor,
            config.OptionalFloat("time_step_scale") ?? absent.StepScale,
            config.OptionalString("time_step_init_scheme") == "constant",
            config.OptionalBool("rescale_prenorm_residual") ?? scaledOutput);
    }

    /// <summary>Names of networks that call their stack <c>backbone</c>.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    /// <param name="block">The map of a block from its number and its prefix.</param>
    public static WeightMap Map(ModelSpec spec, Func<string, bool> has, Func<int, string, BlockMap> block)
    {
        string prefix = WeightNames.Prefix(has, "norm_f.weight", "", "model.", "backbone.");
        string embedding = has(prefix + "embedding.weight") ? "embedding" : "embeddings";
        return new WeightMap(new($"{prefix}{embedding}.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => block(i, $"{prefix}layers.{i}.")).ToArray())
        {
            FinalNorm = WeightNames.Norm(spec, prefix + "norm_f"),
            Unembedding = spec.TiedUnembedding ? null : new("lm_head.weight", new(spec.Vocabulary, spec.Width), WeightRole.Linear),
        };
    }

    /// <summary>A state space of the first kind.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="facts">The state space.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="initialised">Does the family initialise step sizes, convolution and output map as Mamba does? Otherwise they start as all other maps and biases do.</param>
    public static StateSpaceMap Mamba(ModelSpec spec, StateSpaceSpec facts, string prefix, bool initialised = true)
    {
        (WeightRole map, WeightRole residual, WeightRole step, WeightRole bias) = initialised
            ? (WeightRole.Uniform, WeightRole.UniformResidual, WeightRole.StepMap, WeightRole.StepBias)
            : (WeightRole.Linear, WeightRole.ResidualLinear, WeightRole.Linear, WeightRole.Bias);
        int channels = facts.Channels, rank = facts.StepRank!.Value, size = facts.StateSize;
        LinearEntry input = WeightNames.Linear(prefix + "in_proj", spec.Width, 2 * channels, facts.ProjectionBias);
        LinearEntry parameters = WeightNames.Linear(prefix + "x_proj", channels, rank + (2 * size), false);
        NormEntry? InputNorm(string name, int columns) => facts.NormalisedParameters ? WeightNames.Norm(spec, prefix + name, columns) : null;
        return new StateSpaceMap
        {
            Input = input.Part(0, channels),
            Gate = input.Part(channels, channels),
            Convolution = Convolution(prefix + "conv1d", channels, facts, map),
            Step = parameters.Part(0, rank),
            StepNorm = InputNorm("dt_layernorm", rank),
            BNorm = InputNorm("b_layernorm", size),
            CNorm = InputNorm("c_layernorm", size),
            Delta = new LinearEntry(new(prefix + "dt_proj.weight", new(channels, rank), step), new(prefix + "dt_proj.bias", new(channels), bias), WeightOrientation.OutputsByInputs, 0, channels),
            B = parameters.Part(rank, size),
            C = parameters.Part(rank + size, size),
            DecayLog = new(prefix + "A_log", new(channels, size), WeightRole.DecayLog),
            Skip = new(prefix + "D", new(channels), WeightRole.Gain),
            Output = WeightNames.Linear(prefix + "out_proj", channels, spec.Width, facts.ProjectionBias, residual),
        };
    }

    /// <summary>A state space of the second kind: one map from the stream to gates, channels, B, C and step sizes, in this order, and one convolution of channels, B and C.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="facts">The state space.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="convolution">What the convolution starts as.</param>
    /// <param name="output">What the output map starts as.</param>
    public static StateSpaceMap Mamba2(ModelSpec spec, StateSpaceSpec facts, string prefix, WeightRole convolution, WeightRole output)
    {
        int channels = facts.Channels, parameters = facts.ParameterWidth;
        LinearEntry input = WeightNames.Linear(prefix + "in_proj", spec.Width, (2 * channels) + (2 * parameters) + facts.Heads, facts.ProjectionBias);
        ConvolutionEntry whole = Convolution(prefix + "conv1d", channels + (2 * parameters), facts, convolution);
        return new StateSpaceMap
        {
            Gate = input.Part(0, channels),
            Input = input.Part(channels, channels),
            B = input.Part(2 * channels, parameters),
            C = input.Part((2 * channels) + parameters, parameters),
            Delta = input.Part((2 * channels) + (2 * parameters), facts.Heads),
            DeltaBias = new(prefix + "dt_bias", new(facts.Heads), WeightRole.StepBias),
            Convolution = whole.Part(0, channels),
            BConvolution = whole.Part(channels, parameters),
            CConvolution = whole.Part(channels + parameters, parameters),
            DecayLog = new(prefix + "A_log", new(facts.Heads), WeightRole.DecayLog),
            Skip = new(prefix + "D", new(facts.Heads), WeightRole.Gain),
            OutputNorm = facts.OutputNormWidth is null ? null : new NormEntry(new(prefix + "norm.weight", new(channels), WeightRole.Gain), null),
            Output = WeightNames.Linear(prefix + "out_proj", channels, spec.Width, facts.ProjectionBias, output),
        };
    }

    /// <summary>Heads, their width and the groups that share B and C, which must fit one another.</summary>
    /// <exception cref="InvalidFileException">They do not.</exception>
    public static StateSpaceSpec Heads(this ConfigReader config, StateSpaceSpec facts, string headsKey, int heads, string widthKey, int width)
    {
        heads = config.OptionalInt(headsKey, 1, 1 << 20) ?? heads;
        width = config.OptionalInt(widthKey, 1, 1 << 20) ?? width;
        int groups = config.OptionalInt("n_groups", 1, 1 << 16) ?? config.OptionalInt("mamba_n_groups", 1, 1 << 16) ?? 8;
        if ((long)heads * width > 1 << 22) throw config.Refuse(headsKey, $"is {heads}: so many heads of width {width} are more than {1 << 22} channels, the most that Strata computes.");
        if (heads % groups != 0) throw config.Refuse("n_groups", $"is {groups}, and {heads} heads do not divide into so many groups.");
        return facts with { Channels = heads * width, Heads = heads, Groups = groups };
    }

    /// <summary>The least and the largest step size; Python writes an infinity into the file.</summary>
    public static (float Min, float Max) StepLimits(this ConfigReader config, string name)
    {
        if (!config.Has(name)) return (0, float.PositiveInfinity);
        float[] limits = [.. config.Items(name).Select(item => Limit(item) ?? throw config.Refuse(name, "lists something that is neither a number nor an infinity."))];
        if (limits.Length != 2 || !(limits[0] >= 0 && limits[0] <= limits[1])) throw config.Refuse(name, $"lists [{string.Join(", ", limits.Take(4))}]; a least and a largest step size are expected.");
        return (limits[0], limits[1]);
    }

    private static float? Limit(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.Number when item.TryGetSingle(out float number) => number,
        JsonValueKind.String when item.GetString() == "Infinity" => float.PositiveInfinity,
        JsonValueKind.Object when item.TryGetProperty("__float__", out JsonElement inner) && inner.ValueKind == JsonValueKind.String => Limit(inner),
        _ => null,
    };

    /// <summary>The attention of a hybrid's block, with the names of Llama.</summary>
    public static BlockMap Attention(ModelSpec spec, string prefix)
    {
        int queries = spec.Heads * spec.HeadWidth, keys = spec.KeyValueHeads * spec.HeadWidth;
        return new BlockMap
        {
            Query = WeightNames.Linear(prefix + "q_proj", spec.Width, queries, spec.AttentionBias),
            Key = WeightNames.Linear(prefix + "k_proj", spec.Width, keys, spec.AttentionBias),
            Value = WeightNames.Linear(prefix + "v_proj", spec.Width, keys, spec.AttentionBias),
            Output = WeightNames.Linear(prefix + "o_proj", queries, spec.Width, spec.AttentionOutputBias),
        };
    }

    /// <summary>Bounds of weights that start uniform.</summary>
    public static float InitialBound(ModelSpec spec, WeightRole role, int inputs)
    {
        StateSpaceInitialisation start = spec.StateSpace!.Initialisation;
        float factor = role switch
        {
            WeightRole.StepMap => start.StepScale,
            WeightRole.UniformResidual when start.ScaledOutput => 1 / MathF.Sqrt(spec.Blocks),
            _ => 1,
        };
        return factor / MathF.Sqrt(inputs);
    }

    /// <summary>A <c>torch.nn.Conv1d</c> with as many groups as channels.</summary>
    private static ConvolutionEntry Convolution(string name, int channels, StateSpaceSpec facts, WeightRole role) =>
        new(new($"{name}.weight", new(channels, 1, facts.Taps), role), facts.ConvolutionBias ? new($"{name}.bias", new(channels), WeightRole.Bias) : null, 0, channels);
}
