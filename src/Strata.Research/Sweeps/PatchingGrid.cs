using Strata.Models;
using Strata.Tensors;

namespace Strata.Research;

/// <summary>
/// Activation patching (causal tracing; Meng et al., arXiv 2202.05262; Zhang and Nanda, arXiv 2309.16042) over a grid of blocks and positions: the corrupted prompt runs with one value replaced by what the clean
/// prompt has there, and the metric of the last position says how much of the clean prompt's answer comes back. A patch leaves the blocks before it and, where attention is causal,
/// the positions before it as they were: these are computed once, patches run together, and only the last position goes through the last block and the unembedding.
/// </summary>
public sealed class PatchingGrid
{
    private PatchingGrid(Model model, int[] clean, int[] corrupted, HookPoint[] points, PatchingMetric metric, Provenance provenance)
    {
        (Metric, Provenance) = (metric, provenance);
        Points = [.. points.Select(point => point.Name)];
        CleanTokens = [.. clean.Select(model.TokenLabel)];
        CorruptedTokens = [.. corrupted.Select(model.TokenLabel)];
        Values = new double[points.Length, clean.Length];
    }

    /// <summary>The points that were patched, one row each, in execution order.</summary>
    public IReadOnlyList<string> Points { get; }

    /// <summary>Tokens of the clean prompt as text, which may hold anything that a vocabulary holds.</summary>
    public IReadOnlyList<string> CleanTokens { get; }

    /// <summary>Tokens of the corrupted prompt as text.</summary>
    public IReadOnlyList<string> CorruptedTokens { get; }

    /// <summary>What was measured.</summary>
    public PatchingMetric Metric { get; }

    /// <summary>The metric under each patch, [points, positions].</summary>
    public double[,] Values { get; }

    /// <summary>The metric of the clean prompt.</summary>
    public double Clean { get; private init; }

    /// <summary>The metric of the corrupted prompt.</summary>
    public double Corrupted { get; private init; }

    /// <summary>Token-blocks that were run for the patches: rows of the stream through blocks, half a block counts as one half.</summary>
    public double TokenBlocks { get; private init; }

    /// <summary>Token-blocks that one whole run per patch would take.</summary>
    public double LoopTokenBlocks { get; private init; }

    /// <summary>Where the result came from.</summary>
    public Provenance Provenance { get; }

    /// <summary>Patches each point at each position.</summary>
    /// <param name="model">A network that predicts the next token.</param>
    /// <param name="clean">Ids of the prompt whose values are carried over.</param>
    /// <param name="corrupted">Ids of the prompt that runs, as many.</param>
    /// <param name="metric">What is measured after the last token.</param>
    /// <param name="options">Place, plan, batch size, progress.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The prompts differ in length or do not fit the network, or the place does not exist or is no row per position.</exception>
    public static PatchingGrid Run(Model model, int[] clean, int[] corrupted, PatchingMetric metric, PatchingOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new PatchingOptions();
        model.RequireNextToken("Patching");
        LayerPlan plan = model.CheckPlan(options.Plan);
        HookPoint[] points = PointsOf(model, plan, options.Place);
        if (clean.Length != corrupted.Length || clean.Length == 0)
            throw new StrataException($"The clean prompt has {clean.Length} tokens and the corrupted one {corrupted.Length}; patching position by position needs prompts of one length.");
        TokenRows cleanRows = new("clean prompt", [clean]), both = new("clean and corrupted prompt", [clean, corrupted]);
        Activations values = model.Capture(cleanRows, new CaptureRequest { Points = [.. points.Select(p => p.Name)], Plan = plan, Announce = _ => { } }, cancellation);
        Activations logits = model.Capture(cleanRows, new CaptureRequest { Points = ["logits"], Positions = PositionSelection.Last, Plan = plan, Announce = _ => { } }, cancellation);
        float[] cleanLogits = logits.Rows("logits").Values;
        using ReferenceRun reference = new(model, corrupted, plan, cancellation);
        Patch[] patches = [.. points.SelectMany((point, row) => Enumerable.Range(0, clean.Length).Select(position => Patch.Of(reference, point, row, position, values)))];
        Provenance provenance = (model.Provenance with { Data = both.Name, DataHash = both.Hash, Plan = plan.ToString() }).With("patched", options.Place).With("metric", metric.Name);
        PatchingGrid grid = new(model, clean, corrupted, points, metric, provenance)
        {
            Clean = metric.Of(cleanLogits, cleanLogits),
            Corrupted = metric.Of(reference.LastLogits, cleanLogits),
            TokenBlocks = patches.Sum(patch => patch.TokenBlocks),
            LoopTokenBlocks = patches.Length * plan.BlocksRun * clean.Length,
        };
        options.Announce(grid.Work(patches.Length, reference));
        double done = 0;
        foreach (Patch[] together in Together(patches, options.TokensPerBatch))
        {
            FloatMatrix scores = reference.Changed(together[0].Step, [.. together.Select(patch => patch.Change)], cancellation);
            for (int i = 0; i < together.Length; i++) grid.Values[together[i].Row, together[i].Change.Position] = metric.Of(scores.Row(i), cleanLogits);
            done += together.Sum(patch => patch.TokenBlocks);
            options.Progress?.Report(new WorkProgress($"Patching {patches.Length} places", (long)done, (long)grid.TokenBlocks, "tokens through blocks"));
        }

        return grid;
    }

