namespace Strata.Notebooks;

/// <summary>The plotly.js library as it was embedded at build time (MIT licence, Plotly, Inc.), for documents that show interactive figures.</summary>
public static class PlotlyAsset
{
    private static readonly Lazy<string?> Source = new(Read);

    /// <summary>Whether this build holds plotly.js. Without it, figures are static.</summary>
    public static bool IsAvailable => Source.Value is not null;

    /// <summary>
    /// Script elements that define <c>window.Plotly</c> and draw the figures that are waiting for it: put them once into a document.
    /// Empty when this build holds no plotly.js.
    /// </summary>
    public static string Script => Source.Value is not { } source
        ? ""
        : $"<script>{source}\ndocument.dispatchEvent(new Event(\"strata-plotly\"));</script>";

    private static string? Read()
    {
        using Stream? stream = typeof(PlotlyAsset).Assembly.GetManifestResourceStream("plotly.min.js");
        if (stream is null) return null;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
