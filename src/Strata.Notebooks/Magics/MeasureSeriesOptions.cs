using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The options of <c>#!measure</c> that make a series: the same measures while tokens are corrupted, prompts get longer, or training goes on.</summary>
internal sealed class MeasureSeriesOptions
{
    private readonly Option<string> _corrupt = new MagicOption<string>("--corrupt") { Description = "A series over the share of corrupted tokens: replace, repeat or shuffle.", HelpName = "HOW", Values = Values.Words<CorruptionKind>() };
    private readonly Option<string> _shares = new("--shares") { Description = "With --corrupt: shares with commas between; 0,0.1,0.25,0.5,1 by default.", HelpName = "SHARES" };
    private readonly Option<string> _lengths = new("--lengths") { Description = "A series over the length of the prompts, which are cut to so many tokens; or with --pairs the lengths of the pairs.", HelpName = "TOKENS" };
    private readonly Option<string> _checkpoints = new MagicOption<string>("--checkpoints") { Description = "A series over checkpoints, one in memory at a time: a folder of folders (step1, step2 ...), or a model of the hub (hf:org/name) with --revisions.", HelpName = "FOLDER", Values = Values.ModelFolder };
    private readonly Option<string> _revisions = new("--revisions") { Description = "With --checkpoints: revisions of a hub model, or some folders of the folder, in the order of the series.", HelpName = "NAMES" };

    /// <summary>Adds the options to a command.</summary>
    public MeasureSeriesOptions(Command syntax)
    {
        foreach (Option option in new Option[] { _corrupt, _shares, _lengths, _checkpoints, _revisions }) syntax.Options.Add(option);
    }

    /// <summary>Is a series asked for?</summary>
    /// <exception cref="StrataException">Two are, or an option stands without the one that it belongs to.</exception>
    public bool Given(MagicCall call)
    {
        Option[] given = new Option[] { _corrupt, _lengths, _checkpoints }.Where(call.Has).ToArray();
        if (given.Length > 1) throw new StrataException($"{given[0].Name} and {given[1].Name} change different things; a series changes one of them.");
        if (call.Has(_shares) && !call.Has(_corrupt)) throw new StrataException("--shares belongs to --corrupt; give both.");
        if (call.Has(_revisions) && !call.Has(_checkpoints)) throw new StrataException("--revisions belongs to --checkpoints; give both.");
        return given.Length == 1;
    }

    /// <summary>The lengths that were given; the usual ones when none were.</summary>
    public IReadOnlyList<int> Lengths(MagicCall call, params IReadOnlyList<int> usual) => call.Has(_lengths) ? Numbers<int>(call, _lengths, text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null) : usual;

    /// <summary>Runs the series.</summary>
    public MeasureSeries Run(MagicCall call, Inputs inputs, string[] measures, BatteryRequest request)
    {
        if (call.Has(_checkpoints))
        {
            ModelOptions options = new() { Progress = call.Progress, Announce = plan => call.Show(plan) };
            return MeasureSeries.Checkpoints(MeasureSeries.CheckpointsOf(call.Value(_checkpoints)!, call.List(_revisions), options), model => inputs.Rows(call, model), measures, request, call.Cancellation);
        }

        Model model = inputs.Model(call);
        TokenRows rows = inputs.Rows(call, model);
        BatteryRequest own = request with { Inputs = request.Inputs with { Tokens = rows } };
        if (call.Has(_lengths)) return MeasureSeries.Lengths(model, rows, measures, Lengths(call), own, call.Cancellation);
        IReadOnlyList<double> shares = call.Has(_shares) ? Numbers<double>(call, _shares, text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double s) ? s : null) : [0, 0.1, 0.25, 0.5, 1];
        return MeasureSeries.Corruption(model, rows, measures, call.Word(_corrupt, CorruptionKind.Replace), shares, own, call.Cancellation);
    }

    private static T[] Numbers<T>(MagicCall call, Option<string> option, Func<string, T?> read) where T : struct =>
        call.List(option).Select(text => read(text) ?? throw new StrataException($"{option.Name} \"{Escape.Clip(call.Value(option)!, 60)}\": \"{Escape.Clip(text, 20)}\" is no number; write numbers with commas between.")).ToArray();
}
