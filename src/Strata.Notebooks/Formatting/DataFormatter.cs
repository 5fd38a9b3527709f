using Strata.Research;

namespace Strata.Notebooks;

/// <summary>Shows data sets and tasks: their first rows.</summary>
internal static class DataFormatter
{
    private const int MaxRows = 5;
    private const int MaxTokens = 24;
    private const int MaxNames = 24;
    private const int MaxText = 120;

    public static MimeBundle Format(DataSet data) => TableFormatter.Format(Rows(data, []));

    public static MimeBundle Format(ToyTask task)
    {
        string[] labels = task.Labels.Keys.ToArray();
        string more = labels.Length > MaxNames ? $", ... ({labels.Length} in all)" : "";
        return TableFormatter.Format(Rows(task.Data, [$"{NumberText.Count(task.Vocabulary.Count, "token")}. Labels: {string.Join(", ", labels.Take(MaxNames))}{more}."]));
    }

    private static Table Rows(DataSet data, string[] notes)
    {
        DataRow[] rows = data.Rows.Take(MaxRows).ToArray();
        List<string> all = [.. notes];
        if (data.Count > MaxRows) all.Insert(0, $"First {MaxRows} of {NumberText.Count(data.Count, "row")}.");
        List<Column> columns = [];
        if (rows.Any(r => r.Tokens is not null)) columns.Add(Column.Text("tokens", rows.Select(r => Tokens(r.Tokens))));
        if (rows.Any(r => r.Text is not null)) columns.Add(Column.Text("text", rows.Select(r => Escape.Clip(r.Text ?? "", MaxText))));
        if (rows.Any(r => r.Fields.Count > 0)) columns.Add(Column.Text("fields", rows.Select(r => string.Join(", ", r.Fields.Keys.Take(MaxNames)))));
        return new Table($"{data.Name}: {NumberText.Count(data.Count, "row")}", ResultProvenance.Of(data)!, [.. columns])
        {
            Notes = all,
        };
    }

    private static string Tokens(int[]? tokens) =>
        tokens is null ? "" : $"{string.Join(" ", tokens.Take(MaxTokens))}{(tokens.Length > MaxTokens ? $" ... ({tokens.Length})" : "")}";
}
