using System.CommandLine;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary><c>#!save</c>: writes a network, its blocks along a plan, as a Hugging Face folder.</summary>
internal sealed class SaveMagic : MagicCommand
{
    private readonly Argument<string> _folder;
    private readonly Option<string> _plan, _model, _name;
    private readonly Option<string[]> _merge;

    public SaveMagic()
        : base("#!save", "Write a network, its blocks along a plan or merged, as a Hugging Face folder with a recipe.", "#!save changed --plan \"0..4, 6..8\"", "#!save merged --merge 4..6", "#!save control --model twin")
    {
        _folder = Argument<string>("FOLDER", "The folder to write; it must not exist yet, or be empty.", required: true, Values.File());
        _plan = Option<string>("--plan", "Order in which the blocks are written; all in order by default. #!strata plans shows the syntax.", "PLAN", Values.Plan);
        _merge = Option<string[]>("--merge", "Blocks that become one of their averaged weights, such as 4..6 (end excluded); may be given several times.", "BLOCKS", Values.BlockRange);
        _model = Option<string>("--model", "Name of the model; the one loaded last by default.", "NAME", Values.Models);
        _name = NameOption("saved");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "saved");
        Model model = call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "a model: load one with #!model FOLDER");
        SaveOptions options = new() { Merge = [.. (call.Value(_merge) ?? []).Select(text => SaveOptions.Group(model.Plans, text))], Progress = call.Progress };
        SavedModel saved = model.Save(call.Value(_folder)!, Inputs.Plan(call.Value(_plan), model), options, call.Cancellation);
        call.Keep(name, saved);
        call.Show(saved.ToString());
    }
}
