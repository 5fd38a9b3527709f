using System.Globalization;
using Strata.Models;

namespace Strata.Research;

/// <summary>The distinct texts of several tasks as tokens, the short ones first, so that batches are of like length.</summary>
internal sealed class TaskTexts
{
    private readonly Dictionary<IReadOnlyList<string>, int[]> _rows = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>Tokenises every text once, trimmed as sentence-transformers does. Texts that are too long keep their beginning.</summary>
    /// <exception cref="StrataException">The model reads no texts, or a text has no tokens.</exception>
    public TaskTexts(Model model, IReadOnlyList<EmbeddingTask> tasks)
    {
        if (tasks.Count == 0) throw new StrataException("No task was given.");
        if (tasks.GroupBy(task => task.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new StrataException($"Two tasks are named \"{twice.Key}\"; give each its own name.");
        Tokenizer tokenizer = model.Tokenizer ?? throw new StrataException($"{model.Name} has no tokenizer, and tasks are made of texts. Load a folder with tokenizer.json.");
        if (model.Spec.Image is not null) throw new StrataException($"{model.Name} ({model.Spec.Family}) reads images, and tasks are made of texts.");
        List<int[]> sequences = [];
        int limit = Math.Min(model.Spec.MaxPositions, model.Sentences?.MaxTokens ?? int.MaxValue), cut = 0;
        foreach (EmbeddingTask task in tasks)
        {
            int[] rows = new int[task.Texts.Count];
            for (int i = 0; i < rows.Length; i++)
            {
                if (!_numbers.TryGetValue(task.Texts[i], out rows[i]))
                {
                    rows[i] = _numbers[task.Texts[i]] = sequences.Count;
                    sequences.Add(Tokens(model, tokenizer, task, i, limit, ref cut));
                }
            }

            _rows[task.Texts] = rows;
        }

        Order = Enumerable.Range(0, sequences.Count).OrderBy(i => sequences[i].Length).ToArray();
        Rows = new TokenRows(string.Join(", ", tasks.Select(task => task.Name)), Order.Select(i => sequences[i]).ToArray());
        Notes = [$"Texts are run as the model's tokenizer writes them. {tokenizer.BosPolicy.Note}"];
        if (cut > 0) Notes = [.. Notes, string.Create(CultureInfo.InvariantCulture, $"{cut:N0} of {sequences.Count:N0} texts were cut to {limit:N0} tokens.")];
    }

    /// <summary>What the network runs on.</summary>
    public TokenRows Rows { get; }

    /// <summary>The number of the text in each row of <see cref="Rows"/>.</summary>
    public int[] Order { get; }

    /// <summary>Remarks for readers.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The numbers of a task's texts.</summary>
    /// <exception cref="StrataException">The task is not among those that were tokenised.</exception>
    public int[] RowsOf(EmbeddingTask task) => _rows.TryGetValue(task.Texts, out int[]? rows) ? rows : throw new StrataException($"The task \"{task.Name}\" is not among those whose texts were embedded.");

    private static int[] Tokens(Model model, Tokenizer tokenizer, EmbeddingTask task, int text, int limit, ref int cut)
    {
        string trimmed = task.Texts[text].Trim();
        TokenIds ids = tokenizer.Encode(model.Sentences is { LowersText: true } ? trimmed.ToLowerInvariant() : trimmed);
        int surplus = ids.Ids.Length - limit;
        if (ids.Ids.Length == 0) throw new StrataException($"Text {text} of task \"{task.Name}\" has no tokens with this tokenizer, and so no embedding; leave it out.");
        if (surplus <= 0) return ids.Ids;

        // What the tokenizer puts around a text stays.
        cut++;
        int kept = ids.Sequences.Count(s => s == 0) - surplus, seen = 0;
        return ids.Ids.Where((_, i) => ids.Sequences[i] != 0 || seen++ < kept).ToArray();
    }
}
