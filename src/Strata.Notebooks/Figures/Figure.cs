using Strata.Models;

namespace Strata.Notebooks;

/// <summary>
/// A plot as an immutable value: data, axes with units, notes, and where the data came from. It renders as compact static SVG, as a
/// Plotly figure, as HTML that is interactive where plotly.js is present, as text and as Markdown. No rendering exceeds about 300 KB: larger data
/// are thinned out for drawing, and a note says how.
/// </summary>
[TypeFormatterSource(typeof(FormatterSource), PreferredMimeTypes = [MimeBundle.Html, MimeBundle.Svg, MimeBundle.Markdown, MimeBundle.PlainText])]
public sealed class Figure
{
    private readonly Lazy<FittedFigure> _fitted;

    private Figure(string title, Chart chart)
    {
        Title = title;
        Chart = chart;
        _fitted = new Lazy<FittedFigure>(() => FigureFitting.Fit(this));
    }

    private Figure(Figure other) : this(other.Title, other.Chart)
    {
        Subtitle = other.Subtitle;
        GivenNotes = other.GivenNotes;
        Provenance = other.Provenance;
        IsCompact = other.IsCompact;
    }

    /// <summary>What the figure shows.</summary>
    public string Title { get; }

    /// <summary>A line below the title; null for none.</summary>
    public string? Subtitle { get; private init; }

    /// <summary>Remarks for readers: those given, then what was left out or thinned out for drawing.</summary>
    public IReadOnlyList<string> Notes => [.. GivenNotes, .. _fitted.Value.Notes];

    /// <summary>Where the data came from; null when unknown.</summary>
    public Provenance? Provenance { get; private init; }

    /// <summary>Is the static drawing half as wide, with letters of the same size?</summary>
    internal bool IsCompact { get; private init; }

    /// <summary>The data in full.</summary>
    internal Chart Chart { get; }

    internal IReadOnlyList<string> GivenNotes { get; private init; } = [];

    /// <summary>The data as drawn: the same, or thinned out.</summary>
    internal Chart Drawn => _fitted.Value.Chart;

    /// <summary>Lines over a common pair of axes.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="x">Horizontal axis.</param>
    /// <param name="y">Vertical axis.</param>
    /// <param name="series">The lines; dashed ones are controls.</param>
    /// <exception cref="StrataException">No series, or lists of different lengths in one.</exception>
    public static Figure Lines(string title, Axis x, Axis y, params IReadOnlyList<LineSeries> series) =>
        new(title, new LineChart(x, y, NotEmpty(title, series).Select(s => s.Frozen()).ToArray()));

    /// <summary>Clouds of points over a common pair of axes.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="x">Horizontal axis.</param>
    /// <param name="y">Vertical axis.</param>
    /// <param name="series">The clouds, each in its colour.</param>
    /// <exception cref="StrataException">No series, or lists of different lengths in one.</exception>
    public static Figure Scatter(string title, Axis x, Axis y, params IReadOnlyList<PointSeries> series) =>
        new(title, new ScatterChart(x, y, NotEmpty(title, series).Select(s => s.Frozen()).ToArray()));

    /// <summary>Bars side by side, one group per category.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="x">What the categories are.</param>
    /// <param name="y">What the heights measure.</param>
    /// <param name="categories">The categories, left to right.</param>
    /// <param name="series">One colour of bars each.</param>
    /// <exception cref="StrataException">No series, or one that has not one value per category.</exception>
    public static Figure Bars(string title, Axis x, Axis y, IReadOnlyList<string> categories, params IReadOnlyList<BarSeries> series) =>
        new(title, new BarChart(x, y, categories.ToArray(), NotEmpty(title, series).Select(s => s.Frozen(categories.Count)).ToArray()));

    /// <summary>The distribution of one list of numbers.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="x">What the numbers measure.</param>
    /// <param name="values">The numbers; those that are not finite, or beyond 10^300, are left out, and a note says how many.</param>
    /// <param name="bins">Number of bins; 0 takes it from the data (Freedman and Diaconis 1981, at most 100).</param>
    /// <exception cref="StrataException">No finite number, or a negative number of bins.</exception>
    public static Figure Histogram(string title, Axis x, IReadOnlyList<double> values, int bins = 0) => Histogram(title, x, [("count", values)], bins);

