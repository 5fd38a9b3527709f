using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!strata</c>: what there is.</summary>
internal sealed class HelpMagic : MagicCommand
{
    private static readonly string[] Topics = ["points", "plans", "measures", "comparisons"];

    private readonly Argument<string> _topic;
    private readonly Option<string> _model;

    public HelpMagic() : base("#!strata", "List the commands; \"points\", \"plans\", \"measures\" and \"comparisons\" say more.", "#!strata", "#!strata points", "#!strata plans")
    {
        _topic = Argument<string>("TOPIC", "points: hook points of the model; plans: the syntax of plans; measures, comparisons: their formulas.", required: false, Values.Words(Topics));
        _model = Option<string>("--model", "points: name of the model; the one loaded last by default.", "NAME", Values.Models);
    }

    public override void Run(MagicCall call)
    {
        string? topic = call.Value(_topic);
        call.Show(topic switch
        {
            null => Commands(),
            "points" => Points(call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "a model: load one with #!model FOLDER")),
            "plans" => PlanSyntax(),
            "measures" => MeasureList(),
            "comparisons" => ComparisonList(),
            _ => throw new StrataException($"There is no topic \"{Escape.Clip(topic, 60)}\". {NearestNames.Suggest(topic, Topics)}"),
        });
    }

    private static Table Commands() => new("Commands", new Provenance(),
        Column.Text("command", MagicCommands.Names.Select(c => c.Name)), Column.Text("what it does", MagicCommands.Names.Select(c => c.Summary)))
    {
        Notes = ["Every command has --help. Values with spaces stand in double quotes."],
    };

    private static Table Points(Model model)
    {
        ModelExplanation explanation = model.Explain();
        return new Table($"Hook points of {model.Name} in execution order", model.Provenance,
            Column.Text("hook point", explanation.Points.Select(p => p.Name)), Column.Text("shape", explanation.Points.Select(explanation.ShapeOf)))
        {
            Notes = ["T is the number of positions of a sequence.", "Globs select many: blocks.*.resid_post, blocks.3.*, blocks.?.attn.pattern."],
        };
    }

    private static Table PlanSyntax()
    {
        (string Text, string Meaning)[] lines =
        [
            ("0..12 or ..", "all blocks in order"), ("0..4, 8..12", "skip 4 to 7"), ("0..4, reverse(4..8), 8..12", "run 4 to 7 in reverse"),
            ("0..4, 6, 4, 7, 5, 8..12", "any order"), ("0..4, parallel(4..8), 8..^0", "run 4 to 7 on the same input and average their outputs"),
            ("0..4, parallel(4..8)*3, 8..12", "the same, three times over"), ("0..4, 5*4, 8..12", "run block 5 four times"),
            ("0..4, attn(4), mlp(5), 6..12", "only the attention of 4, only the MLP of 5"), ("none", "no block at all"),
        ];
        return new Table("Plans, for a network of 12 blocks", new Provenance(), Column.Text("plan", lines.Select(l => l.Text)), Column.Text("meaning", lines.Select(l => l.Meaning)))
        {
            Notes = ["Blocks count from 0. Ranges exclude their end: 4..8 is blocks 4 to 7. ^ counts from the end: ^2.. is the last two."],
        };
    }

    private static Table MeasureList() => new("Measures", new Provenance(),
        Column.Text("measure", Measures.All.Select(m => m.Name)), Column.Text("unit", Measures.All.Select(m => m.Unit ?? "")), Column.Text("what it is", Measures.All.Select(m => m.Summary)));

    private static Table ComparisonList() => new("Comparisons", new Provenance(),
        Column.Text("comparison", Comparisons.All.Select(c => c.Name)), Column.Text("what it is", Comparisons.All.Select(c => c.Summary)));
}
