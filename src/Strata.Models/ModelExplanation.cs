using System.Text;

namespace Strata.Models;

/// <summary>What can be read and changed in a model, and what cannot be done with it.</summary>
public sealed class ModelExplanation
{
    internal ModelExplanation(Model model)
    {
        Model = model;
        Points = new HookCatalog(model.Spec, model.Plans.Identity()).Points;
        List<string> limits = ["gradients are not computed"];
        if (model.Spec.Image is not null) limits.Add($"images end at {ImageSpec.MaxTokens} tokens");
        else if (model.Spec.MaxPositions < int.MaxValue) limits.Add($"sequences end at {model.Spec.MaxPositions} positions");
        if (model.Spec.Image is not null && model.Preprocessor is null) limits.Add($"no {ImagePreprocessor.FileName} was found: give pixels, not image files");
        if (model.Spec.Image is null && model.Tokenizer is null) limits.Add("no tokenizer.json was found: give token ids, not text");
        limits.AddRange(MissingPoints(model.Spec));
        Limits = limits;
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>All hook points in execution order.</summary>
    public IReadOnlyList<HookPoint> Points { get; }

    /// <summary>What this model cannot do, one line each.</summary>
    public IReadOnlyList<string> Limits { get; }

    /// <summary>Shape of a point's value for one sequence of T positions.</summary>
    public string ShapeOf(HookPoint point) => point.IsAttentionMatrix ? $"[{point.Heads}, T, T]" : point.PerSequence ? $"[1, {point.Columns}]" : $"[T, {point.Columns}]";

    /// <summary>Hook points that other architectures have, and why they do not exist here.</summary>
    private static IEnumerable<string> MissingPoints(ModelSpec spec)
    {
        BlockSpec[] blocks = Enumerable.Range(0, spec.Blocks).Select(spec.Block).ToArray();
        if (spec.Positions != PositionKind.Learned)
            yield return $"pos_embed does not exist: {PlaceOfPositions(spec.Positions)}";
        else yield return "attn.rot_q and attn.rot_k do not exist: positions are learned vectors (pos_embed)";
        if (spec.Positions == PositionKind.Rotary && blocks.Any(b => b.Rotary is null)) yield return "attn.rot_q and attn.rot_k do not exist in some blocks, which know no positions";
        if (blocks.Any(b => b.PlainAttentionInput)) yield return "ln1.normalized does not exist in the first block, whose input is ln_embed.normalized";
        if (spec.ParallelResidual) yield return "resid_mid does not exist: attention and MLP read the same stream";
        if (spec.NormPlacement is NormPlacement.Output or NormPlacement.Stream) yield return "ln1.normalized and ln2.normalized do not exist: attention and MLP read the stream itself";
        else if (spec.SharedNorm) yield return "ln2.normalized does not exist: the MLP reads ln1.normalized";
        if (!spec.FinalNorm) yield return $"ln_final.normalized does not exist: the last stream is {(spec.HasUnembedding ? "unembedded" : "left")} as it is";
        if (spec.Image is not null && spec.SequenceHead?.Labels is null) yield return "class_logits do not exist: the checkpoint holds no classifier";
        else if (!spec.HasUnembedding && spec.Image is null) yield return "logits do not exist: the checkpoint holds no head of a language model";
        if (!spec.Causal) yield return "nothing is generated, and no loss of the next token computed: tokens see those behind them";
        foreach (string missing in MissingHalves(blocks)) yield return missing;
        if (!spec.GatedMlp && blocks.Any(b => b.HasMlp)) yield return "mlp.pre_linear does not exist: the MLP is not gated";
        if (blocks.Any(b => b.Experts is not null)) yield return "mlp.pre and mlp.post do not exist in blocks with experts, which work on some tokens only (mlp.router, mlp.weights)";
    }

    private static IEnumerable<string> MissingHalves(BlockSpec[] blocks)
    {
        int[] without = [.. Enumerable.Range(0, blocks.Length).Where(i => !blocks[i].HasAttention)], alone = [.. Enumerable.Range(0, blocks.Length).Where(i => !blocks[i].HasMlp)];
        if (without.Length > 0) yield return $"attn.* and attn_out do not exist in {Count(without)}: {(without.All(i => blocks[i].StateSpace is null) ? "nothing mixes the tokens there" : "a state space mixes the tokens (ssm.*, ssm_out)")}";
        if (alone.Length > 0) yield return $"resid_mid, ln2.normalized, mlp.* and mlp_out do not exist in {Count(alone)}: there is no MLP";
        if (blocks.Any(b => b.StateSpace is { HasHeads: false })) yield return "ssm.pattern is the mean over the channels of a state space and can only be read";

        string Count(int[] some) => some.Length == blocks.Length ? "any block" : $"{(some.Length == 1 ? "block" : "blocks")} {ModelFacts.Blocks(some)}";
    }

    private static string PlaceOfPositions(PositionKind positions) => positions switch
    {
        PositionKind.Rotary => "positions turn queries and keys (attn.rot_q, attn.rot_k)",
        PositionKind.Relative => "distances change the scores (attn.scores)",
        PositionKind.None => "the order of the tokens is that in which the state spaces read them",
        _ => "positions bias the scores (attn.scores)",
    };

    /// <summary>The facts of the architecture, name and value.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts =>
        [.. ModelFacts.Of(Model.Spec), ("weights in memory", WeightsInMemory()), ("engine", Model.Engine.Name)];

    private string WeightsInMemory() => Model.MemoryLimit is not long limit
        ? $"{Model.WeightBytes:N0} bytes"
        : $"{Model.WeightBytes:N0} bytes of the {limit:N0} allowed ({Model.Weights.Blocks.InMemory} of {Model.Spec.Blocks} blocks; the others are read when they run)";

    /// <summary>Facts, hook points and limits as text.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine(Model.Name);
        foreach ((string name, string value) in Facts) text.AppendLine($"  {name,-18}{value}");
        text.AppendLine("Hook points in execution order (T positions):");
        foreach (HookPoint point in Points.Where(p => p.Block < 0 && p.Execution < 0)) AppendPoint(text, point);
        foreach (int[] alike in AlikeBlocks())
        {
            foreach (HookPoint point in Points.Where(p => p.Block == alike[0])) AppendPoint(text, point);
            if (alike.Length > 1) text.AppendLine($"  ... the same for {(alike.Length == 2 ? "block" : "blocks")} {ModelFacts.Blocks(alike[1..])}");
        }

        foreach (HookPoint point in Points.Where(p => p.Block < 0 && p.Execution >= 0)) AppendPoint(text, point);
        foreach (string limit in Limits) text.AppendLine($"Note: {limit}.");
        return text.ToString();
    }

    private void AppendPoint(StringBuilder text, HookPoint point) => text.AppendLine($"  {point.Name,-28}{ShapeOf(point)}");

    /// <summary>Blocks with the same points, by their first block.</summary>
    private IEnumerable<int[]> AlikeBlocks() => Points.Where(p => p.Block >= 0).GroupBy(p => p.Block)
        .GroupBy(block => string.Join(' ', block.Select(p => $"{p.Kind} {p.Columns}")))
        .Select(alike => alike.Select(block => block.Key).ToArray());
}
