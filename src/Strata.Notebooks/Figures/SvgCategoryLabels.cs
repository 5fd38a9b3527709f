namespace Strata.Notebooks;

/// <summary>Labels below equal steps, made to fit: level where there is room, slanted where not, and only every so many where even that is too tight.</summary>
internal sealed class SvgCategoryLabels
{
    private const double Slant = 40;
    private const double MaxSlanted = 110;
    private readonly IReadOnlyList<string> _labels;
    private readonly double _step;
    private readonly double _size;
    private readonly int _every;
    private readonly bool _slanted;

    private SvgCategoryLabels(IReadOnlyList<string> labels, double step, double size, int every, bool slanted, double height)
    {
        _labels = labels;
        _step = step;
        _size = size;
        _every = every;
        _slanted = slanted;
        Height = height;
    }

    /// <summary>Pixels that the labels take below their top edge.</summary>
    public double Height { get; }

    /// <summary>Decides how to set labels that are <paramref name="step"/> pixels apart.</summary>
    public static SvgCategoryLabels Plan(IReadOnlyList<string> labels, double step, double size = 11)
    {
        double widest = labels.Count == 0 ? 0 : labels.Max(l => SvgCanvas.TextWidth(Escape.Clip(l, 60), size));
        if (widest + 4 <= step) return new SvgCategoryLabels(labels, step, size, 1, false, size + 3);

        // Numbers read well when thinned out; names are needed one by one, as long as there is room for them slanted.
        int every = Every(widest + 10, step);
        if (labels.All(l => double.TryParse(l, out _))) return new SvgCategoryLabels(labels, step, size, every, false, size + 3);
        double length = Math.Min(widest, MaxSlanted);
        return new SvgCategoryLabels(labels, step, size, Every(size + 3, step), true, length * Math.Sin(Slant * Math.PI / 180) + size);
    }

    /// <summary>Draws the labels; the first step begins at <paramref name="left"/>.</summary>
    public void Draw(SvgCanvas canvas, double left, double top)
    {
        for (int i = 0; i < _labels.Count; i += _every)
        {
            double middle = left + (i + 0.5) * _step;
            if (_slanted) canvas.Text(middle + 3, top + _size, SvgCanvas.Fit(_labels[i], _size, Math.Min(MaxSlanted, (middle - 8) / Math.Cos(Slant * Math.PI / 180))), _size, Anchor.End, rotate: -Slant);
            else canvas.Text(middle, top + _size, Escape.Clip(_labels[i], 60), _size, Anchor.Middle);
        }
    }

    /// <summary>Of how many labels one is drawn: 1, 2, 5, 10, 20 and so on.</summary>
    public static int Every(double needed, double step)
    {
        int every = 1;
        for (int i = 0; every * step < needed && i < 30; i++) every = every.ToString(System.Globalization.CultureInfo.InvariantCulture)[0] == '2' ? every / 2 * 5 : every * 2;
        return every;
    }
}
