using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>Brings plotly.js into a notebook once, with the first figure, so that front ends which show HTML draw it interactively without a network.</summary>
internal sealed class PlotlyScript
{
    private string? _carrier;

    /// <summary>The output that a cell must show before its figure; null when the notebook has it already.</summary>
    /// <param name="code">The cell's code. A cell that brought the script brings it again when it is run again, because its outputs are replaced then.</param>
    public MimeBundle? DueFor(string code)
    {
        if (!PlotlyAsset.IsAvailable || Interlocked.CompareExchange(ref _carrier, code, null) is { } carrier && carrier != code) return null;
        return new MimeBundle(new Dictionary<string, string> { [MimeBundle.Html] = PlotlyAsset.Script }); // No text: where HTML is not shown, there is nothing to see.
    }
}
