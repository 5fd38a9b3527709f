using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// The standard look into one network: the battery of measures over depth in one pass, layers compared with layers, the logit lens, a probe where there are labels, the loss without each block; each beside its control.
/// What a network cannot do (an encoder has no next token) is left out and said.
/// </summary>
public sealed class Atlas
{
    private Atlas(Model model, TokenRows rows, MeasureTable measures, ComparisonMatrix? layers, Table? lens, Table? twinLens, ProbeSweep? probes, SweepResult? withoutBlocks, IReadOnlyList<string> notes)
    {
        Model = model.Explain();
        Rows = rows;
        Measures = measures;
        Layers = layers;
        Lens = lens;
        TwinLens = twinLens;
        Probes = probes;
        WithoutBlocks = withoutBlocks;
        Notes = notes;
        Label = id => model.TokenLabel(id);
    }

    /// <summary>The network's facts.</summary>
    public ModelExplanation Model { get; }

    /// <summary>The data that were measured.</summary>
    public TokenRows Rows { get; }

    /// <summary>The measures at the input of the first block and behind every block.</summary>
    public MeasureTable Measures { get; }

    /// <summary>Debiased linear CKA of all pairs of those points; null where it was left out.</summary>
    public ComparisonMatrix? Layers { get; }

    /// <summary>The logit lens by layer (<see cref="LogitLens.ToTable"/>); null for a network without a vocabulary or classes to read.</summary>
    public Table? Lens { get; }

    /// <summary>The same for the network with random weights; null without a control.</summary>
    public Table? TwinLens { get; }

    /// <summary>Linear probes of the labels; null without labels.</summary>
    public ProbeSweep? Probes { get; }

    /// <summary>The loss of the whole network, then without each block; null for a network that predicts nothing.</summary>
    public SweepResult? WithoutBlocks { get; }

    /// <summary>What was left out or cut, and why.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>A token as the network's tokenizer writes it.</summary>
    public Func<int, string> Label { get; }

    /// <summary>Runs everything.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rows">The data. The battery takes all of them; the rest the first ones, as the options say.</param>
    /// <param name="options">Measures, limits, labels, control; null for the defaults.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="StrataException">The data do not fit the network, a label or a measure is unknown, or an option is out of range.</exception>
    public static Atlas Run(Model model, TokenRows rows, AtlasOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new AtlasOptions();
        int seed = options.MeasureOptions.Seed;
        BatteryRequest request = new()
        {
            Points = ["blocks.0.resid_pre", "blocks.*.resid_post"],
            Options = options.MeasureOptions,
            Control = options.Control,
            Progress = options.Progress,
            Inputs = new MeasureInputs { Tokens = rows },
        };
        List<string> notes = [];
        Model? twin = options.Control ? model.RandomTwin(seed) : null;
        Activations kept = Capture(model, rows, options, notes, cancellation);
        // A misspelt label must not cost the rest.
        IReadOnlyList<LabelSet>? labels = options.Labels?.Invoke(kept);
        MeasureTable measures = MeasureBattery.Run(model, rows, options.Measures, request, cancellation);
        ComparisonMatrix? layers = Optional("The comparison of layers", notes, () => ComparisonMatrix.Compute(kept, kept, "cka-debiased", new ComparisonOptions { Controls = false }, options.Progress, cancellation));
        ProbeSweep? probes = labels is null ? null : Optional("The probe", notes, () => ProbeSweep.Run(
            kept, labels, null, new ProbeOptions { Seed = seed, Control = options.Control }, twin is null ? null : Capture(twin, rows, options, [], cancellation), options.Progress, cancellation));
        TokenRows read = First(rows, options.LensTokens, "The logit lens reads", notes);
        Table? lens = Optional("The logit lens", notes, () => LogitLens.Read(model, read, null, options.Progress, cancellation).ToTable());
        Table? twinLens = lens is null || twin is null ? null : LogitLens.Read(twin, read, null, options.Progress, cancellation).ToTable();
        TokenRows predicted = First(rows, options.SweepTokens, "The loss without each block is that of", notes);
        SweepResult? sweep = Optional("The loss without each block", notes, () => Sweep.Run(model, predicted, [model.Plans.Identity(), .. model.Plans.DropEach()], new SweepOptions { Progress = options.Progress }, cancellation));
        return new Atlas(model, rows, measures, layers, lens, twinLens, probes, sweep, notes);
    }

    /// <summary>Rows of ids drawn evenly from the vocabulary, for a network without data at hand. They are no language, and the network was not trained on such.</summary>
    /// <param name="model">The network.</param>
    /// <param name="count">Rows.</param>
    /// <param name="length">Tokens of each, fewer where the network has fewer positions.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="StrataException">The network reads images.</exception>
    public static TokenRows RandomRows(Model model, int count = 64, int length = 32, int seed = 0)
    {
        if (model.Spec.Image is not null) throw new StrataException($"{model.Name} ({model.Spec.Family}) reads images, and random ones say nothing; give a folder of images as data.");
        Random random = new(seed);
        int tokens = Math.Min(length, model.Spec.MaxPositions);
        return new TokenRows(string.Create(CultureInfo.InvariantCulture, $"ids drawn evenly from the vocabulary, seed {seed}"),
            Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, tokens).Select(_ => random.Next(model.Spec.Vocabulary)).ToArray()).ToArray());
    }

    /// <summary>A part of the atlas, or null where the network or the data do not allow it; then a note says why.</summary>
    private static T? Optional<T>(string what, List<string> notes, Func<T> part) where T : class
    {
        try
        {
            return part();
        }
        catch (StrataException e) when (e is not InvalidFileException)
        {
            notes.Add($"{what} was left out: {e.Message}");
            return null;
        }
    }

    private static Activations Capture(Model model, TokenRows rows, AtlasOptions options, List<string> notes, CancellationToken cancellation)
    {
        long each = 4L * model.Spec.Width * (model.Spec.Blocks + 1);
        TokenRows few = First(rows, (int)Math.Clamp(options.CapturedBytes / each, 1, options.CapturedTokens), "The comparison of layers and the probe take", notes);
        return model.Capture(few, new CaptureRequest { Points = ["blocks.0.resid_pre", "blocks.*.resid_post"], Announce = _ => { }, Progress = options.Progress }, cancellation);
    }

    /// <summary>The first rows that hold at most so many tokens, one at least.</summary>
    private static TokenRows First(TokenRows rows, int tokens, string what, List<string> notes)
    {
        int count = 0;
        long sum = 0;
        while (count < rows.Count && ((sum += rows.Sequences[count].Length) <= tokens || count == 0)) count++;
        if (count == rows.Count) return rows;
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"{what} the first {count:N0} of {rows.Count:N0} rows."));
        return rows.Take(count);
    }
}
