using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary>The options of <c>strata measure</c> that make a series, or measure something else than hook points one by one.</summary>
internal sealed class MeasureSeriesInput
{
    private static readonly Dictionary<string, CorruptionKind> Corruptions = Enum.GetValues<CorruptionKind>().ToDictionary(k => k.ToString().ToLowerInvariant());
    private static readonly Dictionary<string, PairKind> Pairs = new() { ["one-more"] = PairKind.OneMore, ["first-token"] = PairKind.FirstToken, ["last-but-one"] = PairKind.LastButOne };

    private readonly Option<string?> _corrupt = new("--corrupt") { Description = "A series over the share of corrupted tokens.", HelpName = string.Join('|', Corruptions.Keys) };
    private readonly Option<string?> _shares = new("--shares") { Description = "With --corrupt: the shares; 0,0.1,0.25,0.5,1 by default.", HelpName = "SHARE[,SHARE...]" };
    private readonly Option<string?> _lengths = new("--lengths") { Description = "A series over the length of the prompts, cut to so many tokens; with --pairs the lengths of the pairs.", HelpName = "N[,N...]" };
    private readonly Option<bool> _checkpoints = new("--checkpoints") { Description = "SOURCE is a folder of folders with a checkpoint each (step1, step2 ...), or a model of the hub with --revisions: a series over them, one in memory at a time." };
    private readonly Option<string?> _revisions = new("--revisions") { Description = "With --checkpoints: revisions of a hub model, or some folders of the folder, in order.", HelpName = "NAME[,NAME...]" };
    private readonly Option<string?> _parts = new("--position-context") { Description = "Instead of --measure: the shares of one hook point's variance that position and prompt explain, and the coordinates of both. Prompts are cut to the shortest.", HelpName = "POINT" };
    private readonly Option<string?> _pairs = new("--pairs") { Description = "Instead of --measure: how far apart the last tokens of two nearly equal sequences are, over length, layer and number format; needs --token.", HelpName = string.Join('|', Pairs.Keys) };
    private readonly Option<int?> _token = new("--token") { Description = "With --pairs: the id that is repeated.", HelpName = "ID" };
    private readonly Option<int?> _other = new("--other") { Description = "With --pairs: the id that differs; that of --token plus 1 by default.", HelpName = "ID" };

    /// <summary>The options, for the verb.</summary>
    public Option[] Options => [_corrupt, _shares, _lengths, _checkpoints, _revisions, _parts, _pairs, _token, _other];

    /// <summary>Is something else than the measures of one network on the data as they are asked for?</summary>
    /// <exception cref="StrataException">Two such things are, or an option stands without the one that it belongs to.</exception>
    public bool Given(ParseResult parse)
    {
        Option[] ways = new Option[] { _corrupt, _lengths, _checkpoints, _parts, _pairs }.Where(o => Has(parse, o) && !(o == _lengths && Has(parse, _pairs))).ToArray();
        if (ways.Length > 1) throw new StrataException($"{ways[0].Name} and {ways[1].Name} ask for different results; give one of them.");
        foreach ((Option part, Option whole) in new (Option, Option)[] { (_shares, _corrupt), (_revisions, _checkpoints), (_token, _pairs), (_other, _pairs) })
        {
            if (Has(parse, part) && !Has(parse, whole)) throw new StrataException($"{part.Name} belongs to {whole.Name}; give both.");
        }

        return ways.Length == 1;
    }

    /// <summary>Are measures part of what is asked for?</summary>
    public bool NeedsMeasures(ParseResult parse) => !Has(parse, _parts) && !Has(parse, _pairs);

