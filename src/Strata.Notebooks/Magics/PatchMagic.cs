using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!patch</c>: a corrupted prompt with one value of a clean one, at each block and position.</summary>
internal sealed class PatchMagic : MagicCommand
{
    private readonly Option<string> _model, _clean, _cleanTokens, _corrupted, _corruptedTokens, _answer, _foil, _place, _plan, _name;

    public PatchMagic()
        : base("#!patch", "Patch a corrupted prompt with values of a clean one, block by block and position by position.",
            "#!patch --clean \"The capital of France is\" --corrupted \"The capital of Italy is\" --answer \" Paris\" --foil \" Rome\"",
            "#!patch --clean-tokens 61,19,18 --corrupted-tokens 61,34,18 --place mlp_out")
    {
        _clean = Option<string>("--clean", "The prompt whose values are carried over.", "TEXT");
        _cleanTokens = Option<string>("--clean-tokens", "The same as token ids, with commas between.", "IDS");
        _corrupted = Option<string>("--corrupted", "The prompt that runs, of as many tokens.", "TEXT");
        _corruptedTokens = Option<string>("--corrupted-tokens", "The same as token ids, with commas between.", "IDS");
        _answer = Option<string>("--answer", "The clean prompt's answer, one token: its loss is measured; without it, the divergence from the clean prompt.", "TOKEN");
        _foil = Option<string>("--foil", "Another token: the score of the answer less that of this one is measured.", "TOKEN");
        _place = Option<string>("--place", "What is patched: resid_pre by default; resid_mid, attn_out, mlp_out, attn.z.", "PLACE", Values.Words(["resid_pre", "resid_mid", "attn_out", "mlp_out", "attn.z"]));
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default.", "PLAN", Values.Plan);
        _model = Option<string>("--model", "Name of the model; the one loaded last by default.", "NAME", Values.Models);
        _name = NameOption("patching");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "patching");
        Model model = call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "a model: load one with #!model FOLDER");
        int[] clean = Prompt(call, model, _clean, _cleanTokens), corrupted = Prompt(call, model, _corrupted, _corruptedTokens);
        PatchingMetric metric = PatchingMetric.Read(model, call.Value(_answer), call.Value(_foil));
        PatchingOptions options = new() { Plan = Inputs.Plan(call.Value(_plan), model), Announce = line => call.Show(line), Progress = call.Progress };
        PatchingGrid grid = PatchingGrid.Run(model, clean, corrupted, metric, call.Value(_place) is string place ? options with { Place = place } : options, call.Cancellation);
        call.Keep(name, grid);
        call.Show(PatchingFigure.Of(grid), grid.ToTable());
    }

    private static int[] Prompt(MagicCall call, Model model, Option<string> text, Option<string> tokens)
    {
        if (call.Has(text) == call.Has(tokens)) throw new StrataException($"#!patch needs {text.Name} TEXT or {tokens.Name} IDS; {(call.Has(text) ? "both were" : "neither was")} given.");
        if (call.Has(tokens)) return Inputs.Ids(tokens.Name, call.Value(tokens)!);
        TokenIds ids = model.Tokenize(call.Value(text)!);
        call.Show(ids);
        return [.. ids.Ids];
    }
}
