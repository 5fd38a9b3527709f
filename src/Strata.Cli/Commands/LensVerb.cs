using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Commands;

/// <summary><c>strata lens</c>: what the model would say next if it stopped after each block.</summary>
internal static class LensVerb
{
    /// <summary>Positions that a terminal shows: the last ones.</summary>
    private const int ShownPositions = 8;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = Inputs.Model();
        Option<string?> tokens = Inputs.Tokens(), text = Inputs.Text(), plan = Inputs.Plan();
        DataInput fit = new(required: false);
        Option<int?> ahead = Inputs.Count("--ahead", "With --data: foretell the stream so many positions later (future lens).");
        Option<bool> attribute = new("--attribute") { Description = "What each part of the last stream adds to the score of the most likely next token." };
        Option<bool> heads = new("--heads") { Description = "With --attribute: every head of an attention by itself." };
        Option<int?> neurons = Inputs.Count("--neurons", "With --attribute: MLPs in groups of so many neurons.");
        Option<bool> patches = new("--patches") { Description = "Of a network that sorts images: how far up the true class is among all, by layer, over the images of --data, beside a network with random weights." };
        WeightInput weights = new();
        Option<bool> json = Inputs.Json();
        return Verb.Create("lens", "Read the residual stream of every block through the vocabulary: as it is (logit lens), or through maps fitted on --data.", [folder, tokens, text, plan, attribute, heads, neurons, patches, .. fit.Options, ahead, .. weights.Options, json], (parse, cancellation) =>
        {
            Model model = ModelFolder.Load(terminal, parse.GetRequiredValue(folder), weights.Of(parse), cancellation);
            LayerPlan? order = parse.GetValue(plan) is string written ? model.Plans.Parse(written) : null;
            if (!parse.GetValue(attribute) && (parse.GetValue(heads) || parse.GetValue(neurons) is not null)) throw new StrataException("--heads and --neurons belong to --attribute; give both.");
            if (parse.GetValue(patches))
            {
                TokenRows images = fit.Of(parse) is DataRequest request ? DataFile.Read(model, terminal, request, cancellation) : throw new StrataException("--patches reads images; give a folder of them with --data.");
                Table identified = terminal.WithProgress(progress => ClassLens.Read(model, images, order, progress, cancellation).ToTable(ClassLens.Read(model.RandomTwin(0), images, order, progress, cancellation)));
                if (parse.GetValue(json)) terminal.WriteJson(ResultJson.Of(identified));
                else terminal.WriteTable(identified);
                return;
            }

            TokenRows prompt = Inputs.Prompt(model, parse.GetValue(tokens), parse.GetValue(text), terminal);
            if (parse.GetValue(ahead) is not null && fit.Of(parse) is null) throw new StrataException("--ahead belongs to a fitted lens; give --data to fit it on.");
            if (parse.GetValue(attribute))
            {
                Table parts = DirectLogitAttribution.Of(model, prompt.Sequences[0], plan: order, detail: new ResidualDetail { Heads = parse.GetValue(heads), NeuronsPerPart = parse.GetValue(neurons) ?? 0 }).ToTable();
                if (parse.GetValue(json)) terminal.WriteJson(ResultJson.Of(parts));
                else terminal.WriteTable(parts);
                return;
            }

            LogitLens lens = Read(terminal, model, prompt, order, fit.Of(parse), parse.GetValue(ahead) ?? 0, cancellation);
            if (parse.GetValue(json))
            {
                terminal.WriteJson(Document(lens));
            }
            else
            {
                terminal.WriteTable(TopTokens(model, lens));
                terminal.WriteTable(lens.ToTable());
            }
        });
    }

    private static LogitLens Read(Terminal terminal, Model model, TokenRows prompt, LayerPlan? order, DataRequest? fit, int ahead, CancellationToken cancellation)
    {
        if (fit is null) return terminal.WithProgress(progress => LogitLens.Read(model, prompt, order, progress, cancellation));
        if (order is not null) throw new StrataException("A lens is fitted along all blocks in order; leave --plan out.");
        TokenRows rows = DataFile.Read(model, terminal, fit, cancellation);
        return terminal.WithProgress(progress => AffineLens.Fit(model, rows, ahead, progress: progress, cancellation: cancellation).Read(prompt, progress, cancellation));
    }

    private static object Document(LogitLens lens) => new
    {
        lens.Points,
        Tokens = lens.Rows.Sequences[0],
        Top = Each(lens, cell => cell.TopId),
        Probability = Each(lens, cell => cell.Probability),
        Entropy = Each(lens, cell => cell.Entropy),
        Kl = Each(lens, cell => cell.Divergence),
        Loss = Each(lens, cell => cell.Loss),
        lens.Provenance,
    };

    /// <summary>[point][position].</summary>
    private static T[][] Each<T>(LogitLens lens, Func<LensCell, T> value) => lens.Cells[0].Select(point => point.Select(value).ToArray()).ToArray();

    private static Table TopTokens(Model model, LogitLens lens)
    {
        int[] ids = lens.Rows.Sequences[0];
        int first = Math.Max(0, ids.Length - ShownPositions);
        IEnumerable<Column> positions = Enumerable.Range(first, ids.Length - first)
            .Select(at => Column.Text($"{at}: {model.TokenLabel(ids[at])}", lens.Cells[0].Select(point => model.OutputLabel(point[at].TopId))));
        return new Table("Most likely next token after each position", lens.Provenance, [Column.Text("point", lens.Points), .. positions])
        {
            Notes = first == 0 ? [] : [$"Positions 0 to {first - 1} are not shown; --json has all."],
        };
    }
}
