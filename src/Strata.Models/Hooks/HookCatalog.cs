using System.Text;
using System.Text.RegularExpressions;

namespace Strata.Models;

/// <summary>The hook points of a network under a plan, in execution order, and their selection by globs.</summary>
public sealed class HookCatalog
{
    private static readonly HookKind[] AttentionKinds =
        [HookKind.ResidPre, HookKind.AttentionNorm, HookKind.Query, HookKind.QueryNorm, HookKind.Key, HookKind.KeyNorm, HookKind.Value, HookKind.RotaryQuery, HookKind.RotaryKey, HookKind.Scores, HookKind.Pattern, HookKind.Mixed, HookKind.AttentionOut,
        HookKind.SsmInput, HookKind.SsmGate, HookKind.SsmConvolution, HookKind.SsmDelta, HookKind.SsmB, HookKind.SsmC, HookKind.SsmState, HookKind.SsmPattern, HookKind.SsmMixed, HookKind.SsmGated, HookKind.SsmOut, HookKind.ResidMid];

    private static readonly HookKind[] MlpKinds =
        [HookKind.MlpNorm, HookKind.MlpPre, HookKind.MlpPreLinear, HookKind.MlpPost, HookKind.Router, HookKind.ExpertWeights, HookKind.SharedExpert, HookKind.MlpOut, HookKind.ResidPost];

    /// <summary>Lists the points of a network that runs along a plan.</summary>
    public HookCatalog(ModelSpec spec, LayerPlan plan)
    {
        List<HookPoint> points = [new("embed", HookKind.Embed, -1, -1, spec.EmbeddedWidth)];
        if (spec.Positions == PositionKind.Learned) points.Add(new("pos_embed", HookKind.PositionEmbed, -1, -1, spec.EmbeddedWidth));
        if (spec.TokenTypes > 0) points.Add(new("type_embed", HookKind.TypeEmbed, -1, -1, spec.EmbeddedWidth));
        if (spec.EmbeddingNorm) points.Add(new("ln_embed.normalized", HookKind.EmbedNorm, -1, -1, spec.EmbeddedWidth));
        Dictionary<string, int> seen = [];
        for (int i = 0; i < plan.Executions.Length; i++)
        {
            PlanStep execution = plan.Executions[i];
            int block = LayerPlan.BlockOf(execution);
            IEnumerable<HookKind> kinds = execution switch
            {
                AttentionStep => spec.Block(block).HasMlp ? AttentionKinds : AttentionKinds.Append(HookKind.ResidPost),
                MlpStep when !spec.Block(block).MixesTokens => MlpKinds.Prepend(HookKind.ResidPre),
                MlpStep => spec.SharedNorm ? MlpKinds.Prepend(HookKind.AttentionNorm) : MlpKinds,
                _ => AttentionKinds.Concat(MlpKinds),
            };
            foreach (HookKind kind in kinds.Where(kind => Exists(spec, block, kind)))
            {
                string name = $"blocks.{block}.{Suffix(kind)}";
                int occurrence = seen[name] = seen.GetValueOrDefault(name, -1) + 1;
                points.Add(new(occurrence == 0 ? name : $"{name}#{occurrence}", kind, i, block, ColumnsOf(spec, block, kind), HeadsOf(spec, block, kind)));
            }
        }

        Executions = plan.Executions.Length;
        if (spec.FinalNorm) points.Add(new("ln_final.normalized", HookKind.FinalNorm, Executions, -1, spec.Width));
        if (spec.HasUnembedding) points.AddRange(Head(spec));
        if (spec.SequenceHead is SequenceHead head) points.AddRange(Pooled(head, spec.Width));
        Points = points;
    }

    /// <summary>Number of block executions of the plan: the execution position of the points behind the blocks.</summary>
    public int Executions { get; }

    /// <summary>All points in execution order.</summary>
    public IReadOnlyList<HookPoint> Points { get; }

