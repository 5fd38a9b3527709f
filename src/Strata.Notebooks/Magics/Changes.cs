using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The options that change values during the forward pass.</summary>
internal sealed class Changes
{
    private readonly Option<string[]> _zero = new MagicOption<string[]>("--zero") { Description = "Replace the values at these points by 0; may be given several times.", HelpName = "GLOB", Values = Values.Points };
    private readonly Option<string[]> _mean = new MagicOption<string[]>("--mean") { Description = "Replace the values at these points by their mean over the data; may be given several times.", HelpName = "GLOB", Values = Values.Points };
    private readonly Option<string[]> _scale = new MagicOption<string[]>("--scale") { Description = "Multiply the values at these points by F; may be given several times.", HelpName = "GLOB=F", Values = Values.Points };
    private readonly Option<int?> _head = new MagicOption<int?>("--head") { Description = "Change only this head (points attn.q, k, v, z, scores, pattern).", HelpName = "N", Values = Values.Head };
    private readonly Option<string> _positions = new("--positions") { Description = "Change only these positions: indices and ranges, end excluded, as in \"0..4, ^1\".", HelpName = "LIST" };
    private readonly Option<string> _each = new MagicOption<string>("--each")
    {
        Description = "Change each point in a run of its own instead of all at once; with head each head of each point, with a number each group of so many columns (neurons).",
        HelpName = "point|head|N",
        Arity = ArgumentArity.ZeroOrOne,
        Values = Values.Words(["point", "head"]),
    };

    /// <summary>Adds the options to a command.</summary>
    public Changes(Command syntax)
    {
        foreach (Option option in new Option[] { _zero, _mean, _scale, _head, _positions, _each }) syntax.Options.Add(option);
    }

    /// <summary>Were changes asked for?</summary>
    /// <exception cref="StrataException">Options that narrow changes stand without any.</exception>
    public bool Any(MagicCall call)
    {
        if (new Option[] { _zero, _mean, _scale }.Any(call.Has)) return true;
        Option? narrowing = new Option[] { _head, _positions, _each }.FirstOrDefault(call.Has);
        return narrowing is null ? false : throw new StrataException($"{narrowing.Name} narrows a change; give --zero, --mean or --scale with it.");
    }

    /// <summary>The runs along a plan: one with all changes, or one per part of them.</summary>
    /// <exception cref="StrataException">A glob selects no point, a point has no such parts, or a factor is no number.</exception>
    public IReadOnlyList<Variant> Runs(MagicCall call, Model model, TokenRows rows, LayerPlan plan)
    {
        string[] means = call.Value(_mean) ?? [];
        Activations? reference = means.Length == 0 ? null : model.Capture(rows, new CaptureRequest { Points = means, Plan = plan, Announce = line => call.Show(line), Progress = call.Progress }, call.Cancellation);
        Intervention[] all =
        [
            .. (call.Value(_zero) ?? []).Select(Intervention.Zero),
            .. means.Select(glob => Intervention.Mean(glob, reference!)),
            .. (call.Value(_scale) ?? []).Select(Scale),
        ];
        PositionSelection positions = call.Value(_positions) is string list ? PositionSelection.Parse(list) : PositionSelection.All;
        Intervention[] narrowed = [.. all.Select(i => call.Value(_head) is int head ? i.At(positions).OnHead(head) : i.At(positions))];
        if (!call.Has(_each)) return [new Variant("all changes", narrowed)];
        VariantParts parts = VariantParts.Parse(call.Value(_each) ?? "point");
        if (call.Has(_head) && parts != VariantParts.Points) throw new StrataException("--head changes one head, and --each goes through parts of each point; give one of them.");
        return [.. narrowed.SelectMany(change => Variant.Each(model, change, parts, plan))];
    }

    private static Intervention Scale(string text)
    {
        int equals = text.LastIndexOf('=');
        if (equals < 1 || !float.TryParse(text.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out float factor) || !float.IsFinite(factor))
            throw new StrataException($"--scale \"{Escape.Clip(text, 80)}\" is not GLOB=F, as in blocks.3.attn_out=0.5.");
        return Intervention.Scale(text[..equals], factor);
    }
}
