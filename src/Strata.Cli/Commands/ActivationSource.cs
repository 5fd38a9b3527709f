using System.IO.Enumeration;
using Strata.Models;
using Strata.Research;
using Strata.Tensors;

namespace Strata.Cli.Commands;

/// <summary>What to capture of a model, or to keep of a file of activations.</summary>
internal sealed record CaptureSettings
{
    /// <summary>The data; null where a file of activations is read.</summary>
    public DataRequest? Data { get; init; }

    /// <summary>Globs of hook points; null for the default of a model, or for all points of a file.</summary>
    public IReadOnlyList<string>? Points { get; init; }

    /// <summary>Points captured of a model where none were asked for.</summary>
    public required IReadOnlyList<string> DefaultPoints { get; init; }

    /// <summary>How positions become rows.</summary>
    public required Pooling Pooling { get; init; }

    /// <summary>The plan's text; null for all blocks in order.</summary>
    public string? Plan { get; init; }

    /// <summary>How a model's weights stay in memory.</summary>
    public ModelOptions Weights { get; init; } = new();

    /// <summary>Tokens that run together; null for the default.</summary>
    public int? BatchTokens { get; init; }
}

/// <summary>Where activations come from: a model that is run on data, or a file.</summary>
internal static class ActivationSource
{
    /// <summary>Does an argument name a file of activations rather than a model's folder?</summary>
    public static bool IsFile(string source) => Path.GetExtension(source).Equals(".safetensors", StringComparison.OrdinalIgnoreCase) && !HubReference.IsOne(source) && !Directory.Exists(source);

    /// <summary>Reads a file of activations, or captures from a model.</summary>
    /// <exception cref="StrataException">The model has no data, or a point or the plan does not exist.</exception>
    /// <exception cref="InvalidFileException">A file is missing or invalid, or a row does not fit the model.</exception>
    public static Activations Read(Terminal terminal, string source, CaptureSettings settings, CancellationToken cancellation)
    {
        if (!IsFile(source)) return Capture(terminal, source, settings, cancellation);
        Activations activations = ActivationsFile.Load(source);
        return settings.Points is null ? activations : Select(activations, settings.Points);
    }

    /// <summary>Runs a model on data; announces the bytes on standard error first.</summary>
    public static Activations Capture(Terminal terminal, string folder, CaptureSettings settings, CancellationToken cancellation)
    {
        (Model model, TokenRows rows, CaptureRequest request) = Open(terminal, folder, settings, cancellation);
        terminal.Note(model.PlanCapture(rows, request).ToString());
        return terminal.WithProgress(progress => model.Capture(rows, request with { Progress = progress }, cancellation));
    }

    /// <summary>Runs a model on data and compares its points with one another while the rows stream by.</summary>
    public static ComparisonMatrix Stream(Terminal terminal, string folder, CaptureSettings settings, string comparison, ComparisonOptions options, CancellationToken cancellation)
    {
        (Model model, TokenRows rows, CaptureRequest request) = Open(terminal, folder, settings, cancellation);
        return terminal.WithProgress(progress => ComparisonStream.Run(model, rows, request, comparison, options, progress: progress, cancellation: cancellation));
    }

    /// <summary>Runs a model on data and keeps only what reducers make of the rows.</summary>
    public static ReducedCapture Reduce(Terminal terminal, string folder, CaptureSettings settings, IReadOnlyList<Reducer> reducers, CancellationToken cancellation)
    {
        (Model model, TokenRows rows, CaptureRequest request) = Open(terminal, folder, settings, cancellation);
        return terminal.WithProgress(progress => ReducedCapture.Run(model, rows, request with { Announce = terminal.Note, Progress = progress }, reducers, cancellation));
    }

    private static (Model Model, TokenRows Rows, CaptureRequest Request) Open(Terminal terminal, string folder, CaptureSettings settings, CancellationToken cancellation)
    {
        if (settings.Data is null) throw new StrataException($"A model needs data to run on: {folder} --data FILE.");
        Model model = ModelFolder.Load(terminal, folder, settings.Weights, cancellation);
        LayerPlan? plan = settings.Plan is null ? null : model.Plans.Parse(settings.Plan);
        IReadOnlyList<string> points = new HookCatalog(model.Spec, model.CheckPlan(plan)).Select(settings.Points ?? settings.DefaultPoints).Select(p => p.Name).ToArray();
        TokenRows rows = DataFile.Read(model, terminal, settings.Data, cancellation);
        CaptureRequest request = new() { Points = points, Pooling = settings.Pooling, Plan = plan, Announce = _ => { } };
        return (model, rows, settings.BatchTokens is int tokens ? request with { TokensPerBatch = tokens } : request);
    }

    /// <summary>The points that globs select, in the order of the file; as in a model, a glob without <c>#</c> also selects the later runs of a block.</summary>
    private static Activations Select(Activations activations, IReadOnlyList<string> globs)
    {
        HashSet<string> selected = [];
        foreach (string glob in globs)
        {
            string[] found = activations.Points.Where(point => Matches(glob, point)).ToArray();
            if (found.Length == 0) throw new StrataException($"No captured point matches \"{glob}\". {NearestNames.Suggest(glob, activations.Points)}");
            selected.UnionWith(found);
        }

        string[] points = activations.Points.Where(selected.Contains).ToArray();
        Dictionary<string, IReadOnlyList<FloatMatrix>> samples = points.ToDictionary(point => point, activations.Samples);
        return new Activations(activations.Pooling, points, samples, activations.Provenance);
    }

    private static bool Matches(string glob, string point) =>
        FileSystemName.MatchesSimpleExpression(glob, point, ignoreCase: false)
        || (!glob.Contains('#') && FileSystemName.MatchesSimpleExpression(glob, point.Split('#')[0], ignoreCase: false));
}
