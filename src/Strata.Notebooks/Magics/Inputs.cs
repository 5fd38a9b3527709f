using System.CommandLine;
using System.Globalization;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The options that say which model is run, on which rows: shared by all commands that run one.</summary>
internal sealed class Inputs
{
    private readonly Option<string> _model = new MagicOption<string>("--model") { Description = "Name of the model; the one loaded last by default.", HelpName = "NAME", Values = Values.Models };
    private readonly Option<string> _data = new MagicOption<string>("--data") { Description = "Name of the data; those read last by default.", HelpName = "NAME", Values = Values.Data };
    private readonly Option<int?> _take = new("--take") { Description = "Use the first N rows of the data only.", HelpName = "N" };
    private readonly Option<string[]> _text = new("--text") { Description = "A text instead of the data; may be given several times.", HelpName = "TEXT" };
    private readonly Option<string[]> _tokens = new("--tokens") { Description = "Token ids instead of the data, with commas between; may be given several times.", HelpName = "IDS" };

    /// <summary>Adds the options to a command.</summary>
    public Inputs(Command syntax)
    {
        foreach (Option option in All) syntax.Options.Add(option);
    }

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_model, _data, _take, _text, _tokens];

    /// <summary>The model.</summary>
    /// <exception cref="StrataException">There is none of this name.</exception>
    public Model Model(MagicCall call) => call.Session.Get<Model>(call.Value(_model) ?? call.Session.CurrentModel, "a model: load one with #!model FOLDER");

    /// <summary>The rows: texts and ids given on the line, else the data.</summary>
    /// <exception cref="StrataException">There are no data of this name, text and data are mixed, or ids do not fit the model.</exception>
    public TokenRows Rows(MagicCall call, Model model)
    {
        string[] texts = call.Value(_text) ?? [], tokens = call.Value(_tokens) ?? [];
        bool given = texts.Length + tokens.Length > 0;
        if (given && (call.Has(_data) || call.Has(_take))) throw new StrataException("--text and --tokens stand in place of --data and --take; give one or the other.");
        if (call.Value(_take) is < 1) throw new StrataException($"--take {call.Value(_take)}: expected 1 or more rows.");
        TokenRows rows = given ? Given(call, model, texts, tokens) : Data(call, model);
        model.CheckRows(rows);
        return rows;
    }

    /// <summary>Name of the data.</summary>
    public string DataName(MagicCall call) => call.Value(_data) ?? call.Session.CurrentData;

    /// <summary>The texts of the rows; null where they are token ids, or have other tokens beside their texts.</summary>
    public IReadOnlyList<string>? Texts(MagicCall call)
    {
        if (call.Value(_tokens) is { Length: > 0 }) return null;
        if (call.Value(_text) is { Length: > 0 } texts) return texts;
        DataSet? data = call.Session.Find(DataName(call)) switch
        {
            DataSet set => set,
            ToyTask task => task.Data,
            _ => null,
        };
        return data is null ? null : SequenceViews.TextsOf(data.Take(call.Value(_take) ?? int.MaxValue));
    }

    /// <summary>The plan of a text; null for null.</summary>
    public static LayerPlan? Plan(string? text, Model model) => text is null ? null : model.Plans.Parse(text);

    private TokenRows Data(MagicCall call, Model model)
    {
        string name = DataName(call);
        object found = call.Session.Get<object>(name, "data: read them with #!data FILE, or give --text or --tokens");
        int take = call.Value(_take) ?? int.MaxValue;
        return found switch
        {
            DataSet data => data.Take(take).Tokens(model),
            ToyTask task => task.Data.Take(take).Tokens(model),
            TokenRows rows => take >= rows.Count ? rows : rows.Take(take),
            _ => throw new StrataException($"\"{name}\" is {ResultKinds.Of(found)}; expected a data set, a task or token rows."),
        };
    }

    private static TokenRows Given(MagicCall call, Model model, string[] texts, string[] tokens)
    {
        List<int[]> rows = [];
        foreach (string text in texts)
        {
            TokenIds ids = model.Tokenize(text);
            call.Show(ids);
            rows.Add([.. ids.Ids]);
        }

        rows.AddRange(tokens.Select(list => Ids("--tokens", list)));
        return new TokenRows(texts.Length > 0 ? Escape.Clip($"\"{texts[0]}\"", 60) : $"{rows[0].Length} token ids", rows);
    }

    /// <summary>The ids of a list with commas.</summary>
    /// <exception cref="StrataException">A part is no id.</exception>
    public static int[] Ids(string option, string list) => list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
        .Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value
            : throw new StrataException($"{option} \"{Escape.Clip(list, 60)}\": \"{Escape.Clip(id, 20)}\" is no token id. Write ids with commas between, as in 61,19,26."))
        .ToArray();
}
