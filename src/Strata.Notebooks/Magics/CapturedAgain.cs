using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>What activations were captured on, found again in the session, so that a network with random weights can be run on the same.</summary>
internal static class CapturedAgain
{
    /// <summary>The rows that were captured, found again by their hash; null when the session no longer has them or their model.</summary>
    public static TokenRows? Rows(MagicCall call, Activations activations, out Model? model)
    {
        model = call.Session.Find(call.Session.CurrentModel) as Model;
        if (model is null || model.Hash != activations.Provenance.ModelHash) return null;
        object? data = call.Session.Find(call.Session.CurrentData);
        try
        {
            TokenRows? rows = data switch
            {
                DataSet set => set.Take(activations.Sequences).Tokens(model),
                ToyTask task => task.Data.Take(activations.Sequences).Tokens(model),
                TokenRows tokens => tokens.Count > activations.Sequences ? tokens.Take(activations.Sequences) : tokens,
                _ => null,
            };
            return rows?.Hash == activations.Provenance.DataHash ? rows : null;
        }
        catch (StrataException)
        {
            // Data of another kind, which this model cannot read: not those that were captured.
            return null;
        }
    }

    /// <summary>The positions that were captured; null for all.</summary>
    public static string? Positions(Activations activations) =>
        activations.Provenance.Settings.TryGetValue("positions", out string? text) && text != PositionSelection.All.ToString() ? text : null;

    /// <summary>The same capture of a network of the same shape with random weights.</summary>
    public static Activations Twin(MagicCall call, Model model, TokenRows rows, Activations activations, int seed) => model.RandomTwin(seed).Capture(rows, new CaptureRequest
    {
        Points = activations.Points,
        Pooling = activations.Pooling,
        Positions = Positions(activations) is string positions ? PositionSelection.Parse(positions) : PositionSelection.All,
        Plan = Inputs.Plan(activations.Provenance.Plan, model),
        Announce = _ => { },
        Progress = call.Progress,
    }, call.Cancellation);
}