    /// <summary>
    /// The points that at least one glob selects, in execution order. <c>*</c> stands for any characters, <c>?</c> for one; a glob without <c>#</c> also selects
    /// the later runs of a block, and one that ends in <c>#0</c> the first runs alone.
    /// </summary>
    /// <exception cref="StrataException">A glob selects nothing; the message names the nearest points.</exception>
    public IReadOnlyList<HookPoint> Select(IEnumerable<string> globs)
    {
        HashSet<string> selected = [];
        foreach (string glob in globs.Select(g => g.Trim()))
        {
            bool any = false;
            foreach (HookPoint point in Matching(glob))
            {
                selected.Add(point.Name);
                any = true;
            }

            if (!any) throw new StrataException($"No hook point of this model matches \"{glob}\". {NearestNames.Suggest(glob, Points.Select(p => p.Name))} model.Explain(), #!strata points and strata info list all.");
        }

        return Points.Where(point => selected.Contains(point.Name)).ToArray();
    }

    /// <summary>Where interventions first change something: an execution position, −1 before the blocks, <see cref="Executions"/> after them. Until there a run is that of the network without them.</summary>
    /// <exception cref="StrataException">An intervention selects no point.</exception>
    public int FirstExecution(IEnumerable<Intervention> interventions) => interventions.SelectMany(i => Select([i.Point])).Select(point => point.Execution).DefaultIfEmpty(Executions).Min();

    private IEnumerable<HookPoint> Matching(string glob)
    {
        bool firstRun = glob.EndsWith("#0", StringComparison.Ordinal);
        if (firstRun) glob = glob[..^2];
        bool laterRuns = !firstRun && !glob.Contains('#');
        if (glob.IndexOfAny(['*', '?']) < 0) return Points.Where(point => point.Name == glob || (laterRuns && point.Name.StartsWith($"{glob}#", StringComparison.Ordinal)));
        Regex pattern = Compile(glob, laterRuns);
        return Points.Where(point => pattern.IsMatch(point.Name) && !(firstRun && point.Name.Contains('#')));
    }

    private IEnumerable<HookPoint> Head(ModelSpec spec)
    {
        if (spec.HeadTransform is HeadTransform transform)
        {
            yield return new("head.pre", HookKind.HeadPre, Executions, -1, transform.Width);
            yield return new("head.post", HookKind.HeadPost, Executions, -1, transform.Width);
            yield return new("head.normalized", HookKind.HeadNorm, Executions, -1, transform.Width);
        }

        yield return new("logits", HookKind.Logits, Executions, -1, spec.Vocabulary);
    }

    private IEnumerable<HookPoint> Pooled(SequenceHead head, int width)
    {
        if (head.Activation is not null) yield return new("pooler.pre", HookKind.PoolerPre, Executions, -1, width);
        yield return new("pooled", HookKind.Pooled, Executions, -1, head.Columns(width));
        if (head.Projection is int columns) yield return new("projected", HookKind.Projected, Executions, -1, columns);
        if (head.Labels is { } labels) yield return new("class_logits", HookKind.ClassLogits, Executions, -1, labels.Count);
    }

