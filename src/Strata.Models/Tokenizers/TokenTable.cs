namespace Strata.Models;

/// <summary>All tokens of a tokenizer with their ids: those of the model and the added ones. Ids may have holes, as where a vocabulary was cut or filled up, but not many more than tokens.</summary>
internal sealed class TokenTable
{
    private const int ExtraHoles = 4096;

    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;

    private TokenTable(string?[] tokens, Dictionary<string, int> ids)
    {
        _tokens = tokens;
        _ids = ids;
    }

    /// <summary>The highest id and 1 more.</summary>
    public int Size => _tokens.Length;

    /// <summary>The token of an id; empty where no token has it.</summary>
    public string this[int id] => _tokens[id] ?? "";

    /// <summary>Whether an id is below <see cref="Size"/> and no hole.</summary>
    public bool Has(int id) => (uint)id < (uint)_tokens.Length && _tokens[id] is not null;

    /// <summary>The id of a token; null when there is no such token.</summary>
    public int? Id(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Joins a model's vocabulary with added tokens; a token that is in both must have the same id.</summary>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="added">The added tokens.</param>
    /// <param name="refuse">Makes an exception from a place in the file and what is wrong there.</param>
    public static TokenTable Join(Dictionary<string, int> vocabulary, AddedToken[] added, Func<string, string, InvalidFileException> refuse)
    {
        Dictionary<string, int> ids = new(vocabulary, StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < added.Length; i++)
        {
            (string content, int id) = (added[i].Content, added[i].Id);
            if (!seen.Add(content)) throw refuse($"added_tokens[{i}]", $"adds {Excerpt.Quote(content)} a second time.");
            if (!ids.TryAdd(content, id) && ids[content] != id) throw refuse($"added_tokens[{i}]", $"gives {Excerpt.Quote(content)} the id {id}; in \"model.vocab\" it has {ids[content]}.");
        }

        return new TokenTable(OrderById(ids, refuse), ids);
    }

    private static string?[] OrderById(Dictionary<string, int> ids, Func<string, string, InvalidFileException> refuse)
    {
        if (ids.Count == 0) throw refuse("model.vocab", "is empty.");
        long most = ids.Count * 2L + ExtraHoles;
        string?[] tokens = new string?[Math.Min(ids.Values.Max() + 1L, most)];
        foreach ((string token, int id) in ids)
        {
            if (id >= tokens.Length)
                throw refuse("model.vocab", $"and \"added_tokens\" have {ids.Count} tokens, so ids must be below {most}; {Excerpt.Quote(token)} has {id}.");
            if (tokens[id] is { } other) throw refuse("model.vocab", $"gives the id {id} to both {Excerpt.Quote(other)} and {Excerpt.Quote(token)}.");
            tokens[id] = token;
        }

        return tokens;
    }
}