    /// <summary>Runs what is asked for.</summary>
    /// <param name="terminal">Where progress is drawn.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="source">The model, or the checkpoints.</param>
    /// <param name="settings">Data, points, memory of the weights.</param>
    /// <param name="measures">Names of measures; empty where none are needed.</param>
    /// <param name="request">Options and control of a battery.</param>
    /// <param name="cancellation">Stops the work.</param>
    public IReadOnlyList<Table> Run(Terminal terminal, ParseResult parse, string source, CaptureSettings settings, string[] measures, BatteryRequest request, CancellationToken cancellation)
    {
        if (parse.GetValue(_checkpoints))
        {
            DataRequest data = DataOf(settings, source);
            ModelOptions options = settings.Weights with { Announce = terminal.Note };
            IReadOnlyList<(string, Func<Model>)> checkpoints = MeasureSeries.CheckpointsOf(source, parse.GetValue(_revisions) is string names ? Inputs.List("--revisions", names) : [], options);
            return [terminal.WithProgress(progress => MeasureSeries.Checkpoints(checkpoints, model => DataFile.Read(model, terminal, data, cancellation), measures, request with { Progress = progress }, cancellation)).Table];
        }

        Model model = ModelFolder.Load(terminal, source, settings.Weights, cancellation);
        if (parse.GetValue(_pairs) is string pairs) return [PairsOf(parse, model, Inputs.Choice("--pairs", pairs, Pairs), settings, cancellation)];
        TokenRows rows = DataFile.Read(model, terminal, DataOf(settings, source), cancellation);
        if (parse.GetValue(_parts) is string point) return PartsOf(model, rows, point, cancellation);
        BatteryRequest own = request with { Inputs = request.Inputs with { Tokens = rows } };
        if (Has(parse, _lengths)) return [terminal.WithProgress(progress => MeasureSeries.Lengths(model, rows, measures, LengthsOf(parse), own with { Progress = progress }, cancellation)).Table];
        double[] shares = parse.GetValue(_shares) is string list ? Numbers<double>("--shares", list, text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double s) ? s : null) : [0, 0.1, 0.25, 0.5, 1];
        CorruptionKind kind = Inputs.Choice("--corrupt", parse.GetValue(_corrupt)!, Corruptions);
        return [terminal.WithProgress(progress => MeasureSeries.Corruption(model, rows, measures, kind, shares, own with { Progress = progress }, cancellation)).Table];
    }

    private static IReadOnlyList<Table> PartsOf(Model model, TokenRows rows, string point, CancellationToken cancellation)
    {
        TokenRows cut = TokenCorruption.Cut(rows, rows.Sequences.Min(s => s.Length));
        Activations captured = model.Capture(cut, new CaptureRequest { Points = [point], Announce = _ => { } }, cancellation);
        if (captured.Points.Count > 1) throw new StrataException($"--position-context takes one hook point, and {captured.Points.Count} match \"{point}\".");
        PositionContextParts parts = PositionContextParts.Compute(captured, captured.Points[0]);
        return [parts.Shares, parts.PositionPath, parts.ContextCloud];
    }

    private Table PairsOf(ParseResult parse, Model model, PairKind kind, CaptureSettings settings, CancellationToken cancellation)
    {
        if (parse.GetValue(_token) is not int token) throw new StrataException("--pairs repeats one token: give its id with --token.");
        return PairDistance.Run(model, kind, Has(parse, _lengths) ? LengthsOf(parse) : [2, 4, 8, 16, 32], token, parse.GetValue(_other) ?? token + 1, settings.Points, null, cancellation);
    }

    private int[] LengthsOf(ParseResult parse) => Numbers<int>("--lengths", parse.GetValue(_lengths)!, text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null);

    private static T[] Numbers<T>(string option, string list, Func<string, T?> read) where T : struct =>
        Inputs.List(option, list).Select(text => read(text) ?? throw new StrataException($"{option} {list}: \"{text}\" is no number.")).ToArray();

    private static DataRequest DataOf(CaptureSettings settings, string source) => settings.Data ?? throw new StrataException($"A model needs data to run on: {source} --data FILE.");

    private static bool Has(ParseResult parse, Option option) => parse.GetResult(option) is { Implicit: false };
}
