using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!lens</c>: what every layer would predict.</summary>
internal sealed class LensMagic : MagicCommand
{
    private readonly Option<string> _show, _plan, _name;
    private readonly Option<int> _row;
    private readonly Inputs _inputs;

    public LensMagic()
        : base("#!lens", "Logit lens: read every layer through the final norm and the unembedding.", "#!lens --tokens 61,19,26,18", "#!lens --take 8 --show kl")
    {
        _show = Option<string>("--show", "Colour of the grid: probability (by default), entropy, kl or loss.", "WHAT", Values.Words<LensQuantity>());
        _row = Option<int>("--row", "Row that the grid shows; 0 by default. The table is over all rows.", "N");
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default.", "PLAN", Values.Plan);
        _inputs = new Inputs(Syntax);
        _name = NameOption("lens");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "lens");
        LensQuantity quantity = call.Word(_show, LensQuantity.Probability);
        Model model = _inputs.Model(call);
        TokenRows rows = _inputs.Rows(call, model);
        int row = call.Value(_row);
        if (row < 0 || row >= rows.Count) throw new StrataException($"--row {row}: the data have rows 0 to {rows.Count - 1}.");
        LogitLens lens = LogitLens.Read(model, rows, Inputs.Plan(call.Value(_plan), model), call.Progress, call.Cancellation);
        call.Keep(name, lens);
        call.Show(LensFigure.Of(lens, row, quantity), lens.ToTable());
    }
}