    /// <summary>The distributions of several lists of numbers over common bins.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="x">What the numbers measure.</param>
    /// <param name="samples">Named lists of numbers.</param>
    /// <param name="bins">Number of bins; 0 takes it from the data (Freedman and Diaconis 1981, at most 100).</param>
    /// <exception cref="StrataException">No finite number, or a negative number of bins.</exception>
    public static Figure Histogram(string title, Axis x, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> samples, int bins = 0)
    {
        HistogramChart chart = Binning.Bin(title, x, NotEmpty(title, samples), bins);
        int left = samples.Sum(s => s.Values.Count(v => !AxisScale.Drawable(v)));
        Figure figure = new(title, chart);
        return left == 0 ? figure : figure.WithNotes($"{NumberText.Count(left, "value")} not finite or too large, left out.");
    }

    /// <summary>A matrix as colours.</summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="values">The numbers, [rows, columns]; NaN stays blank.</param>
    /// <param name="style">Labels, colour scale and range; null for defaults.</param>
    /// <exception cref="StrataException">An empty matrix, labels or texts that do not match its size, or a range without extent.</exception>
    public static Figure Heatmap(string title, double[,] values, HeatmapStyle? style = null) => new(title, HeatmapBuilder.Build(title, values, style ?? new HeatmapStyle()));

    /// <summary>Heat maps side by side with one common colour scale: small multiples, for example one board per layer.</summary>
    /// <param name="title">What the grid shows.</param>
    /// <param name="panels">Heat maps; the title of each stands above its panel.</param>
    /// <param name="columns">Panels per row.</param>
    /// <exception cref="StrataException">No panels, a panel that is no heat map, panels with different kinds of scale, or fewer than one column.</exception>
    public static Figure Grid(string title, IReadOnlyList<Figure> panels, int columns) => new(title, HeatmapBuilder.Grid(title, NotEmpty(title, panels), columns));

    /// <summary>The same figure with a line below the title.</summary>
    public Figure WithSubtitle(string subtitle) => new(this) { Subtitle = subtitle };

    /// <summary>The same figure drawn half as wide with letters of the same size: for figures side by side, and for pages that are read on a phone. Changes the static drawing only.</summary>
    public Figure Compact() => new(this) { IsCompact = true };

    /// <summary>The same figure with further notes.</summary>
    public Figure WithNotes(params IReadOnlyList<string> notes) => new(this) { GivenNotes = [.. GivenNotes, .. notes] };

    /// <summary>The same figure with a statement of where its data came from.</summary>
    public Figure WithProvenance(Provenance? provenance) => new(this) { Provenance = provenance };

    /// <summary>The Plotly figure as JSON text: <c>data</c>, <c>layout</c>, <c>config</c>. It holds no character that could end a script block.</summary>
    public string ToPlotlyJson() => _fitted.Value.PlotlyJson;

    /// <summary>A static drawing: one complete <c>svg</c> element on white ground, with title and notes.</summary>
    public string ToSvg() => SvgFigure.Render(this, Drawn, Notes);

    /// <summary>An HTML fragment: the static drawing, replaced by the interactive plot in documents that hold plotly.js (<see cref="PlotlyAsset.Script"/>).</summary>
    public string ToHtml() => FigureHtml.Render(this, _fitted.Value);

    /// <summary>A summary in plain text.</summary>
    public string ToPlainText() => FigureText.Plain(this);

    /// <summary>A summary in Markdown.</summary>
    public string ToMarkdown() => FigureText.Markdown(this);

    /// <summary>All renderings.</summary>
    public MimeBundle ToMimeBundle() => new(new Dictionary<string, string>
    {
        [MimeBundle.Html] = ToHtml(),
        [MimeBundle.Plotly] = ToPlotlyJson(),
        [MimeBundle.Svg] = ToSvg(),
        [MimeBundle.Markdown] = ToMarkdown(),
        [MimeBundle.PlainText] = ToPlainText(),
    });

    /// <summary>The summary in plain text.</summary>
    public override string ToString() => ToPlainText();

    private static IReadOnlyList<T> NotEmpty<T>(string title, IReadOnlyList<T> items) =>
        items.Count > 0 ? items : throw new StrataException($"Figure \"{title}\" has nothing to show; give at least one series or panel.");
}
