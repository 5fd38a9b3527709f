using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary><c>strata info</c>: what a model is, what can be read in it, and what cannot be done with it.</summary>
internal static class InfoVerb
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("info", "Show a model's architecture, hook points with shapes, limits and content hash.", [folder, .. weights.Options, json], (parse, cancellation) =>
        {
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            ModelExplanation explanation = model.Explain();
            if (!parse.GetValue(json)) terminal.WriteText($"{explanation}SHA-256: {model.Hash}");
            else terminal.WriteJson(Document(model, explanation));
        });
    }

    private static object Document(Model model, ModelExplanation explanation) => new
    {
        model.Name,
        model.Spec.Family,
        model.Spec.Blocks,
        model.Spec.Width,
        model.Spec.Vocabulary,
        model.Spec.MaxPositions,
        Facts = explanation.Facts.ToDictionary(fact => fact.Name, fact => fact.Value),
        HookPoints = explanation.Points.Select(point => new { point.Name, Block = point.Block < 0 ? (int?)null : point.Block, Shape = explanation.ShapeOf(point) }),
        explanation.Limits,
        model.Hash,
        model.Provenance,
    };
}
