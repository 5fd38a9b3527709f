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

    /// <summary>How random weights are drawn.</summary>
    public static StateSpaceInitialisation StateSpaceInitialisation(this ConfigReader config)
    {
        StateSpaceInitialisation absent = new();
        return new StateSpaceInitialisation(
            config.OptionalPositive("time_step_min") ?? absent.MinStep,
            config.OptionalPositive("time_step_max") ?? absent.MaxStep,
            config.OptionalFloat("time_step_floor", 0) ?? absent.StepFloor,
            config.OptionalFloat("time_step_scale") ?? absent.StepScale,
            config.OptionalString("time_step_init_scheme") == "constant",
            config.OptionalBool("rescale_prenorm_residual") ?? false);
    }

    /// <summary>Names of networks that call their stack <c>backbone</c>.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    /// <param name="block">The map of a block from its number and its prefix.</param>
    public static WeightMap Map(ModelSpec spec, Func<string, bool> has, Func<int, string, BlockMap> block)
    {
        string prefix = has("norm_f.weight") ? "" : "backbone.";
        string embedding = has(prefix + "embedding.weight") ? "embedding" : "embeddings";
        return new WeightMap(new($"{prefix}{embedding}.weight", new(spec.Vocabulary, spec.Width), WeightRole.Embedding),
            Enumerable.Range(0, spec.Blocks).Select(i => block(i, $"{prefix}layers.{i}.")).ToArray())
        {
            FinalNorm = WeightNames.Norm(spec, prefix + "norm_f"),
            Unembedding = spec.TiedUnembedding ? null : new("lm_head.weight", new(spec.Vocabulary, spec.Width), WeightRole.Linear),
        };
    }

    /// <summary>A state space of the first kind.</summary>
    public static StateSpaceMap Mamba(ModelSpec spec, StateSpaceSpec facts, string prefix)
    {
        int channels = facts.Channels, rank = facts.StepRank!.Value, size = facts.StateSize;
        LinearEntry input = WeightNames.Linear(prefix + "in_proj", spec.Width, 2 * channels, facts.ProjectionBias);
        LinearEntry parameters = WeightNames.Linear(prefix + "x_proj", channels, rank + (2 * size), false);
        return new StateSpaceMap
        {
            Input = input.Part(0, channels),
            Gate = input.Part(channels, channels),
            Convolution = Convolution(prefix + "conv1d", channels, facts, WeightRole.Uniform),
            Step = parameters.Part(0, rank),
            Delta = new LinearEntry(new(prefix + "dt_proj.weight", new(channels, rank), WeightRole.StepMap), new(prefix + "dt_proj.bias", new(channels), WeightRole.StepBias), WeightOrientation.OutputsByInputs, 0, channels),
            B = parameters.Part(rank, size),
            C = parameters.Part(rank + size, size),
            DecayLog = new(prefix + "A_log", new(channels, size), WeightRole.DecayLog),
            Skip = new(prefix + "D", new(channels), WeightRole.Gain),
            Output = WeightNames.Linear(prefix + "out_proj", channels, spec.Width, facts.ProjectionBias, WeightRole.UniformResidual),
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