    private static Regex Compile(string glob, bool laterRuns)
    {
        StringBuilder pattern = new("^");
        foreach (char symbol in glob) pattern.Append(symbol switch { '*' => ".*", '?' => ".", _ => Regex.Escape(symbol.ToString()) });
        if (laterRuns) pattern.Append("(#[0-9]+)?");
        return new Regex(pattern.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    private static bool Exists(ModelSpec spec, int block, HookKind kind) => kind switch
    {
        >= HookKind.Query and <= HookKind.AttentionOut when !spec.Block(block).HasAttention => false,
        >= HookKind.SsmInput and <= HookKind.SsmOut => spec.Block(block).StateSpace is not null,
        >= HookKind.MlpNorm and <= HookKind.MlpOut when !spec.Block(block).HasMlp => false,
        HookKind.AttentionNorm when !spec.Block(block).MixesTokens => false,
        HookKind.AttentionNorm => spec.NormPlacement is NormPlacement.Input or NormPlacement.InputAndOutput && !spec.Block(block).PlainAttentionInput,
        HookKind.MlpNorm => spec.NormPlacement is NormPlacement.Input or NormPlacement.InputAndOutput && !spec.SharedNorm,
        HookKind.QueryNorm or HookKind.KeyNorm => spec.QueryKeyNorm != QueryKeyNorm.None,
        HookKind.RotaryQuery or HookKind.RotaryKey => spec.Block(block).Rotary is not null,
        HookKind.ResidMid => !spec.ParallelResidual && spec.Block(block).MixesTokens && spec.Block(block).HasMlp,
        HookKind.MlpPre or HookKind.MlpPost => spec.Block(block).Experts is null,
        HookKind.MlpPreLinear => spec.Block(block).Experts is null && spec.GatedMlp,
        HookKind.Router or HookKind.ExpertWeights => spec.Block(block).Experts is not null,
        HookKind.SharedExpert => spec.Block(block).Experts?.SharedWidth is not null,
        _ => true,
    };

    private static int ColumnsOf(ModelSpec spec, int block, HookKind kind) => kind switch
    {
        HookKind.SsmInput or HookKind.SsmGate or HookKind.SsmConvolution or HookKind.SsmMixed or HookKind.SsmGated => spec.Block(block).StateSpace!.Channels,
        HookKind.SsmDelta => spec.Block(block).StateSpace!.Heads,
        HookKind.SsmB or HookKind.SsmC => spec.Block(block).StateSpace!.ParameterWidth,
        HookKind.SsmState => spec.Block(block).StateSpace!.Channels * spec.Block(block).StateSpace!.StateSize,
        HookKind.Query or HookKind.QueryNorm or HookKind.RotaryQuery or HookKind.Mixed => spec.Heads * spec.HeadWidth,
        HookKind.Key or HookKind.KeyNorm or HookKind.RotaryKey or HookKind.Value => spec.KeyValueHeads * spec.HeadWidth,
        HookKind.Scores or HookKind.Pattern or HookKind.SsmPattern => 0,
        HookKind.MlpPre or HookKind.MlpPreLinear or HookKind.MlpPost => spec.Block(block).MlpWidth,
        HookKind.Router or HookKind.ExpertWeights => spec.Block(block).Experts!.Count,
        _ => spec.Width,
    };

    private static int HeadsOf(ModelSpec spec, int block, HookKind kind) => kind switch
    {
        HookKind.Query or HookKind.QueryNorm or HookKind.RotaryQuery or HookKind.Scores or HookKind.Pattern or HookKind.Mixed => spec.Heads,
        HookKind.Key or HookKind.KeyNorm or HookKind.RotaryKey or HookKind.Value => spec.KeyValueHeads,
        HookKind.SsmPattern => spec.Block(block).StateSpace!.HasHeads ? spec.Block(block).StateSpace!.Heads : 1,
        HookKind.SsmInput or HookKind.SsmGate or HookKind.SsmConvolution or HookKind.SsmDelta or HookKind.SsmState or HookKind.SsmMixed or HookKind.SsmGated when spec.Block(block).StateSpace!.HasHeads
            => spec.Block(block).StateSpace!.Heads,
        _ => 0,
    };

    private static string Suffix(HookKind kind) => kind switch
    {
        HookKind.ResidPre => "resid_pre",
        HookKind.AttentionNorm => "ln1.normalized",
        HookKind.Query => "attn.q",
        HookKind.Key => "attn.k",
        HookKind.Value => "attn.v",
        HookKind.QueryNorm => "attn.norm_q",
        HookKind.KeyNorm => "attn.norm_k",
        HookKind.RotaryQuery => "attn.rot_q",
        HookKind.RotaryKey => "attn.rot_k",
        HookKind.Scores => "attn.scores",
        HookKind.Pattern => "attn.pattern",
        HookKind.Mixed => "attn.z",
        HookKind.AttentionOut => "attn_out",
        HookKind.SsmInput => "ssm.conv_pre",
        HookKind.SsmGate => "ssm.gate",
        HookKind.SsmConvolution => "ssm.conv",
        HookKind.SsmDelta => "ssm.delta",
        HookKind.SsmB => "ssm.B",
        HookKind.SsmC => "ssm.C",
        HookKind.SsmState => "ssm.state",
        HookKind.SsmPattern => "ssm.pattern",
        HookKind.SsmMixed => "ssm.y",
        HookKind.SsmGated => "ssm.gated",
        HookKind.SsmOut => "ssm_out",
        HookKind.ResidMid => "resid_mid",
        HookKind.MlpNorm => "ln2.normalized",
        HookKind.MlpPre => "mlp.pre",
        HookKind.MlpPreLinear => "mlp.pre_linear",
        HookKind.MlpPost => "mlp.post",
        HookKind.Router => "mlp.router",
        HookKind.ExpertWeights => "mlp.weights",
        HookKind.SharedExpert => "mlp.shared_out",
        HookKind.MlpOut => "mlp_out",
        HookKind.ResidPost => "resid_post",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
