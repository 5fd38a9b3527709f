using Strata.Tensors;

namespace Strata.Models;

/// <summary>What the families of state spaces share: the frame of their architecture, names of their weights, their initialisation.</summary>
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
            Unembedding = WeightNames.Unembedding(spec),
        };
    }

    /// <summary>A state space of the first kind.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="facts">The state space.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="roles">What the weights start as.</param>
    public static StateSpaceMap Mamba(ModelSpec spec, StateSpaceSpec facts, string prefix, StateSpaceRoles roles)
    {
        int channels = facts.Channels, rank = facts.StepRank!.Value, size = facts.StateSize;
        LinearEntry input = WeightNames.Linear(prefix + "in_proj", spec.Width, 2 * channels, facts.ProjectionBias, roles.Map);
        LinearEntry parameters = WeightNames.Linear(prefix + "x_proj", channels, rank + (2 * size), false, roles.Map);
        NormEntry? InputNorm(string name, int columns) => facts.NormalisedParameters ? WeightNames.Norm(spec, prefix + name, columns) : null;
        return new StateSpaceMap
        {
            Input = input.Part(0, channels),
            Gate = input.Part(channels, channels),
            Convolution = Convolution(prefix + "conv1d", channels, facts, roles),
            Step = parameters.Part(0, rank),
            StepNorm = InputNorm("dt_layernorm", rank),
            BNorm = InputNorm("b_layernorm", size),
            CNorm = InputNorm("c_layernorm", size),
            Delta = new LinearEntry(new(prefix + "dt_proj.weight", new(channels, rank), roles.Step), new(prefix + "dt_proj.bias", new(channels), roles.StepBias), WeightOrientation.OutputsByInputs, 0, channels),
            B = parameters.Part(rank, size),
            C = parameters.Part(rank + size, size),
            DecayLog = new(prefix + "A_log", new(channels, size), WeightRole.DecayLog),
            Skip = new(prefix + "D", new(channels), WeightRole.Gain),
            Output = WeightNames.Linear(prefix + "out_proj", channels, spec.Width, facts.ProjectionBias, roles.Output),
        };
    }

    /// <summary>A state space of the second kind: one map from the stream to gates, channels, B, C and step sizes, in this order, and one convolution of channels, B and C.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="facts">The state space.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="roles">What the weights start as.</param>
    public static StateSpaceMap Mamba2(ModelSpec spec, StateSpaceSpec facts, string prefix, StateSpaceRoles roles)
    {
        int channels = facts.Channels, parameters = facts.ParameterWidth;
        LinearEntry input = WeightNames.Linear(prefix + "in_proj", spec.Width, (2 * channels) + (2 * parameters) + facts.Heads, facts.ProjectionBias, roles.Map);
        ConvolutionEntry whole = Convolution(prefix + "conv1d", channels + (2 * parameters), facts, roles);
        return new StateSpaceMap
        {
            Gate = input.Part(0, channels),
            Input = input.Part(channels, channels),
            B = input.Part(2 * channels, parameters),
            C = input.Part((2 * channels) + parameters, parameters),
            Delta = input.Part((2 * channels) + (2 * parameters), facts.Heads),
            DeltaBias = new(prefix + "dt_bias", new(facts.Heads), roles.StepBias),
            Convolution = whole.Part(0, channels),
            BConvolution = whole.Part(channels, parameters),
            CConvolution = whole.Part(channels + parameters, parameters),
            DecayLog = new(prefix + "A_log", new(facts.Heads), WeightRole.DecayLog),
            Skip = new(prefix + "D", new(facts.Heads), WeightRole.Gain),
            OutputNorm = facts.OutputNormWidth is null ? null : new NormEntry(new(prefix + "norm.weight", new(channels), WeightRole.Gain), null),
            Output = WeightNames.Linear(prefix + "out_proj", channels, spec.Width, facts.ProjectionBias, roles.Output),
        };
    }

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

            // A bias is a vector; that of a convolution starts as its taps do.
            WeightRole.Uniform when inputs == 1 => 1 / MathF.Sqrt(spec.StateSpace.Taps),
            _ => 1,
        };
        return factor / MathF.Sqrt(inputs);
    }

    /// <summary>A <c>torch.nn.Conv1d</c> with as many groups as channels.</summary>
    private static ConvolutionEntry Convolution(string name, int channels, StateSpaceSpec facts, StateSpaceRoles roles) =>
        new(new($"{name}.weight", new(channels, 1, facts.Taps), roles.Convolution), facts.ConvolutionBias ? new($"{name}.bias", new(channels), roles.ConvolutionBias) : null, 0, channels);
}

/// <summary>What the weights of a state space start as.</summary>
/// <param name="Map">The input map, and that to B and C.</param>
/// <param name="Convolution">The convolution.</param>
/// <param name="ConvolutionBias">Its bias.</param>
/// <param name="Output">The output map.</param>
/// <param name="Step">The map of low rank to the step sizes.</param>
/// <param name="StepBias">The bias of the step sizes.</param>
internal sealed record StateSpaceRoles(WeightRole Map, WeightRole Convolution, WeightRole ConvolutionBias, WeightRole Output, WeightRole Step, WeightRole StepBias)
{
    /// <summary>As the makers of Mamba do it: all as PyTorch's layers start, but for step sizes and output.</summary>
    public static StateSpaceRoles Makers { get; } = new(WeightRole.Uniform, WeightRole.Uniform, WeightRole.Uniform, WeightRole.UniformResidual, WeightRole.StepMap, WeightRole.StepBias);

    /// <summary>As transformers does it for Mamba and Mamba-2.</summary>
    public static StateSpaceRoles Mamba { get; } = Makers with { Map = WeightRole.Linear, ConvolutionBias = WeightRole.Bias };

    /// <summary>Maps and biases as everywhere else in the network.</summary>
    public static StateSpaceRoles Plain { get; } = new(WeightRole.Linear, WeightRole.Linear, WeightRole.Bias, WeightRole.ResidualLinear, WeightRole.Linear, WeightRole.Bias);
}
