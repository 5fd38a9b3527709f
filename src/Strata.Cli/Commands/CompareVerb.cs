using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata compare</c>: a number per pair of hook points, of one or two models or files of activations.</summary>
internal static partial class CompareVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> first = new("SOURCE") { Description = "Folder of a model or hf:org/name (then --data is needed), or a .safetensors file of activations." };
        Argument<string?> second = new("SOURCE2") { Description = "A second model or file, whose points are the columns; the first alone is compared with itself.", Arity = ArgumentArity.ZeroOrOne };
        DataInput data = new(required: false);
        Option<string> with = new("--with") { Description = $"One of {string.Join(", ", Comparisons.All.Select(c => c.Name))}, or one with parameters, as in cka-kernel=rbf-hsic=song.", HelpName = "NAME", Required = true };
        Option<string?> points = Inputs.Points("By default blocks.*.resid_post of a model, and all points of a file.");
        Option<string?> pool = Inputs.Pool("mean");
        Option<int?> batch = Inputs.BatchTokens();
        WeightInput weights = new();
        Option<bool> profile = new("--profile") { Description = "Compare each point with the same point of SOURCE2 alone." };
        Option<int?> halves = Inputs.Count("--halves", "With --profile: draw half of the rows N times and give the band of the values.");
        Option<bool> stream = new("--stream") { Description = "Hold some rows of SOURCE at a time: memory does not grow with the rows. For comparisons that need co-moments of features alone." };
        Option<bool> noControls = new("--no-controls") { Description = "Leave out the comparison with shuffled rows." };
        Option<bool> json = Inputs.Json();
        return Verb.Create("compare", "Compare the representations at every pair of hook points.", [first, second, .. data.Options, with, profile, halves, stream, noControls, points, pool, batch, .. weights.Options, json], (parse, cancellation) =>
        {
            string name = Comparisons.Get(parse.GetRequiredValue(with)).Name;
            if (parse.GetValue(halves) is not null && !parse.GetValue(profile)) throw new StrataException("--halves belongs to --profile; give both.");
            string a = parse.GetRequiredValue(first);
            string? b = parse.GetValue(second);
            bool streamed = parse.GetValue(stream);
            if (streamed && (parse.GetValue(profile) || b is not null || ActivationSource.IsFile(a))) throw new StrataException("--stream captures one model and compares its points with one another; leave SOURCE2, --profile and files of activations out.");
            if (ActivationSource.IsFile(a) && (b is null || ActivationSource.IsFile(b))) Inputs.RefuseForFiles(parse, [.. data.Options, pool, batch, .. weights.Options]);
            CaptureSettings settings = new()
            {
                Data = data.Of(parse),
                Points = parse.GetValue(points) is string globs ? Inputs.List("--points", globs) : null,
                DefaultPoints = ["blocks.*.resid_post"],
                Pooling = Inputs.PoolingOf(parse.GetValue(pool), Pooling.Mean),
                BatchTokens = parse.GetValue(batch),
                Weights = weights.Of(parse),
            };
            ComparisonOptions options = new() { Controls = !parse.GetValue(noControls), Halves = parse.GetValue(halves) ?? 0 };
            if (streamed)
            {
                Write(terminal, ActivationSource.Stream(terminal, a, settings, name, options, cancellation), parse.GetValue(json));
                return;
            }

            Activations rows = ActivationSource.Read(terminal, a, settings, cancellation);
            Activations columns = b is null ? rows : ActivationSource.Read(terminal, b, settings, cancellation);
            if (parse.GetValue(profile))
            {
                Table table = terminal.WithProgress(progress => ComparisonProfile.Compute(rows, columns, name, options, null, progress, cancellation)).Table;
                if (parse.GetValue(json)) terminal.WriteJson(ResultJson.Of(table));
                else terminal.WriteTable(table);
                return;
            }

            Write(terminal, terminal.WithProgress(progress => ComparisonMatrix.Compute(rows, columns, name, options, progress, cancellation)), parse.GetValue(json));
        });
    }

    private static void Write(Terminal terminal, ComparisonMatrix matrix, bool json)
    {
        if (json) WriteJson(terminal, matrix);
        else terminal.WriteTable(Grid(matrix));
    }

    private static void WriteJson(Terminal terminal, ComparisonMatrix matrix)
    {
        foreach (string note in matrix.Notes) terminal.Note($"Note: {note}");
        terminal.WriteJson(new { matrix.Points, matrix.Points2, Matrix = ResultJson.Rows(matrix.Values), matrix.Provenance, matrix.Provenance2 });
    }

    /// <summary>One row and one column per point; a column's heading is its block's number where all columns are the same place of different blocks.</summary>
    private static Table Grid(ComparisonMatrix matrix)
    {
        Match[] names = matrix.Points2.Select(point => PointOfBlock().Match(point)).ToArray();
        bool alike = names.All(m => m.Success) && names.Select(m => m.Groups[2].Value).Distinct().Count() == 1;
        IEnumerable<Column> columns = matrix.Points2.Select((point, j) =>
            Column.Real(alike ? names[j].Groups[1].Value : point, Enumerable.Range(0, matrix.Points.Count).Select(i => matrix.Values[i, j])));
        string across = alike ? $"blocks.*.{names[0].Groups[2].Value}" : string.Create(CultureInfo.InvariantCulture, $"{matrix.Points2.Count} points");
        return new Table($"{matrix.Comparison.Name}; columns: {across}", matrix.Provenance, [Column.Text("point", matrix.Points), .. columns]) { Notes = matrix.Notes };
    }

    [GeneratedRegex(@"^blocks\.([0-9]+)\.([^#]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex PointOfBlock();
}
