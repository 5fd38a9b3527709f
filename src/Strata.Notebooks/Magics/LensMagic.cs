using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!lens</c>: what every layer would predict, as it is, through a fitted map, or in the words of another prompt; what each part adds to a score.</summary>
internal sealed class LensMagic : MagicCommand
{
    private readonly Option<string> _show, _positions, _plan, _affine, _attribute, _into, _name;
    private readonly Option<int> _row, _ahead, _neurons;
    private readonly Option<bool> _heads, _patches, _noControls;
    private readonly Option<int?> _position, _targetPosition, _targetBlock;
    private readonly Inputs _inputs;

    public LensMagic()
        : base("#!lens", "Read every layer through the vocabulary: logit lens, fitted affine lens, future lens; direct logit attribution; patching lens; classes of the patches of images.",
            "#!lens --tokens 61,19,26,18", "#!lens --take 8 --show kl", "#!lens --affine fitData --take 8", "#!lens --tokens 61,19,26,18 --attribute 20-37 --heads", "#!lens --patches --row 3")
    {
        _show = Option<string>("--show", "Colour of the grid: probability (by default), entropy, kl or loss.", "WHAT", Values.Words<LensQuantity>());
        _row = Option<int>("--row", "Row that the grid shows; 0 by default. The table is over all rows.", "N");
        _positions = Option<string>("--positions", "Positions that the grid shows: indices and ranges, end excluded, as in \"40..70\"; the first 200 by default. Tokens are written where they fit: at most about 30 side by side.", "LIST");
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default.", "PLAN", Values.Plan);
        _affine = Option<string>("--affine", "Fit a map from each layer to the last on these data, and read the rows through it.", "NAME", Values.Data);
        _ahead = Option<int>("--ahead", "With --affine: foretell the stream so many positions later (future lens).", "N");
        _attribute = Option<string>("--attribute", "What each part of the stream adds to the score of a token after --position: top for the most likely, an id, or ID-ID for a difference.", "TOKEN");
        _heads = Option<bool>("--heads", "With --attribute: every head of an attention by itself.");
        _neurons = Option<int>("--neurons", "With --attribute: MLPs in groups of so many neurons.", "N");
        _patches = Option<bool>("--patches", "Of a network that sorts images: the most likely class of every patch, drawn on the image of --row layer by layer, and how far up the true class is over all images.");
        _noControls = Option<bool>("--no-controls", "With --patches: leave out the network with random weights.");
        _into = Option<string>("--into", "Patching lens: put each layer's stream of the first row at --position into this prompt (ids with commas between), and let the network go on.", "IDS");
        _position = Option<int?>("--position", "Position that is read for --attribute and --into; the last by default.", "N");
        _targetPosition = Option<int?>("--target-position", "With --into: position of the prompt that is overwritten; the last by default.", "N");
        _targetBlock = Option<int?>("--target-block", "With --into: block before which it is overwritten; that of the stream by default.", "N");
        _inputs = new Inputs(Syntax);
        _name = NameOption("lens");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "lens");
        LensQuantity quantity = call.Word(_show, LensQuantity.Probability);
        Option[] ways = new Option[] { _affine, _attribute, _into, _patches }.Where(call.Has).ToArray();
        if (ways.Length > 1) throw new StrataException($"{ways[0].Name} and {ways[1].Name} ask for different results; give one of them.");
        PositionSelection? drawn = call.Value(_positions) is string list ? PositionSelection.Parse(list) : null;
        Option? alone = new Option[] { _heads, _neurons }.FirstOrDefault(call.Has);
        if (alone is not null && !call.Has(_attribute)) throw new StrataException($"{alone.Name} belongs to --attribute; give both.");
        Model model = _inputs.Model(call);
        TokenRows rows = _inputs.Rows(call, model);
        int row = call.Value(_row);
        if (row < 0 || row >= rows.Count) throw new StrataException($"--row {row}: the data have rows 0 to {rows.Count - 1}.");
        if (call.Has(_attribute)) Attribute(call, name, model, rows.Sequences[row]);
        else if (call.Has(_into)) Patch(call, name, model, rows.Sequences[row]);
        else if (call.Value(_patches)) Classes(call, name, model, rows, row);
        else if (call.Has(_affine)) Affine(call, name, model, rows, row, quantity, drawn);
        else
        {
            LogitLens lens = LogitLens.Read(model, rows, Inputs.Plan(call.Value(_plan), model), call.Progress, call.Cancellation);
            call.Keep(name, lens);
            call.Show(LensFigure.Of(lens, row, quantity, drawn), lens.ToTable());
        }
    }

    private void Affine(MagicCall call, string name, Model model, TokenRows rows, int row, LensQuantity quantity, PositionSelection? drawn)
    {
        if (call.Has(_plan)) throw new StrataException("--affine fits a lens along all blocks in order; leave --plan out.");
        string data = call.Value(_affine)!;
        TokenRows fit = call.Session.Get<object>(data, "data to fit the lens on: read them with #!data") switch
        {
            DataSet set => set.Tokens(model),
            ToyTask task => task.Data.Tokens(model),
            TokenRows tokens => tokens,
            object other => throw new StrataException($"\"{data}\" is {ResultKinds.Of(other)}; expected a data set, a task or token rows."),
        };
        foreach (int[] ids in fit.Sequences) model.CheckIds(ids, ids.Length);
        AffineLens lens = AffineLens.Fit(model, fit, call.Value(_ahead), progress: call.Progress, cancellation: call.Cancellation);
        LogitLens grid = lens.Read(rows, call.Progress, call.Cancellation);
        call.Keep(name, lens);
        if (fit.Hash == rows.Hash) call.Show("The lens is judged on the rows that it was fitted on; give others with --data or --text for a test.");
        call.Show([LensFigure.Of(grid, row, quantity, drawn), .. LensFigure.Judged(lens.Judge(rows, call.Cancellation))]);
    }

    private void Attribute(MagicCall call, string name, Model model, int[] ids)
    {
        string text = call.Value(_attribute)!;
        string[] parts = text.Split('-');
        int? token = text == "top" ? null : Id(parts[0], text), against = text != "top" && parts.Length == 2 ? Id(parts[1], text) : null;
        if (parts.Length > 2) throw NoToken(text);
        DirectLogitAttribution attribution = DirectLogitAttribution.Of(model, ids, token, against, call.Value(_position), Inputs.Plan(call.Value(_plan), model),
            new ResidualDetail { Heads = call.Value(_heads), NeuronsPerPart = call.Value(_neurons) });
        call.Keep(name, attribution);
        call.Show(LensFigure.Parts(attribution));
    }

    private void Patch(MagicCall call, string name, Model model, int[] source)
    {
        int[] target = call.List(_into).Select(id => Id(id, call.Value(_into)!)).ToArray();
        if (target.Length == 0) throw NoToken(call.Value(_into)!);
        model.CheckIds(target, target.Length);
        PatchLensOptions options = new() { SourcePosition = call.Value(_position) ?? source.Length - 1, TargetPosition = call.Value(_targetPosition), TargetBlock = call.Value(_targetBlock) };
        PatchLens lens = PatchLens.Read(model, source, target, options, call.Progress, call.Cancellation);
        call.Keep(name, lens);
        call.Show(lens.ToTable());
    }

    private void Classes(MagicCall call, string name, Model model, TokenRows rows, int row)
    {
        LayerPlan? plan = Inputs.Plan(call.Value(_plan), model);
        ClassLens lens = ClassLens.Read(model, rows, plan, call.Progress, call.Cancellation);
        call.Keep(name, lens);
        call.Show(ClassOverlay.Of(lens, row, model.Preprocessor?.Shown(rows.Images![row])));
        if (rows.Classes is null || rows.Classes.All(c => c < 0)) return;
        Table table = lens.ToTable(call.Value(_noControls) || model.Seed is not null ? null : ClassLens.Read(model.RandomTwin(0), rows, plan, call.Progress, call.Cancellation));
        call.Show(LensFigure.Identified(table), table);
    }

    private static int Id(string part, string text) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : throw NoToken(text);

    private static StrataException NoToken(string text) => new($"\"{Escape.Clip(text, 60)}\" names no token ids; write them as numbers, with commas between (--into 61,19) or a minus for a difference (--attribute 20-37), or top.");
}
