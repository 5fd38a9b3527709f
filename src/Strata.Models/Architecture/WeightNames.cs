using Strata.Tensors;

namespace Strata.Models;

/// <summary>Entries as checkpoints of PyTorch modules name them: <c>NAME.weight</c>, <c>NAME.bias</c>.</summary>
internal static class WeightNames
{
    /// <summary>A <c>torch.nn.Linear</c>: weight [outputs, inputs].</summary>
    public static LinearEntry Linear(string name, int inputs, int outputs, bool bias, WeightRole role = WeightRole.Linear) =>
        new(new($"{name}.weight", new(outputs, inputs), role), bias ? Bias(name, outputs) : null, WeightOrientation.OutputsByInputs, 0, outputs);

    /// <summary>Some consecutive outputs of a fused map.</summary>
    public static LinearEntry Part(this LinearEntry whole, int first, int outputs) => whole with { FirstOutput = first, Outputs = outputs };

    /// <summary>Outputs of a fused map that lie in <paramref name="groups"/> groups of <paramref name="group"/>, <paramref name="stride"/> apart.</summary>
    public static LinearEntry Groups(this LinearEntry whole, int first, int group, int stride, int groups) =>
        whole with { FirstOutput = first, Outputs = group * groups, Group = group, Stride = stride };

    /// <summary>A norm of the network's kind over so many columns.</summary>
    public static NormEntry Norm(ModelSpec spec, string name, int width)
    {
        if (!spec.LearnedNorms) return new NormEntry(null, null);
        WeightRole role = spec.GainLessOne ? WeightRole.GainLessOne : WeightRole.Gain;
        bool bias = spec.Norm == NormKind.LayerNorm && spec.NormBias;
        return new NormEntry(new($"{name}.weight", new(width), role), bias ? Bias(name, width) : null);
    }

    /// <summary>A norm of the stream.</summary>
    public static NormEntry Norm(ModelSpec spec, string name) => Norm(spec, name, spec.Width);

    /// <summary>The first prefix under which a checkpoint has a tensor; the last one where it has none.</summary>
    public static string Prefix(Func<string, bool> has, string tensor, params string[] prefixes) => prefixes.FirstOrDefault(prefix => has(prefix + tensor)) ?? prefixes[^1];

    private static WeightEntry Bias(string name, int width) => new($"{name}.bias", new(width), WeightRole.Bias);

    /// <summary>The table that gives the scores over the vocabulary; null where the embedding does.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="width">Its columns, where they are not those of the stream.</param>
    public static WeightEntry? Unembedding(ModelSpec spec, string name = "lm_head.weight", int? width = null) =>
        spec.TiedUnembedding ? null : new(name, new(spec.Vocabulary, width ?? spec.Width), WeightRole.Linear);
}