    /// <summary>How much of the way from the corrupted to the clean metric each patch goes: 0 changes nothing, 1 brings the clean metric back. NaN where the two are equal.</summary>
    public double[,] Restored()
    {
        double[,] restored = new double[Values.GetLength(0), Values.GetLength(1)];
        for (int i = 0; i < restored.GetLength(0); i++)
            for (int j = 0; j < restored.GetLength(1); j++) restored[i, j] = Clean == Corrupted ? double.NaN : (Values[i, j] - Corrupted) / (Clean - Corrupted);
        return restored;
    }

    /// <summary>One row per patch: point, position, the tokens there, the metric, and how much of the clean one it restores.</summary>
    public Table ToTable()
    {
        (int Row, int Position)[] cells = [.. Enumerable.Range(0, Points.Count).SelectMany(row => Enumerable.Range(0, CleanTokens.Count).Select(position => (row, position)))];
        double[,] restored = Restored();
        return new Table("Patching of activations", Provenance,
            Column.Text("point", cells.Select(c => Points[c.Row])),
            Column.Integer("position", cells.Select(c => (long)c.Position)),
            Column.Text("clean token", cells.Select(c => CleanTokens[c.Position])),
            Column.Text("corrupted token", cells.Select(c => CorruptedTokens[c.Position])),
            Column.Real(Metric.Name, cells.Select(c => Values[c.Row, c.Position]), Metric.Unit),
            Column.Real("restored", cells.Select(c => restored[c.Row, c.Position])))
        {
            Notes =
            [
                FormattableString.Invariant($"{Metric.Name}: {Clean:0.####} for the clean prompt, {Corrupted:0.####} for the corrupted one; restored is 0 at the latter and 1 at the former."),
                FormattableString.Invariant($"{TokenBlocks:N0} tokens were run through blocks; one whole run per patch would be {LoopTokenBlocks:N0}."),
            ],
        };
    }

    private string Work(int patches, ReferenceRun reference) => FormattableString.Invariant(
        $"Patching {Points.Count} points at {CleanTokens.Count} positions: {patches} runs of {TokenBlocks:N0} tokens through blocks (one whole run per patch would be {LoopTokenBlocks:N0}), {reference.Bytes:N0} bytes of the corrupted prompt's streams, keys and values.")
        + (reference.SharesPositions ? "" : " What a state space carries over is not kept for every position, so patches run from the first token on.");

    private static HookPoint[] PointsOf(Model model, LayerPlan plan, string place)
    {
        HookPoint[] points = [.. new HookCatalog(model.Spec, plan).Select([$"blocks.*.{place}"]).Where(p => BlockPoint.Of(p.Name) is BlockPoint at && at.Place.Split('#')[0] == place.Split('#')[0])];
        if (points.Length == 0) throw new StrataException($"\"{place}\" names no place of the blocks; give one without the block, such as resid_pre, attn_out or mlp_out.");
        return points.All(p => !p.IsAttentionMatrix) ? points : throw new StrataException($"\"{place}\" is a matrix of all positions; a patch is one row, such as that of resid_pre, attn_out, mlp_out or attn.z.");
    }

    /// <summary>Patches of one step, in batches of about equal size that run no more tokens than a batch holds.</summary>
    private static IEnumerable<Patch[]> Together(Patch[] patches, int tokensPerBatch)
    {
        foreach (Patch[] step in patches.GroupBy(patch => patch.Step).Select(step => step.ToArray()))
        {
            int tokens = step.Sum(patch => patch.Tokens), batches = (tokens + tokensPerBatch - 1) / tokensPerBatch, share = (tokens + batches - 1) / batches;
            for (int first = 0; first < step.Length;)
            {
                int end = first + 1, held = step[first].Tokens;
                while (end < step.Length && held + step[end].Tokens <= share) held += step[end++].Tokens;
                yield return step[first..end];
                first = end;
            }
        }
    }

    /// <summary>A patch, and what it makes run.</summary>
    private sealed record Patch(int Row, int Step, int Tokens, double TokenBlocks, PositionChange Change)
    {
        public static Patch Of(ReferenceRun reference, HookPoint point, int row, int position, Activations values)
        {
            float[] value = values.Samples(point.Name)[0].Row(position).ToArray();
            Intervention intervention = Intervention.Set(point.Name.Contains('#') ? point.Name : $"{point.Name}#0", value).At(new PositionSelection(position..(position + 1)));
            int step = reference.Plan.StepOf(point.Execution), tokens = reference.TokensFrom(position);
            return new Patch(row, step, tokens, tokens * reference.Plan.BlocksFrom(step), new PositionChange(position, [intervention]));
        }
    }
}
