namespace Strata.Notebooks;

/// <summary>The plotly.js library as it was embedded at build time (MIT licence, Plotly, Inc.), for documents that show interactive figures.</summary>
public static class PlotlyAsset
{
    private static readonly Lazy<string?> Embedded = new(Read);

    /// <summary>Whether this build holds plotly.js. Without it, figures are static.</summary>
    public static bool IsAvailable => Embedded.Value is not null;

    /// <summary>JavaScript that defines <c>window.Plotly</c> and draws the figures that are waiting for it; empty when this build holds no plotly.js.</summary>
    public static string Source => Embedded.Value is { } source ? $"{source}\ndocument.dispatchEvent(new Event(\"strata-plotly\"));" : "";

    /// <summary>
    /// <see cref="Source"/> in a script element, to be put once into a document; empty when this build holds no plotly.js.
    /// </summary>
    public static string Script => IsAvailable ? $"<script>{Source}</script>" : "";

    private static string? Read()
    {
        using Stream? stream = typeof(PlotlyAsset).Assembly.GetManifestResourceStream("plotly.min.js");
        if (stream is null) return null;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
