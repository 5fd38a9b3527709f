using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!measure</c>: a number per hook point.</summary>
internal sealed class MeasureMagic : MagicCommand
{
    private readonly Argument<string> _activations;
    private readonly Option<string> _measures, _form, _normalize, _name;
    private readonly Option<double?> _alpha;
    private readonly Option<int?> _maxRows;
    private readonly Option<int> _seed;

    public MeasureMagic()
        : base("#!measure", "A number per hook point: entropy, curvature, intrinsic dimension ...", "#!measure --measure prompt-entropy,curvature", "#!measure acts --measure prompt-entropy --normalize log-n")
    {
        _activations = Argument<string>("ACTS", "Name of the activations; \"acts\" by default.", required: false, Values.Activations);
        _measures = Option<string>("--measure", $"Names with commas between: {string.Join(", ", Measures.All.Select(m => m.Name))}.", "NAMES", Values.List(Values.Words(Measures.All.Select(m => (m.Name, m.Summary)))));
        _measures.Required = true;
        _form = Option<string>("--form", "textbook (the paper's definition, by default) or reference (what its published code computes).", "FORM", Values.Words<MeasureForm>());
        _normalize = Option<string>("--normalize", "Entropies: raw (nats, by default), log-n, log-d or max.", "HOW", Values.Words<EntropyNormalization>());
        _alpha = Option<double?>("--alpha", "Entropies: order of the Rényi entropy; 1 by default.", "ORDER");
        _maxRows = Option<int?>("--max-rows", "two-nn: at most so many rows, drawn by --seed.", "N");
        _seed = Option<int>("--seed", "Seed of whatever is drawn at random; 0 by default.", "SEED");
        _name = NameOption("measures");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "measures");
        Activations activations = call.Session.Get<Activations>(call.Value(_activations) ?? "acts", "activations: make them with #!capture");
        MeasureOptions options = new()
        {
            Form = call.Word(_form, MeasureForm.Textbook),
            Normalization = call.Word(_normalize, EntropyNormalization.Raw),
            Alpha = call.Value(_alpha) ?? 1,
            MaxRows = call.Value(_maxRows),
            Seed = call.Value(_seed),
        };
        MeasureTable measures = MeasureTable.Compute(activations, call.List(_measures), options, call.Progress, call.Cancellation);
        call.Keep(name, measures);
        call.Show(ResultParts.Of(measures));
    }
}
